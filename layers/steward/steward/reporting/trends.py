"""Key figures of recent windows, across all champions."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ConfigDict, Field

from steward.alerting.alert_status import AlertStatus
from steward.documents import InputHidingModel
from steward.events import ObjectRef
from steward.reporting.reported_monitors import POINTS, Point, Trend
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName

_METRICS = 6
"""How many performance metrics are drawn."""

_DRIFT: tuple[MonitorName, ...] = ("feature_drift", "score_drift")
_OVER_LIMIT = "times its limit"
_NO_INTERVAL = (math.nan, math.nan)


class PastFigures(InputHidingModel):
    """What a report reads of a window in a version's history; see `evidence.history.PastWindow`.

    Read by names alone, since that module needs NumPy, which the function that renders does not have.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    window: str
    rows: int
    realised: dict[str, float] = Field(default_factory=dict)
    estimated: dict[str, float] = Field(default_factory=dict)
    bounds: dict[str, tuple[float, float]] = Field(default_factory=dict)


class PastWindows(InputHidingModel):
    """The checked windows of one version, as a report reads them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    windows: dict[str, PastFigures] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionHistory:
    """What is remembered of one version's windows, and where."""

    version: str
    windows: Mapping[str, PastFigures]
    stored: ObjectRef


def trends(
    spec: ModelSpec,
    histories: Sequence[VersionHistory],
    statuses: Mapping[MonitorName, AlertStatus],
    alerts: ObjectRef | None,
) -> list[Trend]:
    """Every trend that has two points at least.

    Args:
        spec: the declaration in force; its limits come first.
        histories: of the champion and the versions before it.
        statuses: of the champion's alerts, whose findings say which windows were bad.
        alerts: where they are.
    """
    placed = sorted(_by_window(histories).items())[-POINTS:]
    used = {history.version for _, (history, _) in placed}
    sources = [history.stored for history in histories if history.version in used]
    found = [_metric(name, placed, statuses, sources) for name in _metrics(spec, placed)]
    if alerts:
        found += [_exceedance(statuses[name], alerts) for name in _DRIFT if name in statuses]
    rows = [Point(window=window, version=history.version, value=past.rows) for window, (history, past) in placed]
    found.append(Trend(name="rows", unit="rows a window", points=rows, sources=sources))
    return [trend for trend in found if len(trend.points) > 1]


type _Placed = Sequence[tuple[str, tuple[VersionHistory, PastFigures]]]


def _by_window(histories: Sequence[VersionHistory]) -> dict[str, tuple[VersionHistory, PastFigures]]:
    """One version a window: the one that made most of its predictions, of those with as many the later."""
    placed: dict[str, tuple[VersionHistory, PastFigures]] = {}
    for history in sorted(histories, key=lambda one: one.version):
        for window, past in history.windows.items():
            if window not in placed or past.rows >= placed[window][1].rows:
                placed[window] = history, past
    return placed


def _metrics(spec: ModelSpec, placed: _Placed) -> list[str]:
    """The metrics that are drawn: what versions are judged by, those with a limit, then others that are known."""
    known = {name: None for _, (_, past) in placed for name in (*past.realised, *past.estimated)}
    wanted = dict.fromkeys([spec.judged_by, *spec.performance_monitors, *sorted(known)])
    return [name for name in wanted if name in known][:_METRICS]


def _metric(
    name: str, placed: _Placed, statuses: Mapping[MonitorName, AlertStatus], sources: Sequence[ObjectRef]
) -> Trend:
    status = statuses.get(name)  # type: ignore[call-overload]
    latest = status.latest.findings[name] if status and status.latest else None
    bad = {window: found.bad for window, found in status.trend} if status else {}
    champion = status.latest.version if status and status.latest else None
    points = list(_points(name, placed, bad, champion))
    return Trend(
        name=name,
        points=points,
        limit=_finite(latest.threshold) if latest else None,
        baseline=_finite(latest.baseline) if latest else None,
        sources=list(sources),
    )


def _points(name: str, placed: _Placed, bad: Mapping[str, bool], champion: str | None) -> Iterator[Point]:
    """What labels say of each window; of those without labels what was estimated."""
    for window, (history, past) in placed:
        estimated = name not in past.realised
        value = past.estimated.get(name) if estimated else past.realised[name]
        if value is None or not math.isfinite(value):
            continue
        low, high = past.bounds.get(name, _NO_INTERVAL) if estimated else _NO_INTERVAL
        judged = not estimated and history.version == champion
        yield Point(
            window=window,
            version=history.version,
            value=value,
            low=_finite(low),
            high=_finite(high),
            estimated=estimated,
            bad=bad.get(window) if judged else None,
        )


def _exceedance(status: AlertStatus, alerts: ObjectRef) -> Trend:
    """How far a monitor's strongest finding was from usual, its limit being 1."""
    points = [
        Point(window=window, version=status.snapshot.version, value=found.exceedance, bad=found.bad)
        for window, found in status.trend[-POINTS:]
        if found.exceedance is not None and math.isfinite(found.exceedance)
    ]
    return Trend(name=status.monitor, unit=_OVER_LIMIT, points=points, limit=1.0, baseline=0.0, sources=[alerts])


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
