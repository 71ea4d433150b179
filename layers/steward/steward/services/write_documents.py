"""Writes the documents of a model when what they are made of has changed, and keeps every revision."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from steward.documentation.monthly_report import MONTHLY_TEMPLATE, SHOWN_ACTIONS, monthly_report
from steward.documentation.release_notes import NOTES_TEMPLATE, ReleasedVersion, release_notes
from steward.errors import RemovedModel, UnknownModel
from steward.events import AuditCompleted, Event, ModelRegistered, ObjectRef, ReleaseChanged, ReportRequested
from steward.governance.card import CARD_TEMPLATE, ModelCard
from steward.governance.card_sections import card_document
from steward.governance.croissant import CROISSANT_TEMPLATE, croissant
from steward.governance.document_history import DocumentHistory, DocumentRevision, revision_id
from steward.governance.frameworks.technical_file import FILE_TEMPLATE, FRAMEWORKS, technical_file
from steward.ledger import Action, LedgerEntry
from steward.markup.document import TextDocument
from steward.markup.html import to_html
from steward.markup.markdown import to_markdown
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.repositories.month_evidence import MonthEvidence, month_facts
from steward.repositories.released_versions import StoredVersion, read_version
from steward.repositories.technical_evidence import TechnicalEvidence, gather_technical_evidence
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.ledger import Ledger

_ENTRIES_AT_ONCE = 2000
"""Half a minute; what is left over the next call follows."""
_RELEASES: tuple[Action, ...] = (
    "validation_completed",
    "champion_promoted",
    "champion_rolled_back",
    "version_refused",
    "promotion_held",
    "release_changed",
    "emergency_override",
    "override_reviewed",
)
"""The actions whose entries release notes tell of."""
_TYPES = {"md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8", "json": "application/json"}

type Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as it should be now.

    Attributes:
        name: as `DocumentHistory` has it.
        write: makes its files, by their ending.
        content: what the revision follows from, where that is not the sources.
        as_of: the moment that it speaks for, where that is not the event's.
    """

    name: str
    template: int
    sources: tuple[ObjectRef, ...]
    write: Callable[[], Files]
    content: str = ""
    as_of: datetime | None = None

    @property
    def revision(self) -> str:
        """The id of the revision that it would be."""
        return revision_id(self.name, self.template, self.sources, self.content)


def write_documents(runtime: Runtime, cause: Event) -> None:
    """Write each document that is not there, or of which template or sources have changed; asked again, nothing.

    After a declaration, a release, an audit or a request for a report: between them nothing changes that documents are
    made of, but for the months, which wait for the next audit.
    """
    if not isinstance(cause, ModelRegistered | ReleaseChanged | AuditCompleted | ReportRequested):
        return
    try:
        drafts = list(_drafts(runtime, cause))
    except (UnknownModel, RemovedModel):
        return
    history = runtime.data.load(keys.document_history(cause.model), DocumentHistory)
    for draft in drafts:
        newest = history.newest(draft.name)
        if newest is None or newest.revision != draft.revision:
            _store(runtime, cause, draft)


def _drafts(runtime: Runtime, cause: Event) -> Iterator[Draft]:
    data, model = runtime.data, cause.model
    spec, declared = models.current_spec(data, model)
    history = _follow_ledger(runtime, model)
    routing = models.routing(data, model)
    asked = [routing.champion, cause.version if isinstance(cause, ReleaseChanged) else None]
    for version in dict.fromkeys(filter(None, asked)):
        stored = read_version(data, model, version)
        if stored is None:
            continue
        yield _card(stored, spec, declared)
        yield _data_card(stored)
        if version == routing.champion:
            yield _notes(runtime.ledger, stored, _version_before(runtime, routing))
    if routing.champion and not isinstance(cause, ReleaseChanged):  # which an audit follows
        yield from _technical_files(runtime, history, declared, routing, cause)
    for month in history.months_due:
        yield _month(month_facts(data, model, month, history))


def _card(stored: StoredVersion, spec: ModelSpec, declared: ObjectRef) -> Draft:
    sources = tuple(dict.fromkeys((*stored.sources, declared)))

    def write() -> Files:
        card = ModelCard.of(stored.spec, stored.manifest, stored.evaluation, texts=spec, sources=sources)
        return {**_both(card_document(card)), "json": card.model_dump_json(indent=1).encode()}

    return Draft(f"model-card/{stored.manifest.version}", CARD_TEMPLATE, sources, write)


def _data_card(stored: StoredVersion) -> Draft:
    reference = stored.manifest.dataset
    return Draft(
        f"data-card/{stored.manifest.version}",
        CROISSANT_TEMPLATE,
        (reference,),
        lambda: {"croissant.json": croissant(stored.dataset, reference)},
    )


