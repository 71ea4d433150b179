"""How the model was served: requests, errors, latency and the use of resources."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, NonNegativeInt

from steward.profiles.log_histogram import LogHistogram
from steward.records.columns import CategoricalColumn, Column, NumericColumn

_FAILED = "true"


class Operation(BaseModel):
    """Counts and histograms of requests; adding two gives those of both.

    Attributes:
        requests: how many.
        reported: those of which it is known whether they failed.
        errors: those that failed.
        latency: in milliseconds.
        cpu, gpu, memory: use in percent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: NonNegativeInt = 0
    reported: NonNegativeInt = 0
    errors: NonNegativeInt = 0
    latency: LogHistogram = LogHistogram()
    cpu: LogHistogram = LogHistogram()
    gpu: LogHistogram = LogHistogram()
    memory: LogHistogram = LogHistogram()

    @classmethod
    def of(cls, rows: int, columns: Mapping[str, Column], names: Mapping[str, str]) -> Self:
        """Sum up what some records say of their serving.

        Args:
            rows: how many records, each a request.
            columns: of a chunk, by the user's names; those that it lacks are left out of account.
            names: the user's name of `latency`, `error`, `cpu`, `gpu` and `memory`, of those that the files have.
        """
        found = {measure: columns[name] for measure, name in names.items() if name in columns}
        use = {
            measure: LogHistogram.of(column.values)
            for measure, column in found.items()
            if isinstance(column, NumericColumn) and measure != "error"
        }
        reported, errors = _failures(found.get("error"))
        empty = LogHistogram()
        return cls(
            requests=rows,
            reported=reported,
            errors=errors,
            latency=use.get("latency", empty),
            cpu=use.get("cpu", empty),
            gpu=use.get("gpu", empty),
            memory=use.get("memory", empty),
        )

    @property
    def error_rate(self) -> float:
        """Share of the requests that failed, of those of which it is known; NaN where there is none."""
        return self.errors / self.reported if self.reported else float("nan")

    def throughput(self, span: timedelta) -> float:
        """Requests a second over this span."""
        return self.requests / span.total_seconds()

    def __add__(self, other: "Operation") -> "Operation":
        return Operation(
            requests=self.requests + other.requests,
            reported=self.reported + other.reported,
            errors=self.errors + other.errors,
            latency=self.latency + other.latency,
            cpu=self.cpu + other.cpu,
            gpu=self.gpu + other.gpu,
            memory=self.memory + other.memory,
        )


def _failures(column: Column | None) -> tuple[int, int]:
    """Requests of which it is known whether they failed, and those that did."""
    match column:
        case CategoricalColumn():
            counts = np.bincount(column.codes + np.int32(1), minlength=len(column.categories) + 1)[1:]
            failed = column.categories.index(_FAILED) if _FAILED in column.categories else None
            return int(counts.sum()), int(counts[failed]) if failed is not None else 0
        case NumericColumn():
            known = column.values[np.isfinite(column.values)]
            return len(known), int(np.count_nonzero(known))
        case _:
            return 0, 0
