"""Reads what an audit looks at of the documents that are kept of a model."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from pydantic import ValidationError

from steward.concurrency import prefetch_map
from steward.errors import ObjectChanged, ObjectMissing
from steward.events import ObjectRef
from steward.governance.card import CARD_TEMPLATE
from steward.governance.document_history import DocumentHistory, DocumentRevision
from steward.governance.documents_evidence import DocumentsEvidence
from steward.releasing.routing import Routing
from steward.store import keys
from steward.store.bucket import Bucket

_WRITTEN_WITHIN = timedelta(hours=1)
"""A document follows a declaration within minutes; an audit between them says nothing."""
_TECHNICAL = "technical-file/"
_OF_A_VERSION = ("model-card", "data-card", "release-notes")


def read_documents(data: Bucket, model: str, routing: Routing, as_of: datetime) -> DocumentsEvidence:
    """The documents of the version in charge, and whether they are as new as what they were made of.

    Args:
        data: where they are.
        model: whose.
        routing: with the version in charge.
        as_of: the moment that the audit speaks for.
    """
    champion = routing.champion
    try:
        history = data.load_if_present(keys.document_history(model), DocumentHistory)
    except ValidationError as error:
        damaged = [f"{keys.document_history(model)} cannot be read: {error.error_count()} errors"]
        return DocumentsEvidence(kept=True, card_template=CARD_TEMPLATE, damaged=damaged)
    if champion is None or history is None or not history.documents:
        return DocumentsEvidence()
    found = {kind: history.newest(f"{kind}/{champion}") for kind in _OF_A_VERSION}
    card, data_card = found["model-card"], found["data-card"]
    files_of_frameworks = {name: history.newest(name) for name in history.documents if name.startswith(_TECHNICAL)}
    revisions = {kind: revision for kind, revision in (found | files_of_frameworks).items() if revision}
    files = tuple(stored for revision in revisions.values() for stored in revision.files)
    return DocumentsEvidence(
        kept=True,
        card_template=card.template if card else None,
        current_template=CARD_TEMPLATE,
        data_card=data_card.files[0] if data_card else None,
        stale=list(_stale(data, routing, revisions, as_of)),
        damaged=list(_damaged(data, revisions)),
        files=files,
    )


def _stale(data: Bucket, routing: Routing, revisions: dict[str, DocumentRevision], as_of: datetime) -> Iterator[str]:
    model = routing.model
    growing = {kind for kind, revision in revisions.items() if revision.growing}
    named = {one.key for kind, revision in revisions.items() if kind not in growing for one in revision.sources}
    asked = [key for key in sorted(named) if keys.is_kept_document_source(key)]
    present = dict(zip(asked, prefetch_map(partial(_newest_version, data), asked), strict=True))
    newest = max(data.list(keys.spec_revisions(model)), key=lambda one: one.key)
    declared = newest.key if newest.modified + _WRITTEN_WITHIN < as_of else ""
    promotion = routing.promotion
    promoted = keys.version(model, promotion.version, "manifest.json") if promotion else ""
    if promotion and promotion.promoted_at + _WRITTEN_WITHIN >= as_of:
        promoted = ""
    for kind, revision in revisions.items():
        known = {one.key for one in revision.sources}
        if declared and (kind in growing or kind == "model-card") and declared not in known:
            yield f"{kind} {revision.revision} does not know the declaration {declared}"
        if promoted and kind in growing and promoted not in known:
            yield f"{kind} {revision.revision} is of another version than that in charge"
    for kind, revision in revisions.items():
        if kind in growing:
            continue
        for source in revision.sources:
            if present.get(source.key, "") not in {"", source.version_id}:
                yield f"{kind} {revision.revision} was made of another version of {source.key}"


def _damaged(data: Bucket, revisions: dict[str, DocumentRevision]) -> Iterator[str]:
    files = [stored for revision in revisions.values() for stored in revision.files]
    yield from filter(None, prefetch_map(partial(_damage, data), files))


def _newest_version(data: Bucket, key: str) -> str:
    """The version id of a source; empty where it is gone, which other invariants tell of."""
    try:
        return data.newest_version(key)
    except ObjectMissing:
        return ""


def _damage(data: Bucket, stored: ObjectRef) -> str:
    """What is wrong with a file; empty where it is as it was written. One request, but for those that were changed."""
    found = data.find(stored.key)
    if found and found.stored == stored:
        return ""
    try:
        data.get_verified(stored)
    except (ObjectMissing, ObjectChanged) as error:
        return str(error)
    return f"{stored.key} was overwritten" if found else f"{stored.key} was deleted"
