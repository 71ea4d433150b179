"""What each policy does on the table of a stream: after which windows it runs.

A run after a window is trained on the windows up to it, and serves from the next one on. No gate refuses a version:
what is compared is when to run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from steward.backtest.hindsight import best_schedules
from steward.events import RealisedLoss
from steward.retraining.policy import RetrainingState
from steward.retraining.policy_decision import decide
from steward.retraining.policy_inputs import PolicyInputs
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from tests.benchmarks.run_costs.tables import LossTable

_BEGAN, _WEEK = datetime(2024, 1, 1, tzinfo=UTC), timedelta(weeks=1)
_Z95 = 1.96
_SPEC = """\
model: study
owner: study@example.com
task: binary_classification
columns: {{id: id, time: time, score: score, label: label}}
features: {{x: numeric}}
window: {{length: 1w}}
retraining:
  policy: cost_aware
  run_cost: {run_cost:.9f}
  cool_down: 1w
  recipe: {{estimator: LogisticRegression}}
"""


def total_cost(table: LossTable, runs: Sequence[int], run_cost: float) -> float:
    """The sum of the windows' losses, and of what the runs cost."""
    return float(served_losses(table, runs).sum()) + run_cost * len(runs)


def served_losses(table: LossTable, runs: Sequence[int]) -> np.ndarray:
    """The loss of each window after the reference under the version that serves it."""
    serving, found = table.reference - 1, []
    for window in range(table.reference, table.windows):
        serving = window - 1 if window - 1 in runs else serving
        found.append(table.losses[serving, window])
    return np.array(found)


def best_runs(table: LossTable, costs: Sequence[float]) -> list[tuple[int, ...]]:
    """The best schedule in hindsight at each cost, by dynamic programming."""
    trained = [table.reference - 1, *range(table.reference, table.windows - 1)]
    losses = np.nan_to_num(table.losses[trained][:, table.reference :])
    found = best_schedules(losses, [version - table.reference for version in trained], len(trained) - 1)
    best = [min(found, key=lambda one, cost=cost: one.loss + cost * one.runs) for cost in costs]  # type: ignore[misc]
    return [tuple(after + table.reference for after in one.after) for one in best]


def periodic_runs(table: LossTable, every: int) -> list[int]:
    """A run every so many windows."""
    return list(range(table.reference - 1 + every, table.windows - 1, every))


@dataclass(slots=True)
class _Memory:
    """What the policy knows, and which version serves."""

    spec: ModelSpec
    table: LossTable
    state: RetrainingState
    serving: int
    holdout: float

    def tell(self, window: int) -> None:
        """The labels of a window that the present version served."""
        losses = self.table.row_losses(self.serving, window)
        value, half = float(losses.mean()), _Z95 * float(losses.std()) / len(losses) ** 0.5
        realised = RealisedLoss(metric="log_loss", value=value, low=value - half, high=value + half, rows=len(losses))
        self.state = self.state.with_labels(f"v{self.serving}/{_window(window).id}", len(losses), None, realised)

    def ask(self, window: int) -> bool:
        """Whether the policy asks for a run; if so it is made."""
        state, champion = self.state, f"v{self.serving}"
        inputs = PolicyInputs(
            as_of=_window(window).end, last_run=state.last_run or "first",
            last_as_of=state.last_as_of or _window(self.table.reference - 1).end,
            labels=state.all_labels, new_labels=state.new_labels, holdout=self.holdout,
            forecast=state.forecast(self.spec, champion, self.holdout),
        )  # fmt: skip
        decision = decide(self.spec.retraining, inputs, decision=f"run-{window}", cause=f"labels of {window}")
        self.state = state.with_decision(decision, requested_at=inputs.as_of, settings="study")
        if decision.verdict != "start":
            return False
        judged = window - 1  # what the gates would judge was not trained on the newest window
        gain = None
        if judged > self.serving:
            gain = float(self.table.losses[self.serving, window] - self.table.losses[judged, window])
        self.state = self.state.with_judged(f"run-{window}", gain=gain, promoted=True)
        self.serving, self.holdout = window, float(self.table.losses[judged, window])
        return True


def cost_aware_runs(table: LossTable, run_cost: float) -> list[int]:
    """The runs of `policy: cost_aware`, by the code that decides live."""
    first = table.reference - 1
    memory = _Memory(
        read_spec(_SPEC.format(run_cost=run_cost)), table, RetrainingState(), first,
        float(table.losses[first - 1, first]),
    )  # fmt: skip
    runs = []
    for window in range(table.reference, table.windows - 1):
        memory.tell(window)
        if memory.ask(window):
            runs.append(window)
    return runs


def _window(number: int) -> Window:
    return Window(_BEGAN + number * _WEEK, _WEEK)
