"""Segments as Customer Insights would write them, for tests, the demo and the bench."""

from tools.segments.writer import write_segment

__all__ = ["write_segment"]
