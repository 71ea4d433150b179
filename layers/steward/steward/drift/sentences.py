"""What a person reads about drift."""

import math
from typing import Literal

from steward.drift.comparison import Change, comparable_categories, mean_shift
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.summaries import CategoricalSummary, NumericSummary

_VISIBLE_MOVE = 0.05
_NAMES_SHOWN = 3
_RAREST = 1e-9
_UNSEEN = "rare or unseen categories"


Unit = Literal["sd", "share"]
"""Of an effect: standard deviations of the baseline, or a share of the rows."""


def size(effect: float, unit: Unit, least: float) -> str:
    """An effect and its threshold in the column's own unit.

    >>> size(0.4, "sd", 0.05)
    'moved 0.40 sd, 0.05 matters'
    >>> size(0.05, "share", 0.02)
    'moved 5.0 points, 2.0 matters'
    """
    if unit == "sd":
        return f"moved {effect:.2f} sd, {least:.2f} matters"
    return f"moved {100 * effect:.1f} points, {100 * least:.1f} matters"


def move(window: NumericSummary, reference: NumericSummary, bins: NumericBins) -> str:
    """How a numeric column moved: `moved up by 0.4 standard deviations`."""
    change = mean_shift(reference, window, bins)
    if change is not None and abs(change) >= _VISIBLE_MOVE:
        return f"moved {'up' if change > 0 else 'down'} by {abs(change):.2g} standard deviations"
    if reference.constant(bins) and window.minimum == window.maximum:
        return f"went from always {reference.minimum:g} to always {window.minimum:g}"
    return "changed its distribution"


def grown(change: Change, place: str) -> str:
    """A share that grew: `has 0.9 % of its rows above 22.1 instead of 0.1 %`."""
    return f"has {change.before + change.effect:.2%} of rows {place} instead of {change.before:.2%}"


def tail(change: Change, bins: NumericBins) -> str:
    """Where a tail lies: `above 22.1`."""
    return f"{change.side} {bins.edges[change.bin]:.3g}"


def place(at: int, bins: NumericBins) -> str:
    """Where a bin lies: `at 0`, `between 1 and 2`."""
    if at in bins.atom_places:
        return f"at {bins.atoms[int(bins.atom_places.searchsorted(at))]:.3g}"
    if at in (0, len(bins.edges)):
        return f"below {bins.edges[0]:.3g}" if at == 0 else f"above {bins.edges[-1]:.3g}"
    return f"between {bins.edges[at - 1]:.3g} and {bins.edges[at]:.3g}"


def shift(window: CategoricalSummary, reference: CategoricalSummary, bins: CategoricalBins) -> str:
    """Which category's share changed most: `has 'B' in 30.0% of rows instead of 25.0%`."""
    there, here = (counts / counts.sum() for counts in comparable_categories(reference, window))
    most = int(abs(here - there).argmax())
    name = repr(bins.categories[most]) if most < len(bins.categories) else _UNSEEN
    return f"has {name} in {here[most]:.1%} of rows instead of {there[most]:.1%}"


def verdict(subject: str, words: tuple[str, str], figures: str, chance: str, *, real: bool, matters: bool) -> str:
    """The sentence of one column, whatever was decided.

    Args:
        subject: the column.
        words: how it moved, and what to add where it drifts.
        figures: sample size, effect and threshold.
        chance: how often chance alone does this.
        real: whether it is beyond chance.
        matters: whether the effect reaches the threshold.
    """
    moved, added = words
    if real and matters:
        return f"{subject} {moved} {figures}; {chance}{added}"
    if real:
        return f"{subject} {moved}, too little to matter {figures}"
    if matters:
        return f"{subject} {moved}, no more than chance allows {figures}"
    return f"{subject} is as in the baseline {figures}"


def figures(rows: int, change: str, moved: str, *, drifts: bool) -> str:
    """The sample size, and effect and threshold unless the words about a drift give its size already.

    >>> figures(6112, "moved 0.42 sd, 0.05 matters", "moved up by 0.4 standard deviations", drifts=True)
    '(n = 6,112)'
    >>> figures(6112, "moved 0.42 sd, 0.05 matters", "changed its distribution", drifts=True)
    '(n = 6,112; moved 0.42 sd, 0.05 matters)'
    """
    sized = any(part in moved for part in ("standard deviations", "% of rows"))
    return f"(n = {rows:,})" if drifts and sized else f"(n = {rows:,}; {change})"


def carried(importance: float | None) -> str:
    """What to add to the sentence of a feature that drifts: how much the model leans on it.

    >>> carried(0.11)
    "; it carries 11 % of the model's importance"
    """
    return f"; it carries {100 * importance:.0f} % of the model's importance" if importance else ""


def unseen(summary: CategoricalSummary) -> str:
    """The most frequent unseen categories by name."""
    names = sorted(summary.unseen_names, key=lambda name: (-summary.unseen_names[name], name))
    more = ", …" if len(names) > _NAMES_SHOWN else ""
    return f" ({', '.join(names[:_NAMES_SHOWN])}{more})" if names else ""


def chance_of(probability: float) -> str:
    """How often chance alone does this, over all tests of a window.

    >>> chance_of(1 / 40000)
    'chance alone does this once in 40,000 windows'
    """
    if probability < _RAREST:
        return "chance alone does this less than once in 1,000,000,000 windows"
    times = max(1.0, 1 / probability)
    unit = 10 ** max(0, math.floor(math.log10(times)) - 1)
    return f"chance alone does this once in {round(times / unit) * unit:,} windows"
