"""Suggests what a training keeps out to judge with, from where the labels of a reference lie in time."""

from dataclasses import dataclass
from datetime import timedelta

from steward.offline.labelled_rows import LabelledRows
from steward.spec.durations import parse_duration

FEWEST_OF_A_CLASS = 20
"""Rows of each class that a training needs, and that its holdout needs."""

_SPANS = ("3h", "6h", "12h", "1d", "3d", "1w", "2w", "4w", "8w", "13w", "26w", "52w", "104w")
_BLOCKS = ("1h", "6h", "1d", "1w", "4w", "13w")
_USUAL_SHARE, _LARGEST_SHARE = 1 / 5, 1 / 2
_FEWEST_BLOCKS = 7
_NEARLY_DAILY = 0.95
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holdout:
    """What is kept out, and what that leaves.

    Attributes:
        span: its length; it ends with the newest labelled row.
        block: the length of the blocks that its rows are counted in.
        rows: with a label, in it.
        blocks: how many.
        scarce: the class of which it, or what is before it, has the fewest rows.
        held: rows of that class in it.
        before: rows of that class before it.
        seldom: the class of which some span as long, anywhere in the reference, has the fewest rows, and how many.
    """

    span: str
    block: str
    rows: int
    blocks: int
    scarce: str
    held: int
    before: int
    seldom: tuple[str, int]

    @property
    def suffices(self) -> bool:
        """Whether both parts have enough rows of each class."""
        return min(self.held, self.before) >= FEWEST_OF_A_CLASS


def choose_holdout(labelled: LabelledRows) -> Holdout:
    """The holdout that a reference allows.

    A fifth of the labelled rows' span, or as much more as gives each class 20 rows in it, in what is before it, and in
    every other span as long, since later trainings keep out other seasons; half of the span at most. Where no length
    does all that, the first that does it for the newest rows; else the longest.

    Args:
        labelled: at least one row.
    """
    spans = [text for text in _SPANS if parse_duration(text) <= labelled.reach * _LARGEST_SHARE] or [_SPANS[0]]
    tried = [_describe(labelled, text) for text in spans]

    usual = [held for held in tried if parse_duration(held.span) <= labelled.reach * _USUAL_SHARE] or tried[:1]
    longer = tried[tried.index(usual[-1]) :]
    sufficient = [held for held in longer if held.suffices]
    steady = [held for held in sufficient if held.seldom[1] >= FEWEST_OF_A_CLASS]
    return next(iter([*steady, *sufficient, longer[-1]]))


def _describe(labelled: LabelledRows, span: str) -> Holdout:
    length = parse_duration(span)
    totals, newest, fewest = labelled.totals, labelled.newest(length), labelled.fewest(length)
    scarce = min(totals, key=lambda name: (min(newest[name], totals[name] - newest[name]), name))
    seldom = min(fewest, key=lambda name: (fewest[name], name))
    block = _block(length, sum(totals.values()) * (_DAY / labelled.reach))
    return Holdout(
        span,
        block,
        sum(newest.values()),
        length // parse_duration(block),
        scarce,
        newest[scarce],
        totals[scarce] - newest[scarce],
        (seldom, fewest[seldom]),
    )


def _block(length: timedelta, rows_a_day: float) -> str:
    """The longest block of which several fit; of a day at most where nearly every day has a row."""
    fitting = [text for text in _BLOCKS if length >= _FEWEST_BLOCKS * parse_duration(text)]
    wide = [text for text in fitting if parse_duration(text) <= _DAY or rows_a_day < _NEARLY_DAILY]
    return (wide or fitting or _BLOCKS[:1])[-1]
