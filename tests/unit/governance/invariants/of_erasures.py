"""What breaks the invariants of erasures."""

from datetime import timedelta

from steward.governance.erasure_evidence import ErasureFact
from tests.unit.examples import DAY
from tests.unit.governance.invariants.intact import AS_OF, CHAMPION, Break, replaced_in

_HELD = "retention.hold is true"


def _one(**said: object) -> tuple[ErasureFact, ...]:
    return (ErasureFact("e1", **{"begun_at": AS_OF - 3 * DAY, "completed_at": AS_OF - 2 * DAY} | said),)  # type: ignore[arg-type]


BREAKS = [
    Break(
        "erasures_complete",
        "one is in work for two days",
        replaced_in("erasures", erasures=_one(begun_at=AS_OF - 2 * DAY, completed_at=None)),
        "erasure e1 is not complete",
    ),
    Break(
        "erasures_honoured",
        "a later dataset has what was removed",
        replaced_in("erasures", erasures=_one(in_dataset=2)),
        "2 objects that erasure e1 removed",
    ),
    Break(
        "erased_rows_learnt_anew",
        "the champion stays beyond the deadline",
        replaced_in("erasures", erasures=_one(trained=frozenset({CHAMPION}), retrain_by=AS_OF - timedelta(hours=1))),
        "another is due by",
    ),
    Break(
        "legal_holds_respected",
        "rows were erased under a hold",
        replaced_in("erasures", erasures=_one(begun_at=AS_OF, completed_at=AS_OF)),
        "erased under the hold",
    ),
]
