"""Scores the rows of a batch with the shadows of a release, and uploads what they say as records of kind `shadows`.

It begins when the records of answered rows were taken in, minutes after the answers, so that nothing a shadow does can
delay or change one. It needs no request: rows that an application logged elsewhere are scored too.
"""

import gzip
from collections.abc import Iterator
from typing import TYPE_CHECKING

from steward.errors import StewardError
from steward.events import BatchIngested, Event
from steward.releasing.traffic import Traffic
from steward.repositories import models
from steward.runtime import Runtime, logger
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

if TYPE_CHECKING:
    import pandas as pd

    from steward.serving.answers import ServedVersion

PREDICTIONS = "predictions"


class ShadowFailed(StewardError):
    """A shadow could not score a batch; the others did."""


def score_shadows(runtime: Runtime, ingested: BatchIngested) -> Iterator[Event]:
    """Upload the predictions of each shadow on the rows of a batch; again, the same bytes under the same keys.

    Raises:
        ShadowFailed: one of them could not score.
    """
    yield from ()
    routing = models.routing(runtime.data, ingested.model)
    if ingested.kind != PREDICTIONS or routing.traffic is None or not routing.traffic.shadows:
        return
    spec, _ = models.current_spec(runtime.data, ingested.model)
    from steward.repositories.served_versions import load_challenger  # noqa: PLC0415 - scikit-learn takes a second

    failed: list[str] = []
    for name in routing.traffic.shadows:
        try:
            version = load_challenger(runtime.data, routing, name)
            if version is not None:
                _score(runtime.data, spec, routing.traffic, version, ingested)
        except Exception as error:  # noqa: BLE001 - whatever one shadow does, the others score
            logger.error("shadow cannot score", model=spec.model, version=name, reason=type(error).__name__)
            failed.append(f"{name}: {type(error).__name__}: {error}")
    if failed:
        raise ShadowFailed(f"shadows of {spec.model} could not score batch {ingested.batch}: {'; '.join(failed)}")


def _score(data: Bucket, spec: ModelSpec, traffic: Traffic, version: "ServedVersion", ingested: BatchIngested) -> None:
    from steward.serving.shadow_records import encode_shadows  # noqa: PLC0415 - as above

    lines: list[bytes] = []
    for name in ingested.windows:
        rows = _rows(data, spec, traffic, Window.parse(name), ingested)
        if rows is not None and len(rows):
            lines += encode_shadows(spec, version, rows)
    if lines:
        key = keys.shadows(spec.model, version.version, f"{ingested.batch}-{ingested.windows[0]}")
        data.put(key, gzip.compress(b"".join(lines), compresslevel=5, mtime=0), "application/gzip")


def _rows(
    data: Bucket, spec: ModelSpec, traffic: Traffic, window: Window, ingested: BatchIngested
) -> "pd.DataFrame | None":
    """The rows of a batch in one window, of the time of the release; None where they were removed since."""
    from steward.records.stored import read_records  # noqa: PLC0415 - as above

    content = data.find(keys.records(PREDICTIONS, spec.model, window, ingested.batch))
    if content is None:
        return None
    rows = read_records(content.body, spec)
    return rows[rows[spec.columns.time] >= traffic.since].reset_index(drop=True)
