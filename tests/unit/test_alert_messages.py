"""What people receive says what happened, and passes through SNS."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.alerting.messages import Message, alerts_message, notice
from steward.events import (
    AlertRaised,
    AlertResolved,
    AuditCompleted,
    BatchIngested,
    BatchRejected,
    Event,
    ModelRejected,
    ReleaseChanged,
    RunFailed,
)

from .examples import START, stored

COMMON: dict[str, Any] = {"occurred_at": START, "model": "lemons", "as_of": START, "correlation_id": "chain-1"}
FOUND: dict[str, Any] = {**COMMON, "version": "v1", "window": "20240105T000000Z_1d"}


def deliverable(message: Message) -> bool:
    """What SNS asks of a subject and of attributes."""
    subject = message.subject
    return 0 < len(subject) < 100 and subject.isascii() and subject.isprintable() and bool(message.attributes["state"])


def test_one_message_tells_of_everything_that_a_check_moved() -> None:
    message = alerts_message(
        [
            AlertRaised(**FOUND, monitor="roc_auc", summary="ROC AUC fell to 0.61"),
            AlertRaised(**FOUND, monitor="feature_drift", summary="age drifted"),
            AlertResolved(**FOUND, monitor="missing_values", summary="none missing"),
        ]
    )
    assert message.subject == "lemons: firing: roc_auc, feature_drift; resolved: missing_values"
    assert message.attributes == {
        "model": "lemons", "state": "firing", "monitor": "roc_auc,feature_drift,missing_values",
    }  # fmt: skip
    for part in ("version v1", "2024-01-05 00:00 to 2024-01-06 00:00 UTC", "ROC AUC fell to 0.61", "chain-1"):
        assert part in message.text


def test_a_message_of_recoveries_alone_says_resolved() -> None:
    message = alerts_message([AlertResolved(**FOUND, monitor="roc_auc", summary="back at 0.81")])
    assert message.subject == "lemons: resolved: roc_auc"
    assert message.attributes["state"] == "resolved"


@pytest.mark.parametrize(
    ("event", "subject", "said"),
    [
        (
            RunFailed(**COMMON, run="r1", stage="training", message="too few rows"),
            "lemons: retraining failed",
            "too few rows",
        ),
        (
            BatchRejected(**COMMON, kind="labels", batch="b1", source="inbox/x.csv", code="empty", message="no rows"),
            "lemons: file rejected",
            "inbox/x.csv",
        ),
        (
            ModelRejected(**COMMON, source="specs/lemons.yaml", problems=["line 3: owner", "line 4: task"]),
            "lemons: declaration rejected",
            "line 3: owner\nline 4: task",
        ),
        (
            AuditCompleted(
                **COMMON, audit="a1", passed=False, failed=["ledger_chain"], stored=stored("reports/a1.json")
            ),
            "lemons: audit failed",
            "ledger_chain",
        ),
        (
            ReleaseChanged(**COMMON, run="r1", version="v2", previous="v1", stage="champion", summary="gains 0.02"),
            "lemons: champion is now v2",
            "gains 0.02",
        ),
    ],
)
def test_people_hear_of_what_needs_them(event: Event, subject: str, said: str) -> None:
    message = notice(event)
    assert message is not None
    assert message.subject == subject
    assert said in message.text
    assert "chain-1" in message.text
    assert message.attributes == {"model": "lemons", "state": "notice", "monitor": type(event).__name__}


@pytest.mark.parametrize(
    "event",
    [
        BatchIngested(**COMMON, kind="labels", batch="b", source="s", rows=1, rejected_rows=0, windows=[]),
        AuditCompleted(**COMMON, audit="a1", passed=True, failed=[], stored=stored()),
        ReleaseChanged(**COMMON, run="r1", version="v2", previous="v1", stage="refused", summary="no better"),
    ],
)
def test_people_do_not_hear_of_what_goes_its_way(event: Event) -> None:
    assert notice(event) is None


@given(st.text(), st.text())
def test_whatever_the_names_the_message_can_be_delivered(model: str, version: str) -> None:
    common = COMMON | {"model": model}
    message = notice(ReleaseChanged(**common, run="r", version=version, previous=None, stage="champion", summary=""))
    assert message is not None
    assert deliverable(message)
    found = FOUND | {"model": model, "version": version}
    assert deliverable(alerts_message([AlertRaised(**found, monitor="roc_auc", summary="")]))


def test_a_long_subject_is_cut_and_shows_it() -> None:
    message = notice(RunFailed(**COMMON | {"model": "m" * 200}, run="r", stage="training", message="x"))
    assert message is not None
    assert len(message.subject) == 99
    assert message.subject.endswith("...")
