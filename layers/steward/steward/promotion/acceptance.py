"""Checks that an environment makes before it accepts a version. Each is listed in `CHECKS`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from steward.errors import LedgerBroken
from steward.ledger import Action, LedgerEntry, verify_extract
from steward.promotion.transfer import LedgerExtract, Part, Transfer, parts_of
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest, version_name
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation

BINDING = (
    "model", "task", "positive_label", "threshold", "columns", "features", "outputs", "attributes", "rules",
    "on_invalid", "segments", "maximum_segment_values", "fairness", "business_value", "window", "label_horizon",
    "retraining", "validation",
)  # fmt: skip
"""What a version and its judgement rest on; schedules, resources, alerts and people are each environment's own."""


@dataclass(frozen=True, slots=True)
class IncomingVersion:
    """A transferred version together with the state of the receiving environment.

    Attributes:
        hashes: the SHA-256 of each part's bytes, as they are here.
        dataset_id: of the training set that the manifest names; empty where its key is none of a training set.
        declared: the declaration that the version was trained under.
        run: that made it.
        present: the declaration in force here; None where there is none.
        champion: in charge here.
        environment: this one.
    """

    transfer: Transfer
    hashes: Mapping[Part, str]
    manifest: VersionManifest
    evaluation: Evaluation
    dataset: DatasetManifest
    dataset_id: str
    declared: ModelSpec
    run: Run
    ledger: LedgerExtract
    present: ModelSpec | None
    champion: str | None
    environment: str


def verify(arrival: IncomingVersion) -> list[str]:
    """Return every problem of a transferred version; empty if it can be accepted."""
    return [problem for check in CHECKS for problem in check(arrival)]


def check_destination(arrival: IncomingVersion) -> Iterator[str]:
    """It was sent here, from another environment that trained it."""
    transfer = arrival.transfer
    if transfer.destination != arrival.environment:
        yield f"it was sent to {transfer.destination}, and this is {arrival.environment}"
    if transfer.origin == arrival.environment:
        yield f"it comes from {transfer.origin}, which is this environment"
    if arrival.manifest.environment != transfer.origin:
        yield f"it was trained in {arrival.manifest.environment}, not in {transfer.origin}, which sends it"


def check_consistency(arrival: IncomingVersion) -> Iterator[str]:
    """All of it is about one version of one model, whose name follows from what it is made of."""
    wanted = (arrival.transfer.model, arrival.transfer.version)
    manifest, evaluation, run = arrival.manifest, arrival.evaluation, arrival.run
    for part, found in (
        ("manifest.json", (manifest.model, manifest.version)),
        ("evaluation.json", (evaluation.model, evaluation.version)),
        ("run.json", (run.model, run.version)),
    ):
        if found != wanted:
            yield f"{part} is of {found[0]} {found[1]}, not of {wanted[0]} {wanted[1]}"
    if arrival.dataset.model != manifest.model or arrival.dataset.environment != manifest.environment:
        yield f"dataset.json is of {arrival.dataset.model} in {arrival.dataset.environment}"
    if len({manifest.run, evaluation.run, run.run}) > 1:
        yield f"it was made by run {manifest.run}, judged in run {evaluation.run} and sent with run {run.run}"
    content = (manifest.as_of, manifest.run, manifest.dataset.sha256, manifest.recipe, manifest.libraries)
    if (name := version_name(*content)) != manifest.version:
        yield f"its name would be {name}, by what its manifest says it is made of"


def check_hashes(arrival: IncomingVersion) -> Iterator[str]:
    """Every part has the bytes that the version's run and manifest name."""
    named = parts_of(arrival.manifest, arrival.run)
    for part in ("manifest.json", "evaluation.json"):
        if part not in named:
            yield f"run.json names no {part}, so nothing vouches for it"
    for part, stored in named.items():
        if (found := arrival.hashes.get(part)) != stored.sha256:
            yield f"{part} has SHA-256 {found}, not {stored.sha256}" if found else f"{part} is missing"
    if arrival.dataset_id != arrival.dataset.dataset:
        yield f"dataset.json is dataset {arrival.dataset.dataset}, not that of {arrival.manifest.dataset.key}"
    if arrival.evaluation.dataset.sha256 != arrival.manifest.dataset.sha256:
        yield "evaluation.json judges it on another dataset than it was trained from"


def check_gates(arrival: IncomingVersion) -> Iterator[str]:
    """It passed every gate."""
    if not arrival.evaluation.passed:
        yield f"it did not pass its gates: {arrival.evaluation.summary}"


def check_ledger(arrival: IncomingVersion) -> Iterator[str]:
    """The extract of the ledger is whole, and tells that these very bytes were trained, judged and promoted."""
    try:
        entries = verify_extract(arrival.ledger.entries)
    except LedgerBroken as error:
        yield f"the extract of the ledger is broken: {error}"
        return
    foreign = sorted({entry.model for entry in entries} - {arrival.transfer.model})
    if foreign:
        yield f"the extract of the ledger is of {', '.join(foreign)}"
    expected: tuple[tuple[Action, Part], ...] = (
        ("training_completed", "manifest.json"),
        ("validation_completed", "evaluation.json"),
        ("champion_promoted", "evaluation.json"),
    )
    for action, part in expected:
        about = [entry for entry in entries if (entry.action, entry.subject) == (action, arrival.transfer.version)]
        if not any(arrival.hashes.get(part) in _hashes(entry) for entry in about):
            yield f"the extract of the ledger has no {action.replace('_', ' ')} that rests on this {part}"


def check_declaration(arrival: IncomingVersion) -> Iterator[str]:
    """The model is declared here as it was when the version was trained."""
    present = arrival.present
    if present is None:
        yield f"model {arrival.transfer.model} is not declared here: push the declaration that it was trained under"
        return
    here, there = (spec.model_dump(mode="json") for spec in (present, arrival.declared))
    differing = [name for name in BINDING if here[name] != there[name]]
    if differing:
        yield f"the declaration here differs in {', '.join(differing)}: push the one that it was trained under"


def check_succession(arrival: IncomingVersion) -> Iterator[str]:
    """It was judged against the champion here, or against one that took over from it, judgement by judgement."""
    champion, against = arrival.champion, arrival.evaluation.champion
    if champion in (None, against, arrival.transfer.version, arrival.transfer.over):
        return
    moves = [entry for entry in arrival.ledger.entries if entry.action.startswith("champion_")]
    places = [place for place, entry in enumerate(moves) if entry.subject == champion]
    if places and all(entry.action == "champion_promoted" for entry in moves[places[-1] :]):
        return
    yield (
        f"{champion} is in charge here, which it was not judged against (but {against or 'the base rate'}), nor any "
        f"version that took over from it; `steward promote ... --over {champion}` lets it take over all the same"
    )


def _hashes(entry: LedgerEntry) -> set[str]:
    return {stored.sha256 for stored in entry.evidence}


CHECKS: tuple[Callable[[IncomingVersion], Iterator[str]], ...] = (
    check_destination,
    check_consistency,
    check_hashes,
    check_gates,
    check_ledger,
    check_declaration,
    check_succession,
)
"""Every check, in the order in which a refusal names what it found."""
