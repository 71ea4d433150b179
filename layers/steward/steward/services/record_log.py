"""The records of served rows on their way to the inbox, and the figures of what was served."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from steward.runtime import Runtime, logger
from steward.store.record_stream import RecordStream
from steward.store.stored_objects import UNREACHABLE

MOST_WAITING_BYTES = 64 * 1024**2
"""Of records that neither Firehose nor S3 takes; beyond it the oldest are given up."""
FIGURES_SECONDS = 60.0
"""How often a process writes its figures into the log, at most."""


@dataclass
class ServingFigures:
    """What became of the requests for one model since the figures were written last.

    Attributes:
        refused: requests by status.
        slowest: milliseconds of the slowest answer.
        failed_challengers: requests in which the champion answered in a challenger's place.
        lost: rows that were answered and could not be logged.
    """

    answers: int = 0
    rows: int = 0
    slowest: float = 0.0
    milliseconds: float = 0.0
    refused: Counter[int] = field(default_factory=Counter)
    failed_challengers: int = 0
    lost: int = 0


class RecordLog:
    """Sends records, and keeps those that cannot be sent for the next invocation.

    Args:
        runtime: of the function.
        stream: where they go.
        clock: seconds, never going back.
    """

    def __init__(self, runtime: Runtime, stream: RecordStream, clock: Callable[[], float]) -> None:
        self._runtime, self._stream, self._clock = runtime, stream, clock
        self._waiting: deque[tuple[str, Sequence[bytes], int]] = deque()
        self._held = 0
        self._figures: dict[str, ServingFigures] = {}
        self._written = clock()

    def add(self, model: str, lines: Sequence[bytes], milliseconds: float) -> None:
        """Have the records of one answer sent."""
        size = sum(map(len, lines))
        self._waiting.append((model, lines, size))
        self._held += size
        figures = self._of(model)
        figures.answers += 1
        figures.rows += len(lines)
        figures.milliseconds += milliseconds
        figures.slowest = max(figures.slowest, milliseconds)

    def note_refused(self, model: str, status: int) -> None:
        """Count a request that was not answered with predictions."""
        self._of(model).refused[status] += 1

    def note_failed_challenger(self, model: str) -> None:
        """Count a request in which the champion answered in a challenger's place."""
        self._of(model).failed_challengers += 1

    def deliver(self) -> bool:
        """Send what waits, the oldest first; whether nothing waits on, since neither Firehose nor S3 takes it."""
        while self._waiting:
            model, lines, size = self._waiting[0]
            try:
                self._stream.send(model, lines)
            except UNREACHABLE as error:
                logger.error("records wait", model=model, bytes=self._held, reason=type(error).__name__)
                self._give_up_oldest()
                break
            if self._stream.problem:
                logger.warning("Firehose took no records, S3 did", model=model, reason=self._stream.problem)
            self._waiting.popleft()
            self._held -= size
        if self._clock() - self._written >= FIGURES_SECONDS:
            self._write_figures()
        return not self._waiting

    def _give_up_oldest(self) -> None:
        while self._held > MOST_WAITING_BYTES:
            model, lines, size = self._waiting.popleft()
            self._held -= size
            self._of(model).lost += len(lines)
            logger.error("records lost", model=model, rows=len(lines))

    def _of(self, model: str) -> ServingFigures:
        return self._figures.setdefault(model, ServingFigures())

    def _write_figures(self) -> None:
        """Write what was counted since the last time, of each model, and as metrics where these are wanted."""
        for model, figures in self._figures.items():
            logger.info(
                "served",
                model=model,
                answers=figures.answers,
                rows=figures.rows,
                refused=dict(figures.refused),
                mean_milliseconds=round(figures.milliseconds / max(figures.answers, 1), 3),
                slowest_milliseconds=round(figures.slowest, 3),
                failed_challengers=figures.failed_challengers,
                lost_records=figures.lost,
            )
            if model:
                measured = [
                    ("PredictionsServed", float(figures.rows), "Count"),
                    ("PredictionRequestsRefused", float(figures.refused.total()), "Count"),
                    ("SlowestPrediction", figures.slowest, "Milliseconds"),
                ]
                self._runtime.measure(model, self._runtime.now(), measured)
        self._figures.clear()
        self._written = self._clock()
