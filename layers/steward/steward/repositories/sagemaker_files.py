"""SageMaker's files: the reader of its event files, and the reports of its monitors.

The package that knows the formats is loaded for models with a capture section alone.
"""

from typing import TYPE_CHECKING

from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket

if TYPE_CHECKING:
    from steward.evidence.window_evidence import WindowEvidence
    from steward.monitoring.check import Check
    from steward.records.record_file_reader import Opener


def event_opener(spec: ModelSpec) -> "Opener | None":
    """The reader of SageMaker's event files; None for a model whose declaration has no capture section."""
    if spec.capture is None:
        return None
    from steward.sagemaker.opening import event_rows  # noqa: PLC0415 - loaded for those models alone

    return event_rows


def write_reports(data: Bucket, check: "Check", evidence: "WindowEvidence") -> None:
    """Store what SageMaker's monitors would have written of a check, where the declaration reads their captures.

    Writing the reports of a check again changes nothing.
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
        data.create_if_absent(key, report.text.encode())
