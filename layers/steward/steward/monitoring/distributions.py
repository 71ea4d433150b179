"""Distributions of drifted columns in few bars, for display."""

from collections.abc import Iterator, Mapping, Sequence

from steward.baselines.baseline import Baseline
from steward.monitoring.check import Bar, Distribution
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, NumericSummary, Summary, histogram
from steward.results import MetricResult
from steward.spec.monitors import MonitorName

MOST_COLUMNS = 12
MOST_BARS = 10
_THOUSAND, _LONG = 1e3, 1e7
_OF_COLUMNS: frozenset[MonitorName] = frozenset(("feature_drift", "score_drift", "missing_values", "unseen_categories"))


def drifted_distributions(baseline: Baseline, profile: Profile, results: Sequence[MetricResult]) -> list[Distribution]:
    """The distributions of the columns that a check found to drift, the largest effect first."""
    drifted = sorted(
        (result for result in results if result.monitor in _OF_COLUMNS and result.status == "drift"),
        key=lambda result: -abs(result.effect or 0),
    )
    columns = dict.fromkeys(result.column for result in drifted if result.segment is None and result.column)
    bins = {**baseline.bins.features, **baseline.bins.outputs}
    before: Mapping[str, Summary] = {**baseline.reference.features, **baseline.reference.outputs}
    after: Mapping[str, Summary] = {**profile.features, **profile.outputs}
    return [
        Distribution(column=name, bars=list(_bars(bins[name], before[name], after[name])))
        for name in list(columns)[:MOST_COLUMNS]
        if name in bins and name in after and before[name].rows and after[name].rows
    ]


def _bars(bins: ColumnBins, before: Summary, after: Summary) -> Iterator[Bar]:
    there, here = ([count / side.rows for count in histogram(side)] for side in (before, after))
    if isinstance(bins, NumericBins):
        yield from _intervals(bins, there, here)
    else:
        yield from _categories(bins, there, here)
    empty = Bar(label="empty", baseline=_unusable(before), window=_unusable(after))
    if empty.baseline or empty.window:
        yield empty


def _intervals(bins: NumericBins, there: Sequence[float], here: Sequence[float]) -> Iterator[Bar]:
    """Neighbouring bins joined until they hold a tenth of both sides together; a value that does so stands alone."""
    masses = [(before + after) / 2 for before, after in zip(there, here, strict=True)]
    alone = {at for at in bins.atom_places.tolist() if masses[at] >= 1 / MOST_BARS}
    first, held = 0, 0.0
    for at, mass in enumerate(masses):
        held += mass
        if held >= 1 / MOST_BARS or at in alone or at + 1 in alone or at == len(masses) - 1:
            if held:
                joined = slice(first, at + 1)
                label = _interval(bins, first, at)
                yield Bar(label=label, baseline=sum(there[joined]), window=sum(here[joined]))
            first, held = at + 1, 0.0


def _interval(bins: NumericBins, first: int, last: int) -> str:
    if first == last and first in bins.atom_places:
        return _short(bins.atoms[int(bins.atom_places.searchsorted(first))])
    if not bins.edges:
        return "any"
    if first == 0:
        return "any" if last == len(bins.edges) else f"below {_short(bins.edges[last])}"
    if last == len(bins.edges):
        return f"{_short(bins.edges[first - 1])} and more"
    return f"{_short(bins.edges[first - 1])} to {_short(bins.edges[last])}"


def _short(edge: float) -> str:
    return f"{edge:,.0f}" if _THOUSAND <= abs(edge) < _LONG else f"{edge:.3g}"


def _categories(bins: CategoricalBins, there: Sequence[float], here: Sequence[float]) -> Iterator[Bar]:
    """The most frequent categories on either side, then all others, then those that the baseline does not know."""
    known = sorted(range(len(bins.categories)), key=lambda at: (-max(there[at], here[at]), at))
    for at in known[:MOST_BARS]:
        yield Bar(label=str(bins.categories[at]), baseline=there[at], window=here[at])
    if rest := known[MOST_BARS:]:
        yield Bar(
            label=f"{len(rest)} others", baseline=sum(there[at] for at in rest), window=sum(here[at] for at in rest)
        )
    if there[-1] or here[-1]:
        yield Bar(label="not known before", baseline=there[-1], window=here[-1])


def _unusable(side: NumericSummary | CategoricalSummary) -> float:
    return side.unusable / side.rows
