"""Messages about drift."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from steward.drift.categorical_comparison import comparable_categories
from steward.drift.comparison import ColumnChange, ColumnComparison
from steward.drift.standardised_shift import MARGIN
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.summaries import CategoricalSummary, NumericSummary
from steward.results import CHANCE

_ONE_WAY = 0.5
_FEW_ROWS = 4
_ABSURD = _MANY = 1000
_NO_SHARE = "no change of its shares would"
_NAMES_SHOWN = 3
_RAREST = 1e-9
_UNSEEN = "rare or unseen categories"


Unit = Literal["sd", "share"]
"""Of an effect: standard deviations of the baseline, or a share of the rows."""


@dataclass(frozen=True, slots=True)
class Size:
    """An effect beside its threshold.

    Attributes:
        effect: the size of the change.
        least: from which on it matters.
        unit: of both.
    """

    effect: float
    least: float
    unit: Unit

    @property
    def moved(self) -> str:
        """The effect in the column's own unit.

        >>> Size(0.4, 0.05, "sd").moved, Size(0.05, 0.02, "share").moved
        ('moved 0.40 sd', 'moved 5.0 points')
        """
        return f"moved {self.effect:.2f} sd" if self.unit == "sd" else f"moved {100 * self.effect:.1f} points"

    @property
    def matters(self) -> str:
        """The threshold.

        >>> Size(0.4, 0.05, "sd").matters, Size(0.05, 0.02, "share").matters
        ('0.05 sd matter', '2.0 points matter')
        """
        return f"{amount(self.least, self.unit)} matter"


def amount(effect: float, unit: Unit) -> str:
    """A change in the column's own unit: `0.05 sd`, `2.0 points`."""
    return f"{effect:.2f} sd" if unit == "sd" else f"{100 * effect:.1f} points"


def move(window: NumericSummary, reference: NumericSummary, bins: NumericBins, found: ColumnComparison) -> str:
    """How a numeric column moved, by the effect that decides: `moved up by 0.4 standard deviations`."""
    if reference.constant(bins):
        if window.minimum == window.maximum:
            return f"went from always {reference.minimum:g} to always {window.minimum:g}"
        return f"is no longer always {reference.minimum:g} in {found.effect / MARGIN:.1%} of rows"
    size = f"{'at least ' if found.capped else ''}{found.effect:.2g} standard deviations"
    if abs(found.direction) < _ONE_WAY:
        return f"changed its distribution by {size}"
    return f"moved {'up' if found.direction > 0 else 'down'} by {size}"


def few_rows(found: ColumnComparison) -> str:
    """What to add where the mean moved and the rows did not: `, but few rows move its mean by 5.5 sd`."""
    shift = found.values.get("mean_shift")
    if shift is None or abs(shift) < max(1.0, _FEW_ROWS * found.effect):
        return ""
    return f", but few rows move its mean {'up' if shift > 0 else 'down'} by {abs(shift):.2g} sd"


def describe_increase(change: ColumnChange, place: str) -> str:
    """A share that grew: `has 0.9 % of its rows above 22.1 instead of 0.1 %`."""
    return f"has {change.share:.2%} of rows {place} instead of {change.before:.2%}"


def tail(change: ColumnChange, bins: NumericBins) -> str:
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
    name = quoted(bins.categories[most]) if most < len(bins.categories) else _UNSEEN
    return f"has {name} in {here[most]:.1%} of rows instead of {there[most]:.1%}"


def verdict(subject: str, moved: str, rows: int, size: Size, *, real: bool, matters: bool, aside: str = "") -> str:
    """The sentence of one column of which something can be said, without how rare a drift is by chance.

    Args:
        subject: the column.
        moved: how it moved; with the size of that, or the figures have it.
        rows: of the window.
        size: effect and threshold.
        real: whether it is beyond chance.
        matters: whether the effect reaches the threshold.
        aside: what to add where it does not drift.

    >>> verdict("`x`", "moved up by 0.4 standard deviations", 900, Size(0.4, 0.05, "sd"), real=False, matters=True)
    '`x` moved up by 0.4 standard deviations, no more than chance allows (n = 900; 0.05 sd matter)'
    """
    sized = any(part in moved for part in ("standard deviations", "% of rows", "from always"))
    if real and matters:
        return f"{subject} {moved} (n = {rows:,}{'' if sized else f'; {size.moved}'})"
    if not real and not matters:
        return f"{subject} is as in the baseline{aside} (n = {rows:,}; {size.moved}, {size.matters})"
    why = "too little to matter" if real else "no more than chance allows"
    figures = size.matters if sized else f"{size.moved}, {size.matters}"
    return f"{subject} {moved}, {why}{aside} (n = {rows:,}; {figures})"


