"""What a replay of a policy found: window by window, and its runs."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from steward.documents import InputHidingModel
from steward.events import RealisedLoss
from steward.retraining.policy_rules import RuleResult


class _Result(InputHidingModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")


class ReplayedRun(_Result):
    """One run of a replay.

    Attributes:
        run: its ID.
        as_of: the moment that its decision speaks for.
        fired: the rules that asked for it.
        outcome: what became of its version.
        reason: the gate that refused it, the gain that it proved, or why the run failed.
        span: the rows it was fitted on.
    """

    run: str
    as_of: datetime
    fired: list[RuleResult]
    outcome: Literal["promoted", "refused", "failed"]
    reason: str
    span: str = ""


class ReplayedWindow(_Result):
    """One window of a replay.

    Attributes:
        version: the run whose version served it.
        realised: the policy's metric; None where it is not defined.
        runs: the runs that started once the window had ended.
        held_back: how many decisions of that time held a run back.
    """

    window: str
    version: str
    rows: int
    realised: RealisedLoss | None
    runs: list[ReplayedRun] = []
    held_back: int = 0


class PolicyReplay(_Result):
    """What would have happened under one policy.

    Attributes:
        first: the run of the first version, which no window counts.
    """

    policy: str
    first: ReplayedRun
    windows: list[ReplayedWindow]

    @property
    def runs(self) -> list[ReplayedRun]:
        """All runs but the first."""
        return [run for window in self.windows for run in window.runs]


class ScheduleReplay(_Result):
    """What candidates without gates would have realised: the first version, and one after each window that counts.

    Attributes:
        windows: the windows, in order.
        trained_after: of each candidate the place of the window whose end it was trained at; -1 for the first version.
        realised: of each candidate by the place of the window, from the window after its training on.
    """

    windows: list[str]
    trained_after: list[int]
    realised: list[dict[int, RealisedLoss]]
