"""Wherever between state, ledger, people and bus a process dies, the redelivery makes one announcement of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

import pytest

from steward.events import (
    CollectionRequested,
    DefectChangeRequested,
    ObjectRef,
    ReleaseOverrideProposed,
    RemovalProposed,
    ValidationCompleted,
)
from steward.ledger import Action, LedgerEntry, verify
from steward.releasing.routing import Routing
from steward.retraining.runs import Run
from steward.store.stored_objects import sha256
from tests.integration import lemons

from .lifetime import LABELS, PHASES, PREDICTIONS, SPEC, Phase, ask, roll_back
from .memory_cloud import DATA, LEDGER, Saved
from .redelivery import ADA, Message, World, Write, world

MEASURED = "resources: [{type: lambda_function, name: lemons}]\n"
TICK = '{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}'


def scored(day: int) -> str:
    """Predictions of a day; none names a version."""
    return lemons.csv(lemons.predictions(lemons.sales(1, first_day=day, rows_a_day=40)))


def upload(*keys: str, body: str) -> Phase:
    """The same file at some keys."""
    return lambda steward: [steward.upload(key, body) for key in keys]  # type: ignore[return-value]


def collect(*, measured: bool) -> Phase:
    """The schedule's collection, a day later."""

    def asked(steward: World) -> None:
        steward.deployment.clock.pass_by(timedelta(days=1))
        steward.cloud.measured = measured
        ask(steward, CollectionRequested)

    return asked


def tick(steward: World) -> None:
    """An hour is over."""
    steward.deployment.clock.pass_by(timedelta(hours=1))
    steward.send("watch_deployment", TICK)


GRADUAL = SPEC + "release: {mode: shadow, shadow: {margin: 0.1, duration: 2w}}\n"


def challenge(steward: World) -> None:
    """A version like the champion has passed its gates."""
    champion = Routing.model_validate(steward.object("models/lemons/routing.json")).champion
    of, to = (f"models/lemons/versions/{version}/" for version in (champion, "v2"))
    now = steward.deployment.clock.now
    manifest = steward.object(f"{of}manifest.json") | {"version": "v2"}
    evaluation = steward.object(f"{of}evaluation.json") | {"version": "v2", "champion": champion, "gates": []}
    run = Run(
        run="run-v2", model="lemons", as_of=now, reasons=["someone asks"], correlation_id="challenge",
        requested_at=now, stage="validated",
    )  # fmt: skip
    steward.upload("runs/lemons/run-v2.json", run.model_dump_json())
    steward.upload(f"{to}manifest.json", json.dumps(manifest))
    steward.upload(f"{to}evaluation.json", json.dumps(evaluation))
    stored = steward.cloud.buckets[DATA][f"{to}evaluation.json"][-1]
    place = ObjectRef(key=f"{to}evaluation.json", version_id=stored.id, sha256=sha256(json.dumps(evaluation).encode()))
    passed = {"run": "run-v2", "version": "v2", "passed": True, "summary": "it is better", "evaluation": place}
    ask(steward, ValidationCompleted, as_of=lemons.START + timedelta(days=50), **passed)


def answer(steward: World) -> None:
    """A day that the champion answers and the challenger scores."""
    sold = lemons.sales(1, first_day=50, rows_a_day=40)
    scored = lemons.predictions(sold)
    shadow = scored[["sale", "sold_at", "risk"]].assign(version="v2")
    steward.upload(f"{PREDICTIONS}50.csv", lemons.csv(scored))
    steward.upload("inbox/lemons/shadows/50.csv", lemons.csv(shadow))
    steward.upload(f"{LABELS}50.csv", lemons.csv(lemons.labels(sold)))


def override(steward: World) -> None:
    """Somebody ends the release."""
    steward.deployment.clock.pass_by(timedelta(minutes=1))
    ask(steward, ReleaseOverrideProposed, action="abort", reason="enough", author=ADA.arn)


