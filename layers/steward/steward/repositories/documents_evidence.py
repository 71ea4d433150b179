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
from steward.store import keys
from steward.store.bucket import Bucket

_WRITTEN_WITHIN = timedelta(hours=1)
"""A document follows a declaration within minutes; an audit between them says nothing."""
_OF_A_VERSION = ("model-card", "data-card", "release-notes")


def read_documents(data: Bucket, model: str, champion: str | None, as_of: datetime) -> DocumentsEvidence:
    """The documents of the version in charge, and whether they are as new as what they were made of.

    Args:
        data: where they are.
        model: whose.
        champion: the version in charge; None where none is.
        as_of: the moment that the audit speaks for.
    """
    try:
        history = data.load_if_present(keys.document_history(model), DocumentHistory)
    except ValidationError as error:
        damaged = [f"{keys.document_history(model)} cannot be read: {error.error_count()} errors"]
        return DocumentsEvidence(kept=True, card_template=CARD_TEMPLATE, damaged=damaged)
    if champion is None or history is None or not history.documents:
        return DocumentsEvidence()
    found = {kind: history.newest(f"{kind}/{champion}") for kind in _OF_A_VERSION}
    card, data_card = found["model-card"], found["data-card"]
    revisions = {kind: revision for kind, revision in found.items() if revision}
    files = tuple(stored for revision in revisions.values() for stored in revision.files)
    return DocumentsEvidence(
        kept=True,
        card_template=card.template if card else None,
        current_template=CARD_TEMPLATE,
        data_card=data_card.files[0] if data_card else None,
        stale=list(_stale(data, model, revisions, as_of)),
        damaged=list(_damaged(data, revisions)),
        files=files,
    )


def _stale(data: Bucket, model: str, revisions: dict[str, DocumentRevision], as_of: datetime) -> Iterator[str]:
    named = {source.key for revision in revisions.values() for source in revision.sources}
    asked = [key for key in sorted(named) if keys.is_kept_document_source(key)]
    present = dict(zip(asked, prefetch_map(partial(_newest_version, data), asked), strict=True))
    newest = max(data.list(keys.spec_revisions(model)), key=lambda one: one.key)
    card = revisions.get("model-card")
    if card and newest.key not in {one.key for one in card.sources} and newest.modified + _WRITTEN_WITHIN < as_of:
        yield f"model-card {card.revision} does not know the declaration {newest.key}"
    for kind, revision in revisions.items():
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
