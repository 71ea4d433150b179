"""Counts of accepted, rejected, invalid and duplicate rows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, field_validator

from steward.documents import TolerantModel
from steward.profiles.log_histogram import LogHistogram
from steward.profiles.names import bound_name, smallest_hashes

NAMED_COLUMNS = 100
"""Undeclared columns that are told by name."""


class IngestionCounts(TolerantModel):
    """Counts of rows and files; adding two gives those of both.

    Attributes:
        accepted: rows that became records.
        rejected: rows in quarantine for what is in them, by reason: its code and, where it is about one column, a blank
            and the column's name. A row with two reasons counts under both.
        rejected_rows: the same rows, each once.
        invalid: rows that were let through although something is wrong with a feature, or they break a rule, by reason;
            those whose id an earlier upload has are among them.
        invalid_rows: the same rows, each once.
        duplicates: rows that were set aside only because an earlier row or upload has their id.
        files: uploads with rows here.
        columns_added: uploads with a column that is not declared, by its name; the 100 names with the smallest hashes.
        columns_missing: uploads without a declared column, by its name.
        columns_retyped: uploads in which a declared column holds cells of another kind than its type is written as,
            by its name, a blank and the kind; `unreadable` where ten cells and half of all could not be read.
        lag: seconds from event time to arrival.
    """

    accepted: NonNegativeInt = 0
    rejected: dict[str, NonNegativeInt] = {}
    rejected_rows: NonNegativeInt = 0
    invalid: dict[str, NonNegativeInt] = {}
    invalid_rows: NonNegativeInt = 0
    duplicates: NonNegativeInt = 0
    files: NonNegativeInt = 0
    columns_added: dict[str, NonNegativeInt] = {}
    columns_missing: dict[str, NonNegativeInt] = {}
    columns_retyped: dict[str, NonNegativeInt] = {}
    lag: LogHistogram = LogHistogram()

    @field_validator("columns_added", mode="after")
    @classmethod
    def _bounded(cls, names: dict[str, int]) -> dict[str, int]:
        return smallest_hashes({bound_name(name): count for name, count in names.items()}, NAMED_COLUMNS)

    @classmethod
    def of(cls, rows: int, times: NDArray[np.datetime64] | None, arrival: datetime | None) -> Self:
        """Count accepted records.

        Args:
            rows: how many.
            times: their event times, shape (rows,).
            arrival: when they were uploaded, timezone-aware; without it, or without times, there is no lag.
        """
        if times is None or arrival is None:
            return cls(accepted=rows)
        waited = np.datetime64(arrival.astimezone(UTC).replace(tzinfo=None), "us") - times.astype(
            "datetime64[us]", copy=False
        )
        seconds = np.where(np.isnat(waited), np.nan, waited.astype(np.int64) / 1e6)
        return cls(accepted=rows, lag=LogHistogram.of(seconds))

    @property
    def arrived(self) -> int:
        """All rows assigned to the window, accepted or not."""
        return self.accepted + self.duplicates + self.rejected_rows

    def __add__(self, other: "IngestionCounts") -> "IngestionCounts":
        return IngestionCounts(
            accepted=self.accepted + other.accepted,
            rejected=_merge_counts(self.rejected, other.rejected),
            rejected_rows=self.rejected_rows + other.rejected_rows,
            invalid=_merge_counts(self.invalid, other.invalid),
            invalid_rows=self.invalid_rows + other.invalid_rows,
            duplicates=self.duplicates + other.duplicates,
            files=self.files + other.files,
            columns_added=_merge_counts(self.columns_added, other.columns_added),
            columns_missing=_merge_counts(self.columns_missing, other.columns_missing),
            columns_retyped=_merge_counts(self.columns_retyped, other.columns_retyped),
            lag=self.lag + other.lag,
        )


def _merge_counts(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted(one.keys() | other.keys())}
