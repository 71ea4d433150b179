"""Carries out the policies of columns on validated rows, before anything of them is stored."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from steward.privacy.examination import examine
from steward.privacy.pseudonym import pseudonym
from steward.records.columns import CategoricalColumn, Column, Mask, TextColumn
from steward.records.raw import Reason, RejectedRow, as_json
from steward.records.row_validation import ValidatedChunk
from steward.records.rules import rule_of
from steward.records.valid_records import Records
from steward.spec.model import ModelSpec

WITHHELD = as_json("withheld: the row cannot be taken apart, and the model has columns that must not be stored")


class PersonalDataHandler:
    """Sets rows aside, replaces values by their pseudonyms, and leaves columns out, as the declaration says.

    Args:
        spec: the declaration.
        key: of the model's pseudonyms; None where no column has one.
    """

    def __init__(self, spec: ModelSpec, key: bytes | None) -> None:
        policies = spec.personal_data
        self._id = spec.columns.id
        self._pseudonymized = policies.of_policy("pseudonymize")
        self._dropped = policies.of_policy("drop")
        self._searched = policies.of_policy("quarantine")
        self._key = key or b""
        if self._pseudonymized and not key:
            raise ValueError("columns are pseudonymized, and there is no key")

    def handle(self, judged: ValidatedChunk) -> ValidatedChunk:
        """The same rows, with no value that must not be stored: neither in records nor in rejected rows."""
        if self._searched:
            judged = self._set_aside(judged)
        if not self._pseudonymized and not self._dropped:
            return judged
        return replace(
            judged,
            records=self._with_pseudonyms(judged.records),
            rejected=tuple(self._masked(row) for row in judged.rejected),
            content=self._masked_content(judged.content),
        )

    def _set_aside(self, judged: ValidatedChunk) -> ValidatedChunk:
        """The chunk without the rows in which a column holds personal data that it must not."""
        found = {
            name: where
            for name in sorted(self._searched)
            if (column := judged.records.chunk.columns.get(name)) is not None and (where := holding(name, column)).any()
        }
        if not found:
            return judged
        aside = np.logical_or.reduce(list(found.values()))
        rejected = []
        for at in np.flatnonzero(aside).tolist():
            reasons = tuple(_reason(name) for name, where in found.items() if where[at])
            place = int(judged.places[at])
            rejected.append(RejectedRow(place, None, reasons, judged.content(place)))
        return replace(
            judged,
            records=judged.records.take(~aside),
            places=judged.places[~aside],
            rejected=(*judged.rejected, *rejected),
            invalid={**judged.invalid, "personal_data": int(aside.sum())},
            invalid_by_column={
                **judged.invalid_by_column,
                **{
                    name: {**judged.invalid_by_column.get(name, {}), "personal_data": int(where.sum())}
                    for name, where in found.items()
                },
            },
        )

    def _with_pseudonyms(self, records: Records) -> Records:
        columns = {
            name: self._replaced(column) if name in self._pseudonymized else column
            for name, column in records.chunk.columns.items()
        }
        ids = records.ids
        if self._id in self._pseudonymized:
            ids = np.array([self._pseudonym(value) for value in ids.tolist()], object)
        return replace(records, ids=ids, chunk=replace(records.chunk, columns=columns))

    def _replaced(self, column: Column) -> Column:
        match column:
            case CategoricalColumn():
                return CategoricalColumn(column.codes, tuple(map(self._pseudonym, column.categories)))
            case TextColumn():
                cells = [None if cell is None else self._pseudonym(cell) for cell in column.values]
                return TextColumn(np.array(cells, object))
            case _:
                return column

    def _pseudonym(self, value: str) -> str:
        return pseudonym(self._key, value)

    def _masked(self, row: RejectedRow) -> RejectedRow:
        """A rejected row without the values, and with sentences that quote none."""
        return replace(row, content=self._mask(row.content), reasons=tuple(map(rule_of, row.reasons)))

    def _masked_content(self, content: Callable[[int], str]) -> Callable[[int], str]:
        return lambda place: self._mask(content(place))

    def _mask(self, content: str) -> str:
        row = json.loads(content)
        if not isinstance(row, dict):
            return WITHHELD
        kept = {name: cell for name, cell in row.items() if name not in self._dropped}
        for name in self._pseudonymized.intersection(kept):
            if kept[name] is not None:
                kept[name] = self._pseudonym(kept[name] if isinstance(kept[name], str) else as_json(kept[name]))
        return as_json(kept)


def holding(name: str, column: Column) -> Mask:
    """Where a column holds personal data, shape (rows,)."""
    match column:
        case CategoricalColumn():
            found = _personal(name, column.categories)
            codes = [code for code, category in enumerate(column.categories) if category in found]
            return np.isin(column.codes, codes)
        case TextColumn():
            cells = column.values.tolist()
            found = _personal(name, list({cell for cell in cells if cell is not None}))
            return np.fromiter((cell in found for cell in cells), np.bool_, len(cells))
        case _:
            return np.zeros(column.rows, np.bool_)


def _personal(name: str, values: Sequence[str]) -> frozenset[str]:
    return frozenset[str]().union(*examine(name, values).kinds.values())


def _reason(name: str) -> Reason:
    return rule_of(Reason("personal_data", name, ""))
