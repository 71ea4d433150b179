"""The results of a stored check, worked out again from the exact objects that it names."""

from steward.monitoring.check import Check
from steward.monitoring.evaluate import evaluate
from steward.repositories.window_evidence import restore_evidence
from steward.results import MetricResult
from steward.store.bucket import Bucket


def recompute(data: Bucket, check: Check) -> list[MetricResult]:
    return evaluate(restore_evidence(data, check))
