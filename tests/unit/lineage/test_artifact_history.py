"""The ledger's entries about specs, datasets, versions and releases, the newest first."""

from steward.events import ObjectRef
from steward.ledger import Action, Decision, LedgerEntry
from steward.lineage.artifact_history import artifact_history
from steward.lineage.identifiers import release_id
from steward.releasing.routing import Promotion
from tests.unit.examples import DAY, START, stored

PROMOTION = Promotion(version="v1", run="r1", as_of=START + DAY, promoted_at=START + DAY)


def ledger(*decided: tuple[Action, str, tuple[ObjectRef, ...]]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for action, subject, evidence in decided:
        decision = Decision(
            identity=f"{len(entries)}", model="lemons", action=action, subject=subject, summary="why",
            as_of=START + DAY, correlation_id="c", evidence=evidence,
        )  # fmt: skip
        head = entries[-1] if entries else None
        entries.append(LedgerEntry.following(head, decision, function="f", recorded_at=START))
    return entries


def test_each_thing_is_told_under_its_id() -> None:
    told = artifact_history(
        ledger(
            ("model_registered", "lemons", (stored("models/lemons/specs/000001.json"),)),
            ("batch_ingested", "b1", ()),
            ("training_completed", "v1", (stored("x"), stored("models/lemons/datasets/abcd/manifest.json"))),
            ("validation_completed", "v1", ()),
            ("champion_promoted", "v1", ()),
        ),
        [PROMOTION],
    )
    assert [(one.subject, one.id, one.happened) for one in told] == [
        ("release", release_id(PROMOTION), "champion promoted"),
        ("version", "v1", "validation completed"),
        ("version", "v1", "training completed"),
        ("dataset", "abcd", "dataset frozen"),
        ("spec", "000001", "model registered"),
    ]
    assert [one.sequence for one in told] == [5, 4, 3, 3, 1]


def test_a_promotion_that_the_routing_does_not_know_is_told_by_its_version() -> None:
    (told,) = artifact_history(ledger(("champion_promoted", "v1", ())), [])
    assert (told.subject, told.id) == ("release", "v1")


def test_windows_and_alerts_are_not_told() -> None:
    assert artifact_history(ledger(("check_completed", "w", ()), ("alert_raised", "m", ())), []) == []