STORY: dict[str, Phase] = {
    "declare": PHASES["declare"],
    "too early": upload(f"{PREDICTIONS}early.csv", body=scored(14)),
    **{name: PHASES[name] for name in ("refer", "ordinary day", "turned day", "attribute", "report a defect")},
    **{name: PHASES[name] for name in ("correct", "freeze", "two turned days", "three turned days")},
    **{name: PHASES[name] for name in ("retrain", "thaw", "roll back", "mute")},
    "nothing to roll back to": roll_back,
    **{name: PHASES[name] for name in ("test the champion", "reproduce", "review defects")},
    **{name: PHASES[name] for name in ("report", "audit", "except", "checkpoint", "retain", "watch")},
    "all is well": tick,
    "no such defect": lambda steward: ask(
        steward, DefectChangeRequested, defect="20240101-x", change="close", author=ADA.arn
    ),
    "command": PHASES["command"],
    "twice": upload(f"{PREDICTIONS}a.csv", f"{PREDICTIONS}b.csv", body=scored(40)),
    "bad declaration": upload("specs/lemons.yaml", body="model: lemons\n"),
    "measured": upload("specs/lemons.yaml", body=SPEC + MEASURED),
    "collect": collect(measured=True),
    "may not collect": collect(measured=False),
    "declare gradually": upload("specs/lemons.yaml", body=GRADUAL),
    "challenge": challenge,
    "answer": answer,
    "end": override,
    "nothing to end": override,
    "foreign": upload("promotions/lemons/v1.json", body="{}"),
    "remove": lambda steward: ask(steward, RemovalProposed, reason="retired", author=ADA.arn),
}
"""A life that has one example of each decision, and is shorter than that of `test_deaths.py`."""

RECORDED = {
    "accept_commands": "command_accepted command_refused",
    "accept_version": "version_rejected",
    "attribute_features": "window_attributed",
    "audit_models": "audit_completed exception_changed ledgers_verified version_attested",
    "check_window": "check_completed",
    "collect_resources": "collection_failed resources_collected",
    "ingest_records": "batch_deferred batch_ingested batch_rejected batch_repeated data_corrected personal_data_found",
    "join_labels": "OutcomesUpdated",
    "kick_retraining": "training_declined training_requested",
    "maintain_store": "objects_removed",
    "raise_alerts": "action_taken alert_held alert_raised alert_resolved alert_updated",
    "register_model": "model_registered model_rejected model_removed",
    "release_model": "champion_promoted champion_rolled_back promotion_held promotions_frozen promotions_thawed "
    "release_changed release_declined rollback_declined version_refused",
    "render_reports": "report_rendered",
    "track_defects": "defect_changed defect_overdue defect_refused",
    "train_model": "reproduction_failed training_completed training_reproduced",
    "validate_model": "champion_tested validation_completed",
    "watch_deployment": "deployment_degraded deployment_recovered",
}
"""What each function records, and `join_labels` without recording it: the process dies around one of each."""

ELSEWHERE = {
    "version_accepted": "test_deaths_at_the_border.py",
    "run_failed": "test_killed_runs.py",
    "action_held": "test_actions.py",
    "emergency_override": "test_approvals.py",
    "override_reviewed": "test_approvals.py",
    "guardrails_changed": "test_guardrails.py",
    "subject_erased": "test_erase_subject.py",
    "erasure_attested": "test_erase_subject.py",
}
"""Decisions that take another story."""

_ENTRY = re.compile(r"[a-z_-]+/\d{10}\.json")

_FOLLOWS = re.compile(r"runs/|reports/(lemons/)?(report|index|documents/history)\.|maintenance/lemons\.json")
"""Runs count their attempts; what is worked out from the ledger once more knows more of it."""


@dataclass(frozen=True, slots=True)
class Example:
    """An invocation that records a decision.

    Attributes:
        before: what was stored.
        entry: the ledger's key; empty where nothing is recorded.
    """

    before: Saved
    batch: tuple[Message, ...]
    writes: tuple[Write, ...]
    entry: str

    def deaths(self) -> range:
        """The writes behind which the process dies: from the last of the state to the note that all is announced."""
        if not self.entry:
            return range(1, len(self.writes) + 1)
        names = [write.name for write in self.writes]
        entry = names.index(self.entry)
        marker = max(at for at in range(entry) if "/decisions/" in names[at])
        closed = names.index(names[marker], entry)
        return range(max(marker, 1), closed + 2)  # counted from 1


