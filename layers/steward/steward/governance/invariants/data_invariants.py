"""Invariants of a model's data: fresh, accurate, corrected, kept as long as declared, and all of it accounted for."""

from collections.abc import Iterable

from steward.defects.defect import Defect
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.invariants.champion_invariants import NO_CHAMPION
from steward.spec.durations import format_duration

_SHOWN = 5


class DatasetFresh(Invariant):
    """The champion's newest training row is no older than `data.maximum_age`."""

    name = "dataset_fresh"
    severity = "warning"
    remedy = 'train on newer rows: `steward retrain {model} --reason "the dataset is too old"`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the end of the dataset with the present moment in the time of the data."""
        limit = evidence.spec.data.maximum_age if evidence.spec.data else None
        dataset, manifest = evidence.data.dataset, evidence.manifest
        if limit is None:
            return not_applicable("data.maximum_age is not declared")
        if manifest is None or dataset is None:
            return NO_CHAMPION
        ends = f"the dataset ends at {dataset.end:%Y-%m-%d %H:%M} UTC"
        present = evidence.data.replayed_until or evidence.as_of
        if present - dataset.end <= limit:
            return holds(f"{ends}, within {format_duration(limit)}", [manifest.dataset])
        return fails(f"{ends}: it may be {format_duration(limit)} old", [manifest.dataset])


class DataAccurate(Invariant):
    """The champion was not trained on rows with a critical defect that is still open."""

    name = "data_accurate"
    severity = "critical"
    remedy = (
        "correct the rows and train again (`steward defects {model}`), or roll back: "
        "`steward roll-back {model} --reason TEXT`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the open defects that reach the champion."""
        if evidence.routing.champion is None:
            return NO_CHAMPION
        found = [one for one in _reaching(evidence) if one.severity == "critical" and not one.finished]
        if found:
            return fails(f"the champion was trained on rows with open critical defects: {_names(found)}")
        return holds("no open critical defect is in the rows that the champion was trained on")


class CorrectionsApplied(Invariant):
    """The champion was not trained on rows that were corrected or withdrawn since."""

    name = "corrections_applied"
    severity = "warning"
    remedy = 'train on the corrected rows: `steward retrain {model} --reason "rows were corrected"`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the defects with corrections that reach the champion."""
        if evidence.routing.champion is None:
            return NO_CHAMPION
        found = [one for one in _reaching(evidence) if one.corrections]
        if found:
            stored = [correction.stored for one in found for correction in one.corrections]
            return fails(f"the champion was trained on rows that were corrected since: {_names(found)}", stored)
        return holds("no row that the champion was trained on was corrected since")


class QuarantineAttended(Invariant):
    """Rejected rows and files that opened a defect were dealt with before its deadline."""

    name = "quarantine_attended"
    severity = "warning"
    remedy = (
        "look at the rows (`steward quarantine list {model}`), and close the defect: "
        "`steward change-defect {model} DEFECT close`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the overdue defects that the quarantine opened."""
        found = [one for one in overdue(evidence) if one.highest_severity.source == "quarantine"]
        if found:
            return fails(f"past their deadline: {_names(found)}")
        return holds("no defect that the quarantine opened is past its deadline")


class RetentionKept(Invariant):
    """Nothing is older than the declaration keeps, but for what decisions, datasets and defects need."""

    name = "retention_kept"
    severity = "critical"
    remedy = "see why maintain_store did not remove it: `steward redrive maintain_store`, `steward doctor`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the oldest object of each kind."""
        retention = evidence.spec.retention
        if not retention.expires:
            return not_applicable("retention keeps everything for good")
        if evidence.spec.schedules.maintain is None:
            return fails("retention is declared, and schedules.maintain is null: nothing is ever removed")
        if evidence.data.expired:
            found = ", ".join(f"{kind}: {key}" for kind, key in sorted(evidence.data.expired.items()))
            return fails(f"kept longer than declared: {found}")
        return holds("nothing is older than the declaration keeps")


class NoOrphanData(Invariant):
    """Every folder under the model's prefix has a manifest that names what is in it."""

    name = "no_orphan_data"
    severity = "warning"
    remedy = "see what it is (`aws s3 ls --recursive`), and remove it for good: `aws s3api delete-objects`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what the listing found."""
        found = evidence.data.orphans
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            return fails(f"no manifest names {', '.join(found[:_SHOWN])}{more}")
        return holds("every version and dataset has its manifest")


def overdue(evidence: AuditEvidence) -> list[Defect]:
    """The defects that are past their deadline."""
    present = evidence.data.replayed_until
    return [one for one in evidence.data.defects if one.overdue(evidence.as_of, present)]


def _reaching(evidence: AuditEvidence) -> list[Defect]:
    """The defects of rows that the champion was trained on."""
    return [one for one in evidence.data.defects if evidence.routing.champion in one.impact.trained]


def _names(defects: Iterable[Defect]) -> str:
    return ", ".join(f"{one.defect} ({one.title})" for one in defects)
