"""Data quality monitors: completeness, schema, ranges, freshness, volume and labels."""

from steward.quality.quality_context import QualityContext
from steward.quality.quality_monitors import evaluate_quality

__all__ = ["QualityContext", "evaluate_quality"]
