"""How far the runs have come that reference data led to: when a push need wait no longer, and what it says."""

from datetime import UTC, datetime

import pytest

from steward.cli.first_version import Progress
from steward.ledger import LedgerEntry

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(action: str, cause: str = "a") -> LedgerEntry:
    return LedgerEntry.model_validate(
        {
            "identity": f"{action}-{cause}", "model": "lemons", "action": action, "subject": "s", "summary": "",
            "as_of": NOW, "correlation_id": cause, "sequence": 1, "function": "f", "recorded_at": NOW, "previous": "",
        }
    )  # fmt: skip


def after(asking: set[str], *entries: LedgerEntry) -> Progress:
    progress = Progress(asking)
    for each in entries:
        if progress.concerns(each):
            progress.take(each)
    return progress


MADE = ["training_requested", "training_completed", "validation_completed"]


@pytest.mark.parametrize(
    ("actions", "over", "passed"),
    [
        ([], False, True),
        (["batch_ingested", "check_completed"], False, True),
        (["training_declined"], True, True),
        (MADE, False, True),
        ([*MADE, "champion_promoted"], True, True),
        ([*MADE, "promotion_held"], True, True),
        ([*MADE, "version_refused"], True, False),
        (["training_requested", "run_failed"], True, False),
    ],
)
def test_a_push_waits_until_its_run_has_ended(actions: list[str], *, over: bool, passed: bool) -> None:
    progress = after({"a"}, *map(entry, actions))
    assert (progress.is_over, progress.passed) == (over, passed)


def test_of_several_uploads_each_must_be_answered_and_one_version_is_enough() -> None:
    told = [entry("training_requested", "a"), entry("training_requested", "b"), entry("run_failed", "a")]
    assert not after({"a", "b"}, *told).is_over
    both = after({"a", "b"}, *told, entry("champion_promoted", "b"))
    assert (both.is_over, both.passed) == (True, True)


def test_the_runs_of_others_are_waited_for_only_where_no_upload_asked_for_one() -> None:
    others = entry("champion_promoted", "other")
    assert not after({"a"}, others).is_over
    assert not after(set()).is_over
    assert after(set(), others).is_over


@pytest.mark.parametrize(
    ("actions", "says"),
    [([], "kick_retraining"), (MADE[:1], "train_model"), (MADE[:2], "validate_model"), (MADE, "release_model")],
)
def test_what_comes_next_is_known_at_any_time(actions: list[str], says: str) -> None:
    assert after({"a"}, *map(entry, actions)).next.startswith(says)
