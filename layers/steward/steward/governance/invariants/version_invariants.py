"""Invariants of how the version in charge was judged, reproduced, attested and released."""

from datetime import timedelta

from steward.events import ObjectRef
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.invariants.champion_invariants import NO_CHAMPION
from steward.governance.version_evidence import ReproducedTraining, VersionEvidence

_GRACE = timedelta(days=30)
"""How long after its declared end a release may run: labels come late."""

_ALWAYS_JUDGED = ("same_features", "no_leakage")
_DECLARED_GATES = {
    "segment_margin": "segments",
    "fairness": "fairness",
    "calibration": "calibration",
    "budgets": "budgets",
    "golden_rows": "golden_rows",
    "expectations": "expectations",
    "robustness": "robustness",
}
"""The gate of each setting of `validation` that asks for one."""


class DeclaredGatesJudged(Invariant):
    """The champion's evaluation has a result of every gate that the declaration asks for."""

    name = "declared_gates_judged"
    severity = "warning"
    remedy = 'have a version judged by the present declaration: `steward retrain {model} --reason "new gates"`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the evaluation with the declaration in force."""
        if evidence.routing.champion is None:
            return NO_CHAMPION
        if evidence.evaluation is None:
            return not_applicable("there is no evaluation that could be read: see champion_evidence")
        judged = {gate.gate for gate in evidence.evaluation.gates}
        asked = evidence.spec.validation
        wanted = [
            *_ALWAYS_JUDGED,
            *(gate for setting, gate in _DECLARED_GATES.items() if getattr(asked, setting) not in (None, [])),
        ]
        missing = [gate for gate in wanted if gate not in judged]
        if missing and evidence.evaluation.accepted is None:
            return fails(f"it was never judged by {', '.join(missing)}, which the declaration asks for")
        return holds(f"it was judged by {len(judged)} gates, all that are declared among them")


class ChampionReproduced(Invariant):
    """The champion was trained again from what is stored, and came out identical."""

    name = "training_reproduced"
    severity = "info"
    remedy = "train it again in the deployment, and compare: `steward reproduce {model} champion --in-deployment`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the newest reproduction."""
        if evidence.manifest is None:
            return NO_CHAMPION
        if evidence.manifest.recipe is None:
            return not_applicable("it was trained elsewhere, and no recipe says how")
        if evidence.records_in:
            return not_applicable(f"it was trained in {evidence.records_in}, where its rows are: reproduce it there")
        done = evidence.version.reproductions
        newest = next((one for one in reversed(done) if one.identical is not None), done[-1] if done else None)
        return _judge_reproduction(newest)


def _judge_reproduction(newest: ReproducedTraining | None) -> InvariantResult:
    if newest is None:
        return fails("it was never trained again")
    if newest.identical is None:
        return fails(f"it could not be trained again: {newest.refused}", [newest.stored], severity="warning")
    if newest.identical:
        return holds("it was trained again, and is identical", [newest.stored])
    return fails("it was trained again, and differs", [newest.stored], severity="critical")


class ProvenanceAttested(Invariant):
    """The champion has a provenance statement about its artifact, with a valid signature where there is a key."""

    name = "provenance_attested"
    severity = "critical"
    remedy = (
        "verify all that is attested (`steward audit --bundle evidence.zip`), and retrain: "
        "`steward retrain {model} --reason TEXT`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the statement and its signature."""
        manifest, version = evidence.manifest, evidence.version
        if manifest is None:
            return NO_CHAMPION
        if not manifest.release:
            return not_applicable("a release of Steward made it that attested nothing")
        if version.provenance is None:
            return fails("there is no provenance statement", severity="warning")
        return _judge_statement(version, version.provenance)


def _judge_statement(version: VersionEvidence, stored: ObjectRef) -> InvariantResult:
    if not version.provenance_subject:
        return fails("the provenance statement is about another artifact", [stored])
    match version.signature:
        case "invalid":
            return fails("the signature of the provenance statement is not valid", [stored])
        case "unknown_key":
            message = "another key than the deployment's signed the provenance statement"
            return fails(message, [stored], severity="warning")
        case "unsigned" if version.signing:
            message = "the provenance statement is not signed, and the deployment has a key"
            return fails(message, [stored], severity="info")
        case _:
            signed = "its signature is valid" if version.signature == "valid" else "there is no key to sign with"
            return holds(f"the provenance statement is about its artifact, and {signed}", [stored])


class BillOfMaterialsPresent(Invariant):
    """The champion has a bill of materials."""

    name = "bill_of_materials_present"
    severity = "warning"
    remedy = (
        "have a version attested anew: `steward retrain {model} --reason TEXT`; if that does not help, "
        "`steward redrive audit_models`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look for it."""
        if evidence.manifest is None:
            return NO_CHAMPION
        if not evidence.manifest.release:
            return not_applicable("a release of Steward made it that wrote no bill of materials")
        found = evidence.version.bill_of_materials
        return holds("it is there (CycloneDX)", [found]) if found else fails("there is no bill of materials")


class VersionUnchanged(Invariant):
    """What is written once of the champion was written once: nothing was written over or deleted since."""

    name = "version_unchanged"
    severity = "critical"
    remedy = "see in CloudTrail who wrote it, and what it was: `aws s3api list-object-versions`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the versions of its objects."""
        if evidence.manifest is None:
            return NO_CHAMPION
        found = evidence.version.overwritten
        if found:
            return fails(f"written over or deleted: {', '.join(found)}")
        return holds("its files have one version each")


class FirstVersionKnown(Invariant):
    """The first version in charge, which guardrails compare with, is still there."""

    name = "first_version_known"
    severity = "warning"
    remedy = "restore its manifest and evaluation from the replica or a backup: `aws s3api list-object-versions`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look for its manifest and evaluation."""
        version = evidence.version
        if version.first_version is None:
            return NO_CHAMPION
        if version.first_version_problem:
            return fails(f"{version.first_version}: {version.first_version_problem}")
        return holds(f"{version.first_version}, with manifest and evaluation")


class ReleaseEnds(Invariant):
    """No gradual release runs past the time that the declaration gives it."""

    name = "release_ends"
    severity = "warning"
    remedy = 'decide on it: `steward release {model}`, then `steward release {model} abort --reason "..."`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare its begin with what was declared."""
        release = evidence.routing.release
        if release is None:
            return holds("no release is running")
        began = release.steps[0].since if release.steps else release.changes[0].as_of
        policy = release.policy
        timed = policy.shadow or policy.ab
        span = timed.duration if timed else policy.by_steps.bake * (len(policy.by_steps.steps) + 1) * 2
        ends = began + span + _GRACE
        present = evidence.data.replayed_until or evidence.as_of
        challengers = ", ".join(one.version for one in release.challengers.values())
        if present > ends:
            return fails(
                f"the release of {challengers} began on {began:%Y-%m-%d}, and should be over since {ends:%Y-%m-%d}"
            )
        return holds(f"the release of {challengers} is over by {ends:%Y-%m-%d} at the latest")
