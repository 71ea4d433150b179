"""Progress of a training while it runs: stage, rows read, what is fitted, and the best so far."""

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime

from steward.documents import AnyText, VersionedModel

TrainingStage = Literal["reading rows", "comparing spans", "searching parameters", "fitting", "judging", "storing"]


class TrainingProgress(VersionedModel):
    """How far the newest training of a model has come; written over every few seconds, and read by `steward watch`.

    Attributes:
        rows: read so far.
        trying: what is fitted for a comparison: a span, or parameters.
        fold: of that comparison, counted from 1; 0 outside of one.
        best, best_loss: what did best so far, and its mean loss over the folds.
    """

    schema_version: Literal[1] = 1
    model: str
    run: str
    stage: Annotated[TrainingStage, AnyText()] = "reading rows"
    rows: int = 0
    trying: str = ""
    fold: int = 0
    best: str = ""
    best_loss: float | None = None
    began_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def sentence(self) -> str:
        """It as a person reads it."""
        trying = f" {self.trying}, fold {self.fold}" if self.trying else ""
        best = f"; best so far {self.best}, mean loss {self.best_loss:.4f}" if self.best_loss is not None else ""
        return f"{self.stage}{trying}; {self.rows:,} rows read{best}"


class TrainingReport(Protocol):
    """Is told how far a training has come."""

    def __call__(self, stage: TrainingStage, **facts: str | float | None) -> None:
        """Take a stage and other fields of `TrainingProgress`; those that are not given stay."""
        ...


def ignore_progress(stage: TrainingStage, **facts: str | float | None) -> None:
    """Tell nobody."""


class FitComparison:
    """Reports the fits of a comparison, each of one candidate on one fold, and the best so far."""

    def __init__(self, report: TrainingReport, stage: TrainingStage) -> None:
        self._report = report
        self._stage = stage
        self._losses: dict[str, list[float]] = {}

    def begin_fit(self, candidate: str) -> None:
        """Report that a candidate is fitted on its next fold."""
        fold = len(self._losses.get(candidate, ())) + 1
        self._report(self._stage, trying=candidate, fold=fold, **self._best())

    def end_fit(self, candidate: str, loss: float) -> float:
        """Note the loss of it; the loss."""
        self._losses.setdefault(candidate, []).append(loss)
        return loss

    def _best(self) -> Mapping[str, str | float | None]:
        """Of those with as many folds as any."""
        most = max(map(len, self._losses.values()), default=0)
        means = {name: sum(losses) / most for name, losses in self._losses.items() if len(losses) == most}
        if not means:
            return {}
        best = min(means, key=lambda name: means[name])
        return {"best": best, "best_loss": means[best]}
