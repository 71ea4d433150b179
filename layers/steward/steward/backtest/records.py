"""The labelled rows that a replay goes through."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pandas as pd

from steward.backtest.circumstances import Circumstances
from steward.errors import StewardError
from steward.retraining.profile_inputs import in_windows
from steward.spec.model import ModelSpec
from steward.spec.windows import Window


class ReplayImpossible(StewardError):
    """There is nothing to replay; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class ReplayRecords:
    """Labelled rows in order of time.

    Attributes:
        rows: as training takes them: one row an ID, with its label.
        reference_until: rows before this moment are the reference, from which the first version is made.
        label_delay: how long after the end of a window its labels are known.
        circumstances: what held promotions and runs back; nothing where the records are files.
    """

    rows: pd.DataFrame
    reference_until: datetime
    label_delay: timedelta
    circumstances: Circumstances = field(default_factory=Circumstances)

    def reference(self, spec: ModelSpec) -> pd.DataFrame:
        """The rows that the first version is made of."""
        return self.rows[self.rows[spec.columns.time] < pd.Timestamp(self.reference_until)]

    def windows(self, spec: ModelSpec) -> Iterator[tuple[Window, pd.DataFrame]]:
        """The windows after the reference that have rows, in order of time."""
        later = self.rows[self.rows[spec.columns.time] >= pd.Timestamp(self.reference_until)]
        yield from in_windows(later, spec).items()

    def known_at(self, spec: ModelSpec, moment: datetime) -> pd.DataFrame:
        """The rows whose labels are known at a moment: the reference, and windows that ended long enough before it."""
        last = Window.containing(moment - self.label_delay, spec.window.length).start
        until = max(last, self.reference_until)
        return self.rows[self.rows[spec.columns.time] < pd.Timestamp(until)]

    def until(self, spec: ModelSpec, moment: datetime | None) -> "ReplayRecords":
        """The same without the rows from a moment on."""
        if moment is None:
            return self
        return replace(self, rows=self.rows[self.rows[spec.columns.time] < pd.Timestamp(moment)])


def check_counted(spec: ModelSpec, records: ReplayRecords, since: datetime | None) -> None:
    """Refuse a date from which on no window counts.

    Raises:
        ReplayImpossible: no window with labelled rows begins at it or later.
    """
    newest = max((window.start for window, _ in records.windows(spec)), default=None)
    if since is not None and newest is not None and newest < since:
        raise ReplayImpossible(
            f"no window with labelled rows begins at {since:%Y-%m-%d %H:%M} or later: the newest one begins "
            f"at {newest:%Y-%m-%d %H:%M}; give --from an earlier date, or --to a later one"
        )


def check_trainable(spec: ModelSpec) -> None:
    """Refuse a model that nothing can be rehearsed of.

    Raises:
        ReplayImpossible: it is trained elsewhere.
    """
    if spec.retraining.recipe is None:
        raise ReplayImpossible(
            f"{spec.model} is trained elsewhere: its declaration has no retraining.recipe, so nothing can be trained "
            "again; add a recipe to the declaration"
        )


def check_records(spec: ModelSpec, records: ReplayRecords) -> None:
    """Refuse what cannot be replayed.

    Raises:
        ReplayImpossible: the model is trained elsewhere, or there are no rows before or after the reference's end.
    """
    check_trainable(spec)
    if records.reference(spec).empty:
        raise ReplayImpossible(f"there are no labelled reference rows before {records.reference_until:%Y-%m-%d %H:%M}")
    if not any(True for _ in records.windows(spec)):
        raise ReplayImpossible(
            f"there are no labelled rows after the reference, which ends at {records.reference_until:%Y-%m-%d %H:%M}; "
            "give predictions with their labels"
        )
