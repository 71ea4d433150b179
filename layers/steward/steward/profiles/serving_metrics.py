"""Serving metrics: requests, errors, latency and resource use."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt

from steward.documents import TolerantModel
from steward.profiles.log_histogram import LogHistogram
from steward.records.columns import CategoricalColumn, Column, NumericColumn

_FAILED = "true"


class ServingMetrics(TolerantModel):
    """Counts and histograms of requests; adding two gives those of both.

    Attributes:
        requests: how many.
        reported: those of which it is known whether they failed.
        errors: those that failed.
        latency: in milliseconds; where only bounds are known, the upper ones.
        latency_floor: the same with the lower bounds; None where every latency is known by itself.
        cpu, gpu, memory: use in percent.
    """

    requests: NonNegativeInt = 0
    reported: NonNegativeInt = 0
    errors: NonNegativeInt = 0
    latency: LogHistogram = LogHistogram()
    latency_floor: LogHistogram | None = None
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

    @classmethod
    def of_telemetry(cls, columns: Mapping[str, Column], names: Mapping[str, str]) -> Self:
        """Sum up readings, each of some measures; see `spec.telemetry` for what a row says.

        Args:
            columns: of a chunk, by the user's names.
            names: the user's names of the measures.
        """
        found = {measure: columns[name] for measure, name in names.items() if name in columns}
        rows = next((column.rows for column in found.values()), 0)
        amounts = {name: column.values for name, column in found.items() if isinstance(column, NumericColumn)}
        nothing = np.full(rows, np.nan)
        latency, low = amounts.get("latency", nothing), amounts.get("latency_low", nothing)
        low = np.fmin(low, latency)  # the latency itself where there is no lower bound
        timed = np.isfinite(latency)
        weights = _or(amounts.get("latency_count", nothing), timed.astype(np.float64)).astype(np.int64)
        failed, known = _failure_masks(found.get("error"), rows)
        requests = _or(amounts.get("requests", nothing), np.maximum(weights, known)).astype(np.int64)
        errors = _or(amounts.get("errors", nothing), np.inf)
        counted = errors <= requests
        return cls(
            requests=int(requests.sum()),
            reported=int(requests[counted | known].sum()),
            errors=int(np.where(counted, errors, np.where(failed, requests, 0)).sum()),
            latency=LogHistogram.of(latency[timed], weights[timed]),
            latency_floor=LogHistogram.of(low[timed], weights[timed]) if (low < latency).any() else None,
            cpu=_present(amounts.get("cpu", nothing)),
            gpu=_present(amounts.get("gpu", nothing)),
            memory=_present(amounts.get("memory", nothing)),
        )

    @property
    def error_rate(self) -> float:
        """Share of the requests that failed, of those of which it is known; NaN where there is none."""
        return self.errors / self.reported if self.reported else float("nan")

    @property
    def readings(self) -> int:
        """How much is known: requests, and readings of every measure."""
        measures = (self.latency, self.cpu, self.gpu, self.memory)
        return self.requests + sum(measure.count for measure in measures)

    @property
    def least_latency(self) -> LogHistogram:
        """The lower bounds of the latencies: the latencies themselves where each is known."""
        return self.latency if self.latency_floor is None else self.latency_floor

    def throughput(self, span: timedelta) -> float:
        """Requests a second over this span."""
        return self.requests / span.total_seconds()

    def __add__(self, other: "ServingMetrics") -> "ServingMetrics":
        return ServingMetrics(
            requests=self.requests + other.requests,
            reported=self.reported + other.reported,
            errors=self.errors + other.errors,
            latency=self.latency + other.latency,
            latency_floor=self.least_latency + other.least_latency if self._bounded or other._bounded else None,
            cpu=self.cpu + other.cpu,
            gpu=self.gpu + other.gpu,
            memory=self.memory + other.memory,
        )

    @property
    def _bounded(self) -> bool:
        return self.latency_floor is not None


def _or(values: NDArray[np.float64], otherwise: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """The values, shape (rows,), and another where there is none."""
    filled: NDArray[np.float64] = np.where(np.isfinite(values), values, otherwise)
    return filled


def _present(values: NDArray[np.float64]) -> LogHistogram:
    """Of the readings that there are: an empty cell of a row about something else is not missing."""
    return LogHistogram.of(values[np.isfinite(values)])


def _failure_masks(column: Column | None, rows: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows say that their request failed, and which say whether it did, each of shape (rows,)."""
    if not isinstance(column, CategoricalColumn):
        return np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    failing = np.array([name == _FAILED for name in column.categories] + [False])
    return failing[column.codes], column.codes >= 0


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
