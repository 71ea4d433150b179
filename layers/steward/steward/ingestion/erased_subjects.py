"""Leaves out rows of subjects that were erased, so that no upload brings them back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from steward.erasure.erasure_work import SuppressedSubject
from steward.erasure.rejected_rows import is_sought
from steward.erasure.sought_rows import Pseudonymise, SoughtRows
from steward.privacy.pseudonym import pseudonym
from steward.records.columns import CategoricalColumn, Column, TextColumn
from steward.records.row_validation import ValidatedChunk
from steward.records.valid_records import Records
from steward.repositories.erasures import suppression
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.store.pseudonym_key import PseudonymKey


@dataclass
class ErasedSubjects:
    """The subjects of a model that were erased, as the uploads of one batch meet them.

    Attributes:
        rows: that were left out so far.
    """

    spec: ModelSpec
    subjects: Sequence[SuppressedSubject]
    key: Callable[[], bytes]
    rows: int = 0

    @classmethod
    def of(cls, runtime: Runtime[Any], spec: ModelSpec) -> Self:
        """Read them once for a batch; the key of pseudonyms is asked for where there are any."""
        arn = runtime.settings.pseudonym_key_arn
        return cls(spec, suppression(runtime.data, spec.model).subjects, lambda: PseudonymKey(arn).of_model(spec.model))

    def leave_out(self, judged: ValidatedChunk) -> ValidatedChunk:
        """A chunk without rows of erased subjects: those of a moment before the erasure, and those of erased ids."""
        if not self.subjects:
            return judged
        gone = np.zeros(judged.records.rows, np.bool_)
        for subject, sought in self._sought:
            gone |= self._mask(judged.records, subject, sought)
        rejected = tuple(row for row in judged.rejected if not any(is_sought(row, one) for _, one in self._sought))
        self.rows += int(gone.sum()) + len(judged.rejected) - len(rejected)
        if not gone.any():
            return replace(judged, rejected=rejected)
        return replace(judged, records=judged.records.take(~gone), places=judged.places[~gone], rejected=rejected)

    @cached_property
    def _sought(self) -> list[tuple[SuppressedSubject, SoughtRows]]:
        key = self.key()
        pseudonymise: Pseudonymise = lambda value: pseudonym(key, value)  # noqa: E731
        return [
            (
                one,
                SoughtRows(
                    pseudonymise,
                    one.column,
                    self.spec.columns.id,
                    frozenset({one.subject, *one.stored_as}),
                    frozenset(one.ids),
                ),
            )
            for one in self.subjects
        ]

    def _mask(self, records: Records, subject: SuppressedSubject, sought: SoughtRows) -> NDArray[np.bool_]:
        erased = np.fromiter((sought.is_id(name) for name in records.ids.tolist()), np.bool_, records.rows)
        whose = None if sought.by_id else _texts(records.chunk.columns.get(subject.column))
        if whose is None:
            return erased
        theirs = np.fromiter((one is not None and sought.is_subject(one) for one in whose), np.bool_, records.rows)
        if not subject.always and records.times is not None:
            theirs &= records.times < np.datetime64(subject.since.replace(tzinfo=None), "us")
        return erased | theirs


def _texts(column: Column | None) -> list[str | None] | None:
    match column:
        case CategoricalColumn(codes, categories):
            names = [*categories, None]
            return [names[code] for code in codes.tolist()]
        case TextColumn(values):
            return list(values)
        case None:
            return None
        case _:
            return [None if (cell := column.cell(at)) is None else str(cell) for at in range(column.rows)]
