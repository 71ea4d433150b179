"""Key figures of earlier windows of a version."""

from typing import Literal, Self

from pydantic import ConfigDict, Field

from steward.documents import TolerantModel, VersionedModel
from steward.evidence.label_matches import PastMatches
from steward.spec.monitors import StoredMetric
from steward.spec.windows import Window

KEPT = 500
"""Windows that are remembered, the newest ones."""

VOLUMES_KEPT = 1400
"""Windows whose rows and labels are counted: eight weeks of hourly ones, and a little more; labels may take weeks."""

LATE = 200
"""The newest windows, by which estimates and signals are judged: what held years ago need not hold now."""


class PastWindow(TolerantModel):
    """One checked window.

    Attributes:
        window: its id.
        rows, labelled_rows: how many it had when it was last checked.
        realised: performance metrics, once labels have come.
        estimated: the same by estimate, which no label of the window went into.
        bounds: the interval of each estimate.
        effects: the effect of every column's drift, and of the joint statistics, by name.
        columns: what was odd about the columns of its files, each with the share of the files; None where unknown.
        matches: how many of its labels found a prediction; None before any label.
        filling: whether its rows could not be judged, since it may not have ended.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    window: str
    rows: int
    labelled_rows: int
    realised: dict[StoredMetric, float] = Field(default_factory=dict)
    estimated: dict[StoredMetric, float] = Field(default_factory=dict)
    bounds: dict[StoredMetric, tuple[float, float]] = Field(default_factory=dict)
    effects: dict[str, float] = Field(default_factory=dict)
    columns: dict[str, float] | None = None
    matches: PastMatches | None = None
    filling: bool = False


class History(VersionedModel):
    """The checked windows of one version (compare-and-swap).

    Attributes:
        windows: by id. A window that is checked again replaces its figures; told again it changes nothing.
        volumes: rows of each window, by its number, counted from `ORIGIN`; of more windows than `windows` has.
        labelled: rows of each window that have a label, likewise.
        waiting: what is remembered of labels of windows in which some wait for their predictions, likewise.
    """

    schema_version: Literal[1] = 1
    windows: dict[str, PastWindow] = Field(default_factory=dict)
    volumes: dict[int, int] = Field(default_factory=dict)
    labelled: dict[int, int] = Field(default_factory=dict)
    waiting: dict[int, PastMatches] = Field(default_factory=dict)

    def with_window(self, past: PastWindow) -> Self:
        """The history with one more window; an estimate that was made before labels came is kept."""
        known = self.windows.get(past.window)
        if known and known.estimated and not past.estimated:
            past = past.model_copy(update={"estimated": known.estimated, "bounds": known.bounds})
        windows = self.windows | {past.window: past}
        newest = sorted(windows)[-KEPT:]
        number = Window.parse(past.window).number
        waiting = {at: matches for at, matches in self.waiting.items() if at != number}
        if past.matches and past.matches.waiting:
            waiting[number] = past.matches
        return self.model_copy(
            update={
                "windows": {window: windows[window] for window in newest},
                "volumes": _newest(self.volumes | {number: past.rows}),
                "labelled": _newest(self.labelled | {number: past.labelled_rows}),
                "waiting": _newest(waiting),
            }
        )

    def before(self, window: Window) -> tuple[PastWindow, ...]:
        """The windows that ended by the time this one began, the oldest first."""
        return tuple(past for name, past in sorted(self.windows.items()) if Window.parse(name).end <= window.start)


def _newest[Counted](counts: dict[int, Counted]) -> dict[int, Counted]:
    return {number: counts[number] for number in sorted(counts)[-VOLUMES_KEPT:]}