def record_examples(steward: World) -> dict[tuple[str, str], Example]:
    """Live the story, and keep for each function and decision the invocation that wrote least."""
    found: dict[tuple[str, str], Example] = {}
    invoke = steward.invoke

    def recorded(batch: list[Message]) -> list[Message]:
        before, copies = steward.cloud.save(), tuple(Message(one.function, one.body, one.id) for one in batch)
        written = len(steward.writes)
        failed = invoke(batch)
        writes = tuple(steward.writes[written:])
        for key in [write.name for write in writes if _ENTRY.fullmatch(write.name)]:
            entry = LedgerEntry.model_validate_json(steward.cloud.current(LEDGER)[key])
            known = found.get((batch[0].function, entry.action))
            if known is None or len(known.writes) > len(writes):
                found[batch[0].function, entry.action] = Example(before, copies, writes, key)
        if batch[0].function == "join_labels" and any(write.operation == "DeleteObject" for write in writes):
            found.setdefault(("join_labels", "OutcomesUpdated"), Example(before, copies, writes, ""))
        return failed

    steward.invoke = recorded  # type: ignore[method-assign]
    for phase in STORY.values():
        phase(steward)
        steward.settle()
    steward.invoke = invoke  # type: ignore[method-assign]
    assert not steward.errors
    return found


type Outcome = dict[str, object]
"""What was concluded and announced."""


def outcome(steward: World) -> Outcome:
    """What is stored, recorded and told now; what was told twice under one id is told once."""
    chains: dict[str, list[LedgerEntry]] = {}
    for key, body in steward.cloud.current(LEDGER).items():
        if _ENTRY.fullmatch(key):
            chains.setdefault(key.split("/")[0], []).append(LedgerEntry.model_validate_json(body))
    for chain in chains.values():
        verify(chain)
    entries = [entry for chain in chains.values() for entry in chain]
    return {
        "ledger": sorted(
            (entry.model, entry.identity, entry.action, entry.subject, entry.summary) for entry in entries
        ),
        "open": sorted(key for key, body in steward.cloud.current(LEDGER).items() if not body),
        "bus": {(type(event).__name__, event.event_id) for event in steward.cloud.events},
        "people": {one["MessageAttributes"]["id"]["StringValue"] for one in steward.cloud.notifications},
        "data": {key: body for key, body in steward.cloud.current(DATA).items() if not _FOLLOWS.match(key)},
    }


@pytest.fixture(scope="module")
def lived() -> Iterator[tuple[World, dict[tuple[str, str], Example]]]:
    with world() as steward:
        yield steward, record_examples(steward)


def play(steward: World, example: Example, death: int = 0) -> Outcome:
    """Invoke the function, and once more if it dies behind a write."""
    steward.cloud.restore(example.before)
    steward.start()
    steward.die_after = death
    batch = [Message(one.function, one.body, one.id) for one in example.batch]
    failed = steward.invoke(batch)
    assert (len(failed) == len(batch)) == bool(steward.died_in) == bool(death)
    steward.die_after = 0
    assert not failed or steward.invoke(failed) == [], steward.errors
    return outcome(steward)


@pytest.mark.timeout(900)
def test_every_decision_is_in_the_table(lived: tuple[World, dict[tuple[str, str], Example]]) -> None:
    assert set(lived[1]) == {(function, action) for function, told in RECORDED.items() for action in told.split()}
    actions = {action for _, action in lived[1]}
    assert actions.isdisjoint(ELSEWHERE)
    assert actions - {"OutcomesUpdated"} | set(ELSEWHERE) == set(get_args(Action))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("function", RECORDED)
def test_a_death_between_two_effects_leaves_one_announcement(
    lived: tuple[World, dict[tuple[str, str], Example]], function: str
) -> None:
    steward, examples = lived
    for action in RECORDED[function].split():
        example = examples[function, action]
        undisturbed = play(steward, example)
        assert undisturbed["open"] == []
        for write in example.deaths():
            found = play(steward, example, write)
            for name, expected in undisturbed.items():
                assert found[name] == expected, (action, example.writes[write - 1])
