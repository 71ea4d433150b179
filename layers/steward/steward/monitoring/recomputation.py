"""Compares the stored results of a check with those recomputed from its evidence."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import ConfigDict

from steward.documents import InputHidingModel
from steward.results import MetricResult
from steward.spec.monitors import StoredMonitor

RELATIVE_TOLERANCE = 1e-6
"""How far a figure may be off because another processor, or another release of a library, rounds otherwise.

Measured: at most 7e-9 between kernels of OpenBLAS, loops of numpy and functions of the C library (decision 0060).
"""

_CANCELLATION = 1e-12
"""The same for a difference of two figures, as a part of the larger one."""

_NUMBER = re.compile(r"(?:(?<=\W)-|^-)?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")

type Field = float | int | str | tuple[str, ...] | None
type _Place = tuple[str, str | None, str | None, str, int]


class FieldDifference(InputHidingModel):
    """One field of a result that was recomputed to something else.

    Attributes:
        monitor, segment, column, statistic: whose.
        field: its name, such as `p_value` or `precision.window`; `result` where one side lacks the whole result, which
            is named by its status.
        stored, recomputed: both values.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")

    monitor: StoredMonitor
    segment: str | None
    column: str | None
    statistic: str
    field: str
    stored: Field
    recomputed: Field

    def __str__(self) -> str:
        about = " ".join(part for part in (self.segment, self.column) if part)
        subject = " ".join((self.monitor, self.statistic, *(["of", about] if about else [])))
        return f"{subject}: {self.field} was {_format_value(self.stored)}, and is {_format_value(self.recomputed)}"


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What came of recomputing a check.

    Attributes:
        results: how many were recomputed.
        differences: fields that differ by more than rounding.
        differing: results that have one.
        rounded: results of which figures differ, but only by rounding.
        deviation: the largest difference by rounding, as a part of the figure.
    """

    results: int
    differences: Sequence[FieldDifference]
    differing: int
    rounded: int
    deviation: float

    @property
    def same(self) -> bool:
        """Whether every decision is the stored one, and every figure up to rounding."""
        return not self.differences

    def summary(self, profiles: int) -> str:
        """Whether the stored results were found again, in a sentence.

        Args:
            profiles: how many stored profiles they were recomputed from.

        >>> Recomputation(results=127, differences=[], differing=0, rounded=24, deviation=4.3e-13).summary(1)
        'Recomputed from 1 stored profile: all 127 results are the same. Every status is equal; ...at most 4e-13 of ...'
        """
        begin = f"Recomputed from {profiles} stored profile{'' if profiles == 1 else 's'}:"
        if not self.same:
            return f"{begin} {self.differing} of {self.results} results differ by more than rounding."
        same = f"{begin} all {self.results} results are the same."
        if not self.rounded:
            return same
        return (
            f"{same} Every status is equal; figures of {self.rounded} were rounded otherwise, as another processor "
            f"does, by at most {self.deviation:.0e} of the figure."
        )


def compare_results(stored: Sequence[MetricResult], recomputed: Sequence[MetricResult]) -> Recomputation:
    """Compare results one by one.

    A status, a count, a name must be equal. A figure may differ by rounding: the functions and the process that
    recomputes may run on other processors, whose libraries add in another order. A sentence may show such a figure
    rounded the other way.

    >>> result = MetricResult(monitor="roc_auc", statistic="roc_auc", value=0.75, status="ok", message="0.75")
    >>> compare_results([result], [result.model_copy(update={"value": 0.75 + 1e-12})]).same
    True
    >>> found = compare_results([result], [result.model_copy(update={"value": 0.76})])
    >>> print(found.differences[0])
    roc_auc roc_auc: value was 0.75, and is 0.76
    """
    before, after = _index_by_place(stored), _index_by_place(recomputed)
    differences: list[FieldDifference] = []
    differing = rounded = 0
    deviation = 0.0
    for place in before | after:
        found, largest = _find_differences(before.get(place), after.get(place))
        differences += found
        differing += bool(found)
        rounded += largest > 0 and not found
        deviation = max(deviation, largest)
    return Recomputation(len(recomputed), differences, differing, rounded, deviation)


def _index_by_place(results: Iterable[MetricResult]) -> dict[_Place, MetricResult]:
    """Results by what they are about, as they are when read from storage."""
    found: dict[_Place, MetricResult] = {}
    counts: Counter[tuple[str, str | None, str | None, str]] = Counter()
    for result in results:
        about = (result.monitor, result.segment, result.column, result.statistic)
        found[*about, counts[about]] = MetricResult.model_validate_json(result.model_dump_json())
        counts[about] += 1
    return found


def _find_differences(before: MetricResult | None, after: MetricResult | None) -> tuple[list[FieldDifference], float]:
    """The fields that differ by more than rounding, and the largest difference by rounding."""
    one = before or after
    assert one  # noqa: S101 - a place is of at least one side
    if before is None or after is None:
        sides = (before.status if before else None), (after.status if after else None)
        return [_describe_difference(one, "result", *sides)], 0.0
    left, right = _list_fields(before), _list_fields(after)
    scale = max((abs(value) for value in (*left.values(), *right.values()) if isinstance(value, float)), default=0.0)
    found: list[FieldDifference] = []
    largest = 0.0
    for field in left | right:
        pair = left.get(field), right.get(field)
        deviation = 0.0 if pair[0] == pair[1] else _measure_rounding(field, *pair, scale)
        if deviation is None:
            found.append(_describe_difference(one, field, *pair))
        else:
            largest = max(largest, deviation)
    return found, largest


def _list_fields(result: MetricResult) -> dict[str, Field]:
    fields: dict[str, Field] = result.model_dump(exclude={"precision"})
    if result.precision:
        fields |= {f"precision.{name}": value for name, value in result.precision.model_dump().items()}
    return fields


def _measure_rounding(field: str, before: Field, after: Field, scale: float) -> float | None:
    """By how much two values differ, as a part of the figure; None where by more than rounding.

    The values are not equal; `scale` is the largest figure of the result, which they may be differences of.
    """
    if field == "message" and isinstance(before, str) and isinstance(after, str):
        return 0.0 if _is_same_sentence(before, after) else None
    if not (isinstance(before, float) and isinstance(after, float)):
        return None
    change, size = abs(before - after), max(abs(before), abs(after))
    if change <= RELATIVE_TOLERANCE * size:
        return change / size
    whole = max(1.0, scale)
    return change / whole if field != "p_value" and change <= _CANCELLATION * whole else None


def _is_same_sentence(before: str, after: str) -> bool:
    """Whether two sentences have the same words, and figures that differ by at most one in their last digit.

    >>> _is_same_sentence("moved by 0.13 (n = 90)", "moved by 0.12 (n = 90)")
    True
    >>> _is_same_sentence("moved by 0.13 (n = 90)", "moved by 0.23 (n = 90)")
    False
    """
    if _NUMBER.split(before) != _NUMBER.split(after):
        return False
    pairs = zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True)
    return all(one == other or _differ_by_one(_parse_decimal(one), _parse_decimal(other)) for one, other in pairs)


def _parse_decimal(shown: str) -> Decimal:
    return Decimal(shown.replace(",", ""))


def _differ_by_one(one: Decimal, other: Decimal) -> bool:
    last = max(int(number.as_tuple().exponent) for number in (one, other))
    return abs(one - other) <= Decimal(1).scaleb(last)


def _describe_difference(result: MetricResult, field: str, stored: Field, recomputed: Field) -> FieldDifference:
    return FieldDifference(
        monitor=result.monitor,
        segment=result.segment,
        column=result.column,
        statistic=result.statistic,
        field=field,
        stored=stored,
        recomputed=recomputed,
    )


def _format_value(value: Field) -> str:
    """A value as a person reads it.

    >>> [_format_value(value) for value in (None, 0.1, "drift", "it moved")]
    ['none', '0.1', 'drift', "'it moved'"]
    """
    if value is None:
        return "none"
    return repr(value) if isinstance(value, str) and " " in value else str(value)
