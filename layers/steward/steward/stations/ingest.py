"""An uploaded file becomes records and profiles; what cannot be used is quarantined with reasons, or refused whole."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import cast

from steward.errors import BatchInvalid, UnknownModel
from steward.events import BatchIngested, BatchRejected, Event, Kind, ObjectCreated
from steward.records.judge import Judged, judge_file
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.stations import registry
from steward.stations.admission import admit
from steward.stations.records import store
from steward.store import keys
from steward.store.keys import InboxKey

KINDS = ("predictions", "labels", "reference")
_WINDOWS_AN_EVENT = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """One object version in the inbox, and the batch that it is.

    Attributes:
        batch: begins with the upload time, so that batches sort by it; the rest follows from bucket, key and version.
    """

    place: InboxKey
    created: ObjectCreated
    uploaded: datetime
    batch: str


def ingest_records(runtime: Runtime, created: ObjectCreated) -> Iterator[Event]:
    """Take in one upload. Taking it in again writes the same bytes and tells of the same events."""
    place = InboxKey.parse(created.key)
    if place is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        uploaded = runtime.data.download(created.key, created.version_id, path)
        upload = Upload(place=place, created=created, uploaded=uploaded, batch=_batch(created, uploaded))
        try:
            spec, _ = registry.current_spec(runtime.data, place.model)
            judged = judge_file(path, place.name, spec, _kind(place), now=uploaded)
        except BatchInvalid as error:
            yield _rejected(runtime, upload, error.code, str(error))
            return
        except UnknownModel as error:
            yield _rejected(runtime, upload, "unknown_model", str(error))
            return
    yield from _admitted(runtime, spec, upload, judged)
