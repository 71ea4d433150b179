"""What breaks the invariants of how the champion was judged, reproduced, attested and released."""

import dataclasses

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.version_evidence import ReproducedTraining
from steward.releasing.release import Release, ReleaseStep
from steward.spec.release import ReleasePolicy
from tests.unit.examples import DAY, spec, stored
from tests.unit.governance.invariants.intact import AS_OF, CHAMPION, DECLARED, Break, intact, replaced, replaced_in


def releasing(days: int) -> AuditEvidence:
    """The intact evidence while a canary runs that began some days ago."""
    began = AS_OF - days * DAY
    release = Release(
        release="r2",
        mode="canary",
        champion=CHAMPION,
        challengers={},
        policy=ReleasePolicy(mode="canary"),
        task="binary_classification",
        steps=(ReleaseStep(share=0.05, since=began, routed_at=began),),
    )
    return dataclasses.replace(intact(), routing=intact().routing.with_release(release))


_DIFFERS = ReproducedTraining(stored("reproductions/r2.json"), identical=False)
_REFUSED = ReproducedTraining(stored("reproductions/r2.json"), identical=None, refused="another processor")

BREAKS = [
    Break(
        "declared_gates_judged",
        "a gate was declared since",
        replaced(spec=spec(DECLARED + "validation: {calibration: {maximum_error: 0.1}}\n")),
        "calibration",
    ),
    Break("training_reproduced", "it never was", replaced_in("version", reproductions=[]), "never"),
    Break("training_reproduced", "it differs", replaced_in("version", reproductions=[_DIFFERS]), "differs"),
    Break(
        "training_reproduced", "it was refused", replaced_in("version", reproductions=[_REFUSED]), "another processor"
    ),
    Break(
        "provenance_attested", "there is none", replaced_in("version", provenance=None, signature=None), "no provenance"
    ),
    Break(
        "provenance_attested", "it is of another", replaced_in("version", provenance_subject=False), "another artifact"
    ),
    Break("provenance_attested", "it is forged", replaced_in("version", signature="invalid"), "not valid"),
    Break("provenance_attested", "a stranger signed", replaced_in("version", signature="unknown_key"), "another key"),
    Break("provenance_attested", "nobody signed", replaced_in("version", signature="unsigned"), "is not signed"),
    Break("bill_of_materials_present", "there is none", replaced_in("version", bill_of_materials=None)),
    Break(
        "version_unchanged",
        "a file was written over",
        replaced_in("version", overwritten=["model.skops"]),
        "model.skops",
    ),
    Break(
        "first_version_known",
        "its manifest is gone",
        replaced_in("version", first_version_problem="manifest.json gone"),
        "manifest.json gone",
    ),
    Break("release_ends", "a canary runs for months", lambda _: releasing(90), "should be over since"),
]
