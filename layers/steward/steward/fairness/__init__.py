"""Whether groups of a protected attribute are treated alike."""

from steward.fairness.judgement import Treated, judge_fairness

__all__ = ["Treated", "judge_fairness"]
