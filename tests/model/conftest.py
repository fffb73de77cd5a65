"""The deployments of the pipeline's tests."""

from tests.integration.pipeline.conftest import exposed, open_pipeline, pipeline, sandbox

__all__ = ["exposed", "open_pipeline", "pipeline", "sandbox"]
