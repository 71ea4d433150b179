"""Accepts a version from another environment: verifies every hash, stores it and requests its release."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError

from steward.documents import first_problem
from steward.errors import ObjectChanged, ObjectMissing
from steward.events import NO_MODEL, Event, ObjectCreated, ObjectRef, ValidationCompleted, VersionRejected
from steward.governance.card import ModelCard
from steward.governance.card_sections import card_markdown
from steward.outbox import OutboxEntry, announce
from steward.promotion.acceptance import IncomingVersion, verify
from steward.promotion.transfer import LedgerExtract, Part, Transfer
from steward.repositories import models
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest
from steward.runtime import Runtime
from steward.store import keys
from steward.store.stored_objects import ObjectContent
from steward.validation.evaluation import AcceptedVersion, Evaluation

_NEEDED: tuple[Part, ...] = (
    "manifest.json", "baseline.json", "evaluation.json", "dataset.json", "spec.json", "run.json", "ledger.json",
)  # fmt: skip
"""What every version comes with; one that was trained elsewhere has no artifact."""

_COPIED: tuple[Part, ...] = ("model.skops", "judged.skops", "baseline.json", "background.json")
"""What becomes part of the version here as it is."""


class _TransferRefused(Exception):
    """The version is not accepted; `problems` says why."""

    def __init__(self, *found: str) -> None:
        super().__init__("; ".join(found))
        self.problems = list(found)


def accept_version(runtime: Runtime, created: ObjectCreated) -> Iterator[Event]:
    """Accept or reject a transferred version. A redelivered message finds the result and reports it again.

    What is accepted is told as a judgement, and goes to release like one of this environment's own.
    """
    content = runtime.data.get(created.key, created.version_id)
    try:
        answer = _accept(runtime, created, content, _transfer(content))
    except _TransferRefused as refusal:
        answer = _reject(runtime, created, content, refusal.problems)
    yield from answer


def _transfer(content: ObjectContent) -> Transfer:
    place = keys.promotion_of(content.stored.key)
    if place is None:
        raise _TransferRefused(f"{content.stored.key} is not a promotion's place; send versions with `steward promote`")
    try:
        transfer = Transfer.model_validate_json(content.body)
    except ValidationError as error:
        raise _TransferRefused(f"{content.stored.key} is no list of what was sent: {first_problem(error)}") from error
    if (transfer.model, transfer.version) != place:
        raise _TransferRefused(f"{content.stored.key} lists {transfer.model} {transfer.version}")
    return transfer


def _accept(runtime: Runtime, created: ObjectCreated, content: ObjectContent, transfer: Transfer) -> Iterator[Event]:
    bodies, arrival = _arrival(runtime, transfer)
    found = verify(arrival)
    if found:
        raise _TransferRefused(*found)
    run = _store(runtime, created, content.stored, arrival, bodies)
    if run.evaluation is None or run.manifest is None or run.version != transfer.version:
        raise _TransferRefused(
            f"run {run.run} is one of this environment's own, and did not make version {transfer.version}"
        )
    summary = f"accepted from {transfer.origin}, sent by {transfer.author}; there: {arrival.evaluation.summary}"
    event = ValidationCompleted(
        **runtime.header(transfer.model, run.as_of, run.correlation_id),
        run=run.run,
        version=transfer.version,
        passed=True,
        summary=summary,
        evaluation=run.evaluation,
    )
    evidence = (content.stored, run.evaluation, run.manifest)
    return announce(runtime, OutboxEntry(event, "version_accepted", transfer.version, summary, evidence))


def _arrival(runtime: Runtime, transfer: Transfer) -> tuple[Mapping[Part, bytes], IncomingVersion]:
    """Every part, with the hash that the list gives it, and what of it is read.

    Raises:
        _Refused: one is missing, changed or no such document.
    """
    bodies = _read_verified(runtime, transfer)
    newest = models.newest_revision(runtime.data, transfer.model)
    manifest = _read(VersionManifest, "manifest.json", bodies)
    arrival = IncomingVersion(
        transfer=transfer,
        hashes={part: stored.sha256 for part, stored in transfer.parts.items()},
        manifest=manifest,
        evaluation=_read(Evaluation, "evaluation.json", bodies),
        dataset=_read(DatasetManifest, "dataset.json", bodies),
        dataset_id=keys.dataset_of(manifest.dataset.key),
        declared=_read(models.SpecRevision, "spec.json", bodies).spec,
        run=_read(Run, "run.json", bodies),
        ledger=_read(LedgerExtract, "ledger.json", bodies),
        present=newest[0].spec if newest and not newest[0].removal else None,
        champion=models.routing(runtime.data, transfer.model).champion,
        environment=runtime.settings.environment,
    )
    return bodies, arrival


def _read_verified(runtime: Runtime, transfer: Transfer) -> dict[Part, bytes]:
    bodies: dict[Part, bytes] = {}
    found = [f"{part} is missing" for part in _NEEDED if part not in transfer.parts]
    for part, stored in transfer.parts.items():
        if stored.key != keys.transferred(transfer.model, transfer.version, part):
            found.append(f"{part} is said to be {stored.key}, which is not its place")
            continue
        try:
            bodies[part] = runtime.data.get_verified(stored)
        except (ObjectMissing, ObjectChanged) as error:
            found.append(str(error))
    if found:
        raise _TransferRefused(*found)
    return bodies


def _read[Document: BaseModel](kind: type[Document], part: Part, bodies: Mapping[Part, bytes]) -> Document:
    try:
        return kind.model_validate_json(bodies[part])
    except ValidationError as error:
        raise _TransferRefused(f"{part} cannot be read: {first_problem(error)}") from error


def _store(
    runtime: Runtime, created: ObjectCreated, listed: ObjectRef, arrival: IncomingVersion, bodies: Mapping[Part, bytes]
) -> Run:
    """Make the version one of this environment: every reference leads to the same bytes, here. Its run.

    A run that is here already stands, unless its release failed: then the version may be sent again.
    """
    transfer, key = arrival.transfer, keys.run(arrival.transfer.model, arrival.run.run)
    known = runtime.data.find(key)
    if known and (present := Run.model_validate_json(known.body)).stage != "failed":
        return present
    put, version = runtime.data.create_if_absent, transfer.version
    dataset = put(keys.dataset(transfer.model, arrival.dataset.dataset), bodies["dataset.json"])
    evidence = bodies.get("split.json")
    split = put(keys.split_evidence(transfer.model, arrival.dataset.dataset), evidence) if evidence else None
    stored = {
        part: put(keys.version(transfer.model, version, part), bodies[part]) for part in _COPIED if part in bodies
    }
    spec = models.current_spec(runtime.data, transfer.model)[1]
    manifest = arrival.manifest.model_copy(
        update={
            "spec": spec,
            "dataset": dataset,
            "artifact": stored.get("model.skops"),
            "judged": stored.get("judged.skops"),
            "baseline": stored["baseline.json"],
            "background": stored.get("background.json"),
            "split": split,
        }
    )
    accepted = AcceptedVersion(
        environment=arrival.environment,
        origin=transfer.origin,
        champion=arrival.evaluation.champion,
        transfer=listed,
        author=transfer.author,
    )
    evaluation = arrival.evaluation.model_copy(
        update={"dataset": dataset, "champion": arrival.champion, "accepted": accepted}
    )
    card = ModelCard.of(arrival.declared, manifest, evaluation)
    runtime.data.put(keys.version(transfer.model, version, "card.json"), card.model_dump_json(indent=1).encode())
    runtime.data.put(keys.version(transfer.model, version, "card.md"), card_markdown(card).encode(), "text/markdown")
    run = arrival.run.model_copy(
        update={
            "stage": "validated",
            "outcome": "",
            "correlation_id": created.correlation_id,
            "reasons": [f"sent from {transfer.origin} by {transfer.author}", *arrival.run.reasons],
            "dataset": dataset,
            "evaluation": runtime.data.put(
                keys.version(transfer.model, version, "evaluation.json"), evaluation.model_dump_json().encode()
            ),
            "manifest": put(
                keys.version(transfer.model, version, "manifest.json"), manifest.model_dump_json().encode()
            ),
        }
    )
    return runtime.data.update(
        key, Run, lambda present: run if present is None or present.stage == "failed" else present
    )


def _reject(runtime: Runtime, created: ObjectCreated, content: ObjectContent, found: list[str]) -> Iterator[Event]:
    model, version = keys.promotion_of(created.key) or (NO_MODEL, "unknown")
    event = VersionRejected(
        **runtime.header(model, content.modified, created.correlation_id),
        version=version,
        source=created.key,
        origin=_origin(content),
        problems=found,
    )
    return announce(runtime, OutboxEntry(event, "version_rejected", version, "; ".join(found), (content.stored,)))


def _origin(content: ObjectContent) -> str:
    try:
        return Transfer.model_validate_json(content.body).origin
    except ValidationError:
        return "unknown"
