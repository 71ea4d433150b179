"""Reads what an audit looks at of personal data in the uploads of a model."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from pydantic import ValidationError

from steward.governance.personal_data_evidence import FoundColumn, PersonalDataEvidence
from steward.privacy.scan_state import PersonalDataState
from steward.store import keys
from steward.store.bucket import Bucket

_WITHIN = timedelta(hours=1)
"""Records are stored within minutes of the scan of their file."""
_SCANNED = ("labels", "predictions", "reference", "telemetry")
_LISTED = 1000
"""Keys of one kind that are looked at: a page of a listing."""


def read_personal_data(data: Bucket, model: str) -> PersonalDataEvidence:
    """Read it: one document, and a page of records of each kind that no scan is noted of."""
    content = data.find(keys.personal_data(model))
    if content is None:
        return PersonalDataEvidence()
    try:
        state = PersonalDataState.model_validate_json(content.body)
    except ValidationError as error:
        problem = f"{content.stored.key} cannot be read: {error.error_count()} errors"
        return PersonalDataEvidence(stored=content.stored, problem=problem)
    return PersonalDataEvidence(
        scanned={files: scan.uploaded for files, scan in state.scans.items()},
        unscanned=tuple(_unscanned(data, model, state)),
        found=tuple(FoundColumn(one.files, one.finding.column, one.finding.kind, one.found) for one in state.known),
        stored=content.stored,
    )


def _unscanned(data: Bucket, model: str, state: PersonalDataState) -> Iterator[str]:
    """The kinds of which records were stored since files are scanned, and of which no scan is noted."""
    if state.since is None:
        return
    for kind in _SCANNED:
        if kind not in state.scans and _has_records(data, keys.partitions(kind, model), state.since + _WITHIN):
            yield kind


def _has_records(data: Bucket, folder: str, since: datetime) -> bool:
    return any(one.modified > since for one in islice(data.list(folder), _LISTED))
