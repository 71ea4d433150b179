"""Each check of a version that comes from another environment finds what it is there to find, and nothing else."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.events import ObjectRef
from steward.ledger import Action, Decision, LedgerEntry
from steward.promotion.acceptance import BINDING, CHECKS, IncomingVersion, check_succession, verify
from steward.promotion.transfer import LedgerExtract, Transfer, extract, parts_of
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import version_name
from steward.spec.model import ModelSpec
from steward.store import keys
from tests.unit.examples import DAY, START, evaluation, manifest, spec, stored

MANIFEST_SHA, EVALUATION_SHA = "1" * 64, "2" * 64
DATASET = DatasetManifest(
    model="lemons", environment="staging", start=None, holdout_start=START, end=START + DAY, objects=()
)


def made() -> Any:
    """A version whose name follows from what it is made of."""
    dataset = stored(f"models/lemons/datasets/{DATASET.dataset}/manifest.json", "d" * 64)
    named = manifest().model_copy(update={"environment": "staging", "dataset": dataset})
    name = version_name(named.as_of, named.run, dataset.sha256, named.recipe, named.libraries)
    return named.model_copy(update={"version": name})


VERSION = made()
RUN = Run(
    run=VERSION.run, model="lemons", as_of=VERSION.as_of, reasons=["r"], correlation_id="c", requested_at=START,
    stage="promoted", version=VERSION.version, manifest=stored("m", MANIFEST_SHA),
    evaluation=stored("e", EVALUATION_SHA),
)  # fmt: skip


def ledger(*decided: tuple[Action, str, tuple[ObjectRef, ...]]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for action, subject, evidence in decided:
        decision = Decision(
            identity=f"{len(entries)}", model="lemons", action=action, subject=subject, summary="", as_of=START,
            correlation_id="c", evidence=evidence,
        )  # fmt: skip
        head = entries[-1] if entries else None
        entries.append(LedgerEntry.following(head, decision, function="f", recorded_at=START))
    return entries


OURS = (
    ("training_requested", RUN.run, ()),
    ("training_completed", VERSION.version, (stored("m", MANIFEST_SHA),)),
    ("validation_completed", VERSION.version, (stored("e", EVALUATION_SHA),)),
    ("champion_promoted", VERSION.version, (stored("e", EVALUATION_SHA),)),
)


def arrival(**changes: Any) -> IncomingVersion:
    """One that holds in every way."""
    judged = evaluation().model_copy(
        update={"version": VERSION.version, "run": RUN.run, "dataset": VERSION.dataset, "champion": "v0"}
    )
    parts = {part: ObjectRef(key=f"t/{part}", version_id="v", sha256=named.sha256)
             for part, named in parts_of(VERSION, RUN).items()}  # fmt: skip
    usual = IncomingVersion(
        transfer=Transfer(
            model="lemons", version=VERSION.version, origin="staging", destination="production", author="ada",
            sent_at=START, parts=parts,
        ),
        hashes={part: named.sha256 for part, named in parts.items()},
        manifest=VERSION,
        evaluation=judged,
        dataset=DATASET,
        dataset_id=keys.dataset_of(VERSION.dataset.key),
        declared=spec(),
        run=RUN,
        ledger=LedgerExtract(entries=ledger(*OURS)),
        present=spec(),
        champion="v0",
        environment="production",
    )  # fmt: skip
    return dataclasses.replace(usual, **changes)


def with_transfer(**changes: Any) -> IncomingVersion:
    return arrival(transfer=arrival().transfer.model_copy(update=changes))


def test_what_holds_in_every_way_has_no_problem() -> None:
    assert verify(arrival()) == []
    assert len(CHECKS) == 7


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (with_transfer(destination="canary"), "it was sent to canary, and this is production"),
        (with_transfer(origin="production"), "it comes from production, which is this environment"),
        (with_transfer(origin="dev"), "it was trained in staging, not in dev, which sends it"),
        (with_transfer(version="v9"), "manifest.json is of lemons"),
        (with_transfer(model="pears"), "manifest.json is of lemons"),
        (arrival(run=RUN.model_copy(update={"version": "v9"})), "run.json is of lemons v9"),
        (arrival(run=RUN.model_copy(update={"run": "r9"})), "it was made by run"),
        (arrival(run=RUN.model_copy(update={"manifest": None})), "run.json names no manifest.json"),
        (arrival(manifest=VERSION.model_copy(update={"libraries": {}})), "its name would be "),
        (arrival(manifest=VERSION.model_copy(update={"recipe": None})), "its name would be "),
        (arrival(hashes={**arrival().hashes, "model.skops": "0" * 64}), "model.skops has SHA-256 000"),
        (arrival(dataset=DATASET.model_copy(update={"environment": "dev"})), "dataset.json is of lemons in dev"),
        (arrival(dataset=DATASET.model_copy(update={"end": START})), "dataset.json is dataset "),
        (
            arrival(evaluation=arrival().evaluation.model_copy(update={"dataset": stored()})),
            "evaluation.json judges it",
        ),
        (arrival(evaluation=evaluation(passed=False)), "it did not pass its gates: "),
        (arrival(ledger=LedgerExtract(entries=[])), "the extract of the ledger is broken: there is no entry"),
        (
            arrival(ledger=LedgerExtract(entries=ledger(*OURS[:3]))),
            "the extract of the ledger has no champion promoted",
        ),
        (
            arrival(ledger=LedgerExtract(entries=ledger(*OURS[2:]))),
            "the extract of the ledger has no training completed",
        ),
        (arrival(present=None), "model lemons is not declared here"),
        (arrival(champion="v7"), "v7 is in charge here, which it was not judged against (but v0)"),
    ],
)
def test_what_does_not_hold_is_named(broken: IncomingVersion, problem: str) -> None:
    assert any(found.startswith(problem) for found in verify(broken)), verify(broken)


@pytest.mark.parametrize("name", BINDING)
def test_every_binding_field_is_one_of_the_declaration(name: str) -> None:
    assert name in ModelSpec.model_fields


@pytest.mark.parametrize(
    ("field", "value", "alike"), [("owner", "x", True), ("description", "x", True), ("threshold", 0.4, False)]
)
def test_only_what_a_version_rests_on_must_be_declared_alike(field: str, value: object, *, alike: bool) -> None:
    assert (verify(arrival(present=spec().model_copy(update={field: value}))) == []) == alike


def follows(*moves: tuple[Action, str], champion: str, over: str | None = None) -> bool:
    entries = ledger(*((action, subject, ()) for action, subject in moves))
    transfer = arrival().transfer.model_copy(update={"over": over})
    return not list(
        check_succession(arrival(champion=champion, transfer=transfer, ledger=LedgerExtract(entries=entries)))
    )


def test_a_champion_from_which_one_promotion_led_to_the_next_is_succeeded() -> None:
    chain: list[tuple[Action, str]] = [
        ("champion_promoted", "v-1"), ("check_completed", "w"), ("champion_promoted", "v0"),
        ("champion_promoted", VERSION.version),
    ]  # fmt: skip
    assert follows(*chain, champion="v-1")
    assert not follows(*chain[2:], champion="v-1")
    assert follows(*chain[2:], champion="v-1", over="v-1")
    assert not follows(*chain[2:], champion="v-1", over="v-2")
    assert follows(champion=VERSION.version)


names = st.sampled_from(["v0", "v1", "v2", VERSION.version])


@given(st.lists(names, max_size=6), names)
def test_an_extract_has_all_from_the_first_that_is_needed_to_the_promotion(before: list[str], displaced: str) -> None:
    entries = ledger(*(("champion_promoted", name, ()) for name in before), *OURS, ("champion_promoted", "later", ()))
    told = extract(entries, RUN, VERSION.version, displaced).entries
    assert [entry.sequence for entry in told] == list(range(told[0].sequence, told[-1].sequence + 1))
    assert told[-1] == entries[-2]
    needed = [entry.sequence for entry in entries[:-1] if entry.action == "training_requested"]
    if displaced in before and displaced != VERSION.version:
        needed.append(len(before) - before[::-1].index(displaced))
    assert told[0].sequence == min(needed)


def test_a_version_that_was_never_promoted_has_no_extract() -> None:
    assert extract(ledger(*OURS[:3]), RUN, VERSION.version, None).entries == []
