"""The deployments of the pipeline's tests."""

from tests.integration.pipeline.conftest import open_pipeline, pipeline, sandbox

__all__ = ["open_pipeline", "pipeline", "sandbox"]
