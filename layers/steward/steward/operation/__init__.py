"""How a model is served: latency, errors, throughput and the use of resources, judged and collected."""

from steward.operation.judge import Served, judge_operation

__all__ = ["Served", "judge_operation"]
