"""Finds the window of stored rows by their ids."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from steward.corrections.rebuild_profiles import StoredLayer, stored_layers
from steward.ingestion.spool import UNTIMED, window_numbers
from steward.records.valid_records import Records
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window
from steward.store import keys
from steward.store.bucket import Bucket


@dataclass
class WindowLookup:
    """Finds rows of one kind; windows that have some are remembered, with what is stored of them.

    Attributes:
        data: where.
        spec: the declaration.
        kind: what the rows are.
        folder: an empty one.
    """

    data: Bucket
    spec: ModelSpec
    kind: str
    folder: Path
    _layers: dict[Window, list[StoredLayer]] = field(default_factory=dict)

    def of(self, records: Records, likely: Sequence[Window]) -> list[Window | None]:
        """The window of each row; None where no row with its id is stored there.

        A label may be stored twice: in the window of the time that it gave, and in that of its prediction, where it was
        placed; then the latter is meant.

        Args:
            records: a row with a time is looked for in the window of that time alone, but for labels: their times are
                hints, and say where to look first.
            likely: where rows without a time are looked for first; then all windows are, the newest first.
        """
        found: list[Window | None] = [None] * records.rows
        names = records.ids.tolist()
        labels = self.kind == "labels"
        if labels and self.data.exists(keys.untimed_labels(self.spec.model)):
            missing = {name: place for place, name in enumerate(names)}
            self._look(missing, self._all(likely), found, placed=True)
        length, numbers = self.spec.window.length, window_numbers(records, self.spec)
        for number in np.unique(numbers).tolist():
            at = np.flatnonzero(numbers == number).tolist()
            missing = {names[place]: place for place in at if found[place] is None}
            first = [] if number == UNTIMED else [Window(ORIGIN + number * length, length)]
            self._look(missing, chain(first, self._all(likely) if labels or not first else ()), found)
        return found

    def _look(
        self,
        missing: dict[str, int],
        windows: Iterable[Window],
        found: list[Window | None],
        *,
        placed: bool = False,
    ) -> None:
        """Note the window of each of some rows, the first that has it; `placed` looks at placed labels alone."""
        for window in windows:
            if not missing:
                break
            here = missing.keys() & self._ids(window, placed=placed)
            for name in here:
                found[missing.pop(name)] = window
            if here:
                self._layers[window] = self.layers(window)

    def layers(self, window: Window) -> list[StoredLayer]:
        """What is stored of a window."""
        if window in self._layers:
            return self._layers[window]
        folder = self.folder / window.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return stored_layers(self.data, self.spec, self.kind, window, folder)

    def versions(self, window: Window) -> dict[str, str | None]:
        """The version of each row of a window, as its newest correction has it."""
        return {
            name: version
            for layer in self.layers(window)
            for name, version in zip(layer.ids.tolist(), layer.versions.tolist(), strict=True)
        }

    def _ids(self, window: Window, *, placed: bool) -> set[str]:
        layers = [layer for layer in self.layers(window) if not placed or keys.is_relocated(layer.batch)]
        ids = {name for layer in layers for name in layer.ids.tolist()}
        if window not in self._layers:
            shutil.rmtree(self.folder / window.id, ignore_errors=True)  # read again where a row is found: rarely
        return ids

    def _all(self, likely: Sequence[Window]) -> Iterator[Window]:
        yield from likely
        listing = self.data.list(keys.partitions(self.kind, self.spec.model))
        starts = {keys.window_start(listed.key) for listed in listing}
        for start in sorted(starts, reverse=True):
            window = Window.containing(start, self.spec.window.length)
            if window not in likely:
                yield window