def _notes(ledger: Ledger, after: StoredVersion, before: StoredVersion | None) -> Draft:
    version = after.manifest.version
    decisions = list(_decisions(ledger, after.manifest.model, version))
    sources = (*(before.sources if before else ()), *after.sources, *(stored for _, stored in decisions))

    def write() -> Files:
        entries = [entry for entry, _ in decisions]
        return _both(release_notes(_as_released(before) if before else None, _as_released(after), entries, sources))

    return Draft(f"release-notes/{version}", NOTES_TEMPLATE, tuple(dict.fromkeys(sources)), write)


def _as_released(one: StoredVersion) -> ReleasedVersion:
    return ReleasedVersion(one.spec, one.manifest, one.evaluation, one.dataset)


def _decisions(ledger: Ledger, model: str, version: str) -> Iterator[tuple[LedgerEntry, ObjectRef]]:
    """The entries on a version's release, in their order."""
    places = sorted(
        entry.sequence for action in _RELEASES for entry in ledger.of_action(model, action) if entry.subject == version
    )
    for place in places:
        yield from islice(ledger.following(model, place - 1), 1)


def _version_before(runtime: Runtime, routing: Routing) -> StoredVersion | None:
    """The version that was in charge before the champion."""
    earlier = [one.version for one in routing.promotions if one.version != routing.champion]
    return read_version(runtime.data, routing.model, earlier[-1]) if earlier else None


def _technical_files(
    runtime: Runtime, history: DocumentHistory, declared: ObjectRef, routing: Routing, cause: Event
) -> Iterator[Draft]:
    """The technical file of each framework, anew for each champion and declaration, and each month that goes by.

    What it names grows all the time, so that a revision for each state of it would be one a day. Releases of a replay
    speak for moments before those of audits: months only go forward.
    """
    gathered: TechnicalEvidence | None = None
    for framework in FRAMEWORKS.values():
        name, newest = f"technical-file/{framework.name}", history.newest(f"technical-file/{framework.name}")
        as_of = max(cause.as_of, newest.as_of) if newest else cause.as_of
        basis = f"{len(routing.promotions)} {routing.champion} {declared.sha256} {as_of:%Y-%m}"
        if newest and newest.revision == revision_id(name, FILE_TEMPLATE, (), basis):
            continue
        gathered = gathered or gather_technical_evidence(runtime.data, runtime.ledger, cause.model)
        found = gathered
        document = technical_file(framework, cause.model, found.version, found.as_of, found.by_kind)
        used = {kind for requirement in framework.requirements for kind in requirement.answered_by}
        named = [ref for kind, one in found.by_kind.items() if kind in {*used, "champion"} for ref in one.references]
        sources = tuple(dict.fromkeys((declared, *named)))
        yield Draft(name, FILE_TEMPLATE, sources, partial(_both, document), basis, as_of)


def _month(month: MonthEvidence) -> Draft:
    return Draft(
        f"monthly/{month.facts.month}",
        MONTHLY_TEMPLATE,
        month.sources,
        lambda: _both(monthly_report(month.facts, month.sources)),
        content=month.facts.model_dump_json(),
    )


def _both(document: TextDocument) -> Files:
    return {"md": to_markdown(document).encode(), "html": to_html(document).encode()}


def _follow_ledger(runtime: Runtime, model: str) -> DocumentHistory:
    """Bring what the history knows of the ledger up to date."""

    def follow(present: DocumentHistory | None) -> DocumentHistory:
        history = present or DocumentHistory(model=model)
        for entry, stored in islice(runtime.ledger.following(model, history.sequence), _ENTRIES_AT_ONCE):
            history = history.following(entry, stored, shown=entry.action in SHOWN_ACTIONS)
        return history

    return runtime.data.update(keys.document_history(model), DocumentHistory, follow)


def _store(runtime: Runtime, cause: Event, draft: Draft) -> None:
    files = tuple(
        runtime.data.create_if_absent(
            keys.document(cause.model, draft.name, draft.revision, ending), body, _TYPES[ending.rpartition(".")[2]]
        )
        for ending, body in draft.write().items()
    )
    revision = DocumentRevision(
        revision=draft.revision,
        template=draft.template,
        as_of=draft.as_of or cause.as_of,
        sources=draft.sources,
        files=files,
        growing=bool(draft.content),
    )
    runtime.data.update(
        keys.document_history(cause.model),
        DocumentHistory,
        lambda present: (present or DocumentHistory(model=cause.model)).with_revision(draft.name, revision),
    )