def cannot_tell(subject: str, moved: str, rows: int, reasons: Sequence[str]) -> str:
    """The sentence of one column of which hardly anything can be said.

    >>> cannot_tell("`x`", "moved up by 2 standard deviations", 200, ["only a shift of 4 sd would show"])
    'cannot tell whether `x` drifted: it moved up by 2 standard deviations (n = 200); only a shift of 4 sd would show'
    """
    return f"cannot tell whether {subject} drifted: it {moved} (n = {rows:,}); {'; '.join(reasons)}"


def insensitive(windows: int, smallest: float, unit: Unit) -> str:
    """Why hardly anything would show, and the smallest change that would.

    >>> insensitive(21, 4.32, "sd")
    "the baseline's 21 windows differ so much that a shift of less than 4.3 sd would not show"
    >>> insensitive(4, 1.0, "share")
    "the baseline's 4 windows differ so much that no change of its shares would show"
    """
    return f"the baseline's {windows} windows differ so much that {_not_shown(smallest, unit)} show"


def too_few(rows: int, smallest: float, unit: Unit) -> str:
    """The same where it is for want of rows.

    >>> too_few(12, 1.64, "sd")
    'with 12 rows a shift of less than 1.6 sd would not show'
    """
    return f"with {rows:,} rows {_not_shown(smallest, unit)} show"


def _not_shown(smallest: float, unit: Unit) -> str:
    if unit == "share":
        return f"a change of less than {100 * smallest:.0f} points would not" if smallest < 1 else _NO_SHARE
    return f"a shift of less than {smallest:.2g} sd would not" if smallest < _ABSURD else "no shift would"


def outside(rows: int, of: int, least: float, greatest: float) -> str:
    """On rows that lie outside all that the reference had.

    >>> outside(31, 100, 0.0, 7.5)
    '31% of its rows lie outside all that the reference had, 0 to 7.5'
    """
    return f"{rows / of:.0%} of its rows lie outside all that the reference had, {least:.4g} to {greatest:.4g}"


def importance_note(importance: float | None) -> str:
    """What to add to the sentence of a feature that drifts: how much the model leans on it.

    >>> importance_note(0.11)
    "; it carries 11 % of the model's importance"
    """
    return f"; it carries {100 * importance:.0f} % of the model's importance" if importance else ""


def unseen(summary: CategoricalSummary) -> str:
    """The most frequent unseen categories, quoted: `, such as '50%'`; empty where none is known by name."""
    names = sorted(summary.unseen_names, key=lambda name: (-summary.unseen_names[name], name))
    more = ", …" if len(names) > _NAMES_SHOWN else ""
    return f", such as {', '.join(map(quoted, names[:_NAMES_SHOWN]))}{more}" if names else ""


def times(ratio: float) -> str:
    """A ratio as people read it.

    >>> times(1.12), times(37.94), times(1.9e30)
    ('1.1', '37.9', 'more than 1,000')
    """
    return f"{ratio:.1f}" if ratio < _MANY else f"more than {_MANY:,}"


def chance_of(probability: float) -> str:
    """How often chance alone does this, over all tests of a window.

    >>> chance_of(1 / 40000)
    'chance alone does this once in 40,000 windows'
    """
    if probability < _RAREST:
        return f"{CHANCE} less than once in a billion windows"
    times = max(1.0, 1 / probability)
    unit = 10 ** max(0, math.floor(math.log10(times)) - 1)
    return f"{CHANCE} once in {round(times / unit) * unit:,} windows"


def quoted(category: str) -> str:
    """A category in quotes; what it is, where it is personal data by itself: messages go to people and the ledger.

    >>> quoted("50%"), quoted("ada@example.org")
    ("'50%'", '(email, withheld)')
    """
    from steward.privacy.recognisers import signs_of  # noqa: PLC0415 - few messages name a category

    kinds = [sign.kind for sign in signs_of(category) if sign.certainty == "certain"]
    return f"({kinds[0].replace('_', ' ')}, withheld)" if kinds else repr(category)
