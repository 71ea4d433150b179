"""The best schedule in hindsight: which of the candidate versions to train, knowing what each would have realised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class IdealSchedule:
    """Some runs, by the place of the window after which each takes place, and the loss that they lead to.

    Attributes:
        loss: the sum over the windows, without what runs cost.
    """

    after: tuple[int, ...]
    loss: float

    @property
    def runs(self) -> int:
        """How many."""
        return len(self.after)


def best_schedules(losses: NDArray[np.float64], trained_after: Sequence[int], most: int) -> list[IdealSchedule]:
    """The best schedule of each number of runs, by dynamic programming.

    Args:
        losses: what each candidate realises in each window, shape (candidates, windows); the first candidate is the
            version that is there from the start. A candidate serves from the window after its training on; what it has
            before that is not looked at.
        trained_after: the place of the window after which each candidate is trained, ascending; -1 for the first.
        most: runs at most.

    Returns:
        One schedule for 0, 1, ... runs, each with the smallest sum of losses; no more than there are candidates.

    >>> best_schedules(np.array([[1.0, 2.0, 3.0], [9.0, 0.5, 2.0], [9.0, 9.0, 0.1]]), [-1, 0, 1], 1)[1]
    IdealSchedule(after=(1,), loss=3.1)
    """
    candidates, windows = losses.shape
    # serve[i, j]: the loss of candidate i from when it begins to serve up to and with the window j
    serve = np.array([np.cumsum(np.where(np.arange(windows) > after, row, 0.0)) for row, after in
                      zip(losses, trained_after, strict=True)])  # fmt: skip
    cost = np.full((most + 1, candidates), np.inf)
    before = np.full((most + 1, candidates), -1)
    cost[0, 0] = 0.0  # what is lost up to and with the window after which candidate i is trained
    for runs in range(1, min(most, candidates - 1) + 1):
        for at in range(1, candidates):
            reached = [cost[runs - 1, earlier] + serve[earlier, trained_after[at]] for earlier in range(at)]
            best = int(np.argmin(reached))
            cost[runs, at], before[runs, at] = reached[best], best
    found = []
    for runs in range(min(most, candidates - 1) + 1):
        whole = cost[runs] + serve[:, -1]
        at = int(np.argmin(whole))
        if not np.isfinite(whole[at]):
            break
        found.append(IdealSchedule(_trace(before, trained_after, runs, at), float(whole[at])))
    return found


def _trace(before: NDArray[np.intp], trained_after: Sequence[int], runs: int, at: int) -> tuple[int, ...]:
    after: list[int] = []
    while runs:
        after.append(trained_after[at])
        at, runs = int(before[runs, at]), runs - 1
    return tuple(reversed(after))
