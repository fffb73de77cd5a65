"""The whole pipeline in one process: real storage, vault, ActiveCampaign sandbox; the host is a loop."""

from tests.pipeline.deployment import QUICK, OpenPipeline, Pipeline
from tests.pipeline.segments import COLUMNS, MAPPING, people, row

__all__ = ["COLUMNS", "MAPPING", "QUICK", "OpenPipeline", "Pipeline", "people", "row"]
