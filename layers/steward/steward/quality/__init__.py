"""Data quality: what arrived, whether it is what was declared, and whether it still looks like itself."""

from steward.quality.judge import judge_quality
from steward.quality.observed import Observed

__all__ = ["Observed", "judge_quality"]
