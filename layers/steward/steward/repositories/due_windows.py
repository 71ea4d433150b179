"""Selects the windows that a scheduled check must evaluate, and those that filled up late."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain

from steward.events import BatchIngested
from steward.evidence.history import History
from steward.repositories import lookback, models
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

LOOKBACK = timedelta(days=35)
"""Windows of the last weeks that were never checked are looked for this far back."""


def due_windows(runtime: Runtime, spec: ModelSpec, as_of: datetime) -> Iterator[tuple[Window, str]]:
    """Select the recently closed windows whose check is missing or out of date, then those without any record.

    A check of a version stands when it was told and recorded, and nothing that it rests on was written since the first
    check of its window. Some listings and one read a window say so, where a check would read the window's profiles.
    """
    near = lookback.lookback(spec)
    newest = Window.containing(as_of - near, spec.window.length).id
    oldest = Window.containing(as_of - max(near, LOOKBACK), spec.window.length).id
    prefix = keys.checks(spec.model)
    checked = set(runtime.data.list_prefixes(prefix, start_after=prefix + oldest))
    first = _first_checks(runtime, spec, newest)
    recorded: dict[str, list[str]] = {}
    for version in runtime.data.list_prefixes(keys.profiles(spec.model)):
        prefix = keys.profiles(spec.model, version)
        recorded[version] = list(runtime.data.list_prefixes(prefix, start_after=prefix + oldest))
        settled = _up_to_date(runtime, spec, version, newest, first)
        for window in recorded[version]:
            if (window >= newest and window not in settled) or window not in checked:
                yield Window.parse(window), version
    yield from _silent_windows(runtime.data, spec, as_of, recorded)


def _silent_windows(
    data: Bucket, spec: ModelSpec, as_of: datetime, recorded: Mapping[str, list[str]]
) -> Iterator[tuple[Window, str]]:
    """The windows that closed lately without any record, of a champion that had some in earlier weeks."""
    champion = models.routing(data, spec.model).champion
    length = spec.window.length
    oldest = Window.containing(as_of - LOOKBACK, length).id
    known = {window for window in recorded.get(champion or "", ()) if window >= oldest}
    if champion is None or spec.monitors.no_data is None or not known:
        return
    window = max(Window.parse(min(known)), Window.containing(as_of - lookback.lookback(spec), length))
    while window.end + spec.window.allowed_lateness <= as_of:
        if window.id not in known:
            yield window, champion
        window = Window(window.end, length)


def _first_checks(runtime: Runtime, spec: ModelSpec, newest: str) -> dict[str, datetime]:
    """When each of the newest windows was checked first."""
    prefix = keys.checks(spec.model)
    first: dict[str, datetime] = {}
    for listed in runtime.data.list(prefix, start_after=prefix + newest):
        window = str(keys.window_of(listed.key))
        first[window] = min(first.get(window, listed.modified), listed.modified)
    return first


def _up_to_date(runtime: Runtime, spec: ModelSpec, version: str, newest: str, first: dict[str, datetime]) -> set[str]:
    """The newest windows of a version whose checks are remembered, and older than nothing that they rest on.

    A check is remembered once it was told and recorded.
    """
    data, model = runtime.data, spec.model
    history = data.find(keys.history(model, version)) if first else None
    if history is None:
        return set()
    revision = models.newest_revision(data, model)
    if revision is None:
        return set()
    declared = data.get(revision[1].key).modified
    remembered = History.model_validate_json(history.body).windows
    changed: dict[str, datetime] = {}
    places = (
        keys.profiles(model, version),
        keys.window_outcomes(model, version),
        keys.attributed_windows(model, version),
    )
    for listed in chain.from_iterable(data.list(place, start_after=place + newest) for place in places):
        window = str(keys.window_of(listed.key))
        changed[window] = max(changed.get(window, listed.modified), listed.modified)
    return {
        window
        for window, at in first.items()
        if window in remembered and max(declared, changed.get(window, declared)) < at
    }


def filled_windows(data: Bucket, ingested: BatchIngested) -> Iterator[tuple[Window, str]]:
    """Earlier windows whose rows could not be judged before a record of a later window came."""
    if ingested.kind != "predictions" or not ingested.windows:
        return
    for version in ingested.versions:
        history = data.find(keys.history(ingested.model, version))
        known = History.model_validate_json(history.body).windows if history else {}
        yield from (
            (Window.parse(name), version)
            for name, past in sorted(known.items())
            if past.filling and name < max(ingested.windows) and name not in ingested.windows
        )
