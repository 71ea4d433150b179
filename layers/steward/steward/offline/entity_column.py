"""Finds the entity column of a table, or groups of rows without one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from arro3.core import Array
from numpy.typing import NDArray

from steward.offline.roles import words_of
from steward.records import arrays
from steward.records.embedding_cells import is_list

_NAMED = re.compile(
    r"(^|_)(customer|client|user|account|member|patient|person|subject|participant|household|family|device|sensor|"
    r"machine|vehicle|driver|session|visitor|visit|player|student|pupil|employee|merchant|seller|buyer|card|cardholder|"
    r"policy|policyholder|borrower|applicant|subscriber|subscription|tenant|company|organisation|organization|entity|"
    r"cluster)s?(_?(id|key|no|nr|num|number|uuid|guid|code|hash|token|name|ref))?s?$"
)
_FEWEST = 20
_FEWEST_ENTITIES = 10
_DIFFERENT = 0.98
_LARGEST = 0.2
_COLUMNS = 12
_VARIED = 50
_RARE = 0.05
_TOGETHER = 0.5
_BEYOND = 10
_ROWS_IN_GROUPS = 0.1


@dataclass(frozen=True, slots=True)
class _Values:
    """How often the values of a column come."""

    codes: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, chunks: Sequence[Array], name: str) -> "_Values | None":
        kind = arrays.plain(chunks[0]).type if chunks else None
        if kind is None or is_list(kind) or arrays.TYPES.is_nested(kind):
            return None
        if arrays.is_text(kind):
            cells = [cell for chunk in chunks for cell in arrays.plain(chunk).to_pylist()]
            values = np.array(["" if cell is None else str(cell) for cell in cells], dtype=str)
        elif arrays.TYPES.is_numeric(kind) or arrays.TYPES.is_decimal(kind):
            values = np.concatenate([arrays.numbers(chunk, name)[0].values for chunk in chunks])
        else:
            return None
        _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
        return cls(codes, counts)

    @property
    def pairs(self) -> float:
        """Pairs of rows with one value."""
        return float(np.sum(self.counts * (self.counts - 1.0))) / 2

    @property
    def repeats(self) -> bool:
        """Whether many values come, most of them again, and none of them mostly."""
        rows, distinct = len(self.codes), len(self.counts)
        return (
            rows >= _FEWEST
            and _FEWEST_ENTITIES <= distinct < _DIFFERENT * rows
            and int(self.counts.max()) <= _LARGEST * rows
        )


def choose_entity(columns: Mapping[str, Sequence[Array]], names: Sequence[str]) -> tuple[str | None, str]:
    """The column that says whom rows are about, and why: of several that with the fewest values."""
    named = {name: _Values.of(columns[name], name) for name in names if _NAMED.search(words_of(name))}
    found = {name: values for name, values in named.items() if values is not None and values.repeats}
    if not found:
        return None, ""
    name = min(found, key=lambda name: len(found[name].counts))
    values, match = found[name], _NAMED.search(words_of(name))
    word = match[2] if match else name
    return name, f"its name says {word}, and {len(values.codes):,} cells have {len(values.counts):,} different values"


def rows_in_groups(columns: Mapping[str, Sequence[Array]], names: Sequence[str]) -> str | None:
    """What shows that rows come in groups; None where nothing does.

    Two columns of many values that agree in the same pairs of rows, far more often than their shares let expect, are
    both attributes of whatever these rows are about.
    """
    found = {name: values for name in names if (values := _Values.of(columns[name], name)) is not None}
    rows = max((len(values.codes) for values in found.values()), default=0)
    varied = {
        name: values
        for name, values in found.items()
        if len(values.codes) == rows
        and len(values.counts) >= _VARIED
        and values.counts.max() <= max(2, _RARE * rows)
        and values.pairs >= _FEWEST
    }
    chosen = sorted(varied, key=lambda name: -len(varied[name].counts))[:_COLUMNS]
    for one, other in combinations(chosen, 2):
        first, second = varied[one], varied[other]
        together = first.codes * len(second.counts) + second.codes
        _, place, counts = np.unique(together, return_inverse=True, return_counts=True)
        agreeing = float(np.sum(counts * (counts - 1.0))) / 2
        expected = first.pairs * second.pairs / (rows * (rows - 1) / 2)
        share = float(np.mean(counts[place] > 1))
        if (
            agreeing >= max(_FEWEST, _BEYOND * expected, _TOGETHER * min(first.pairs, second.pairs))
            and share >= _ROWS_IN_GROUPS
        ):
            mean = rows / len(counts)
            return (
                f"rows seem to come in groups: `{one}` and `{other}` repeat together in {share:.0%} of the rows "
                f"({mean:.1f} rows a group); rows of one customer, device or session are not independent, and such "
                "drift may be chance: declare columns.entity, the column that says whom a row is about"
            )
    return None
