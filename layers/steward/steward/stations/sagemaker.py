"""The reports of SageMaker's monitors, written beside a check for models that were moved in from there."""

from steward.monitoring.check import Check
from steward.monitoring.evidence import Evidence
from steward.store import keys
from steward.store.bucket import Bucket


def write_reports(data: Bucket, check: Check, evidence: Evidence) -> None:
    """Store what SageMaker's monitors would have written of a check, where the declaration reads their captures.

    Args:
        data: where to.
        check: whose; writing the reports of one again changes nothing.
        evidence: what it rests on.
    """
    if evidence.spec.capture is None:
        return
    from steward.sagemaker.reports import reports  # noqa: PLC0415 - loaded for those models alone

    for report in reports(
        evidence.spec,
        evidence.window,
        evidence.profile,
        evidence.baseline.bins,
        outcomes=evidence.realised.outcomes if evidence.realised else None,
        results=check.results,
    ):
        key = keys.sagemaker_report(check.model, report.folder, check.window, check.check, report.name)
        data.ensure(key, report.text.encode())
