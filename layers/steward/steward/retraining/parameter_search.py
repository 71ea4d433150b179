"""Tries combinations of parameters on the training rows, and keeps the one that does best."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from steward.documents import TolerantModel, VersionedModel
from steward.errors import TrainingImpossible
from steward.retraining.search_candidates import Combination, combinations, with_parameters
from steward.spec.recipe import Recipe, Scalar

Clock = Callable[[], float]
"""Seconds since some moment."""

Fold = tuple[pd.DataFrame, pd.DataFrame]
"""Rows to fit on, and later ones to judge by."""


class Candidate(TolerantModel):
    """One combination that was tried.

    Attributes:
        parameters: those that the search tries; empty for the declared ones.
        loss: the mean over the folds; smaller is better. None where the estimator refused the combination.
        folds: of each fold.
        refused: what the estimator said.
    """

    parameters: dict[str, Scalar]
    loss: float | None = None
    folds: tuple[float, ...] = ()
    refused: str = ""


class SearchResult(VersionedModel):
    """What a search tried: with it, the same version is fitted again whatever the clock says.

    Attributes:
        metric: by which combinations were compared, `validation.metric` of the declaration.
        folds: how many there were.
        candidates: in the order in which they were tried.
        chosen: the place of the best among them.
        stopped_by: what ended the search: all combinations tried, as many as were allowed, or the time.
        planned: how many there would have been with time enough.
    """

    schema_version: Literal[1] = 1
    metric: str
    folds: Annotated[int, Field(ge=1)]
    candidates: tuple[Candidate, ...]
    chosen: Annotated[int, Field(ge=0)]
    stopped_by: Literal["tries", "seconds"]
    planned: int

    @property
    def parameters(self) -> Mapping[str, Scalar]:
        """The combination that did best."""
        return self.candidates[self.chosen].parameters

    @property
    def sentence(self) -> str:
        """What came of it."""
        best, declared = self.candidates[self.chosen], self.candidates[0]
        values = ", ".join(f"{name} = {value}" for name, value in best.parameters.items()) or "the declared parameters"
        tried = f"{len(self.candidates)} of {self.planned} combinations tried"
        ended = f"{tried}, as the time was over" if self.stopped_by == "seconds" else tried
        against = f" (declared: {declared.loss:.4f})" if self.chosen and declared.loss is not None else ""
        return f"{values}: mean loss {best.loss:.4f}{against}; {ended}"


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """How long a search may take.

    Attributes:
        clock: tells the time; None where the budget does not count, so that all combinations are tried.
        tried: how many combinations are tried, whatever the clock says: those of a search that is repeated.
    """

    clock: Clock | None = None
    tried: int | None = None


def search_parameters(
    recipe: Recipe,
    metric: str,
    folds: Sequence[Fold],
    loss: Callable[[Recipe, pd.DataFrame, pd.DataFrame], float],
    budget: SearchBudget,
) -> SearchResult:
    """Try the combinations of a recipe's search on each fold; of equal ones the first wins.

    A combination is begun while the time that it is expected to take, which is that of the slowest so far, is left. The
    declared parameters are always tried.

    Args:
        recipe: with its search.
        metric: the name of what `loss` gives.
        folds: parts of the training rows, in order of time.
        loss: fits a recipe on rows, and gives its loss on later ones; smaller is better.
        budget: how long it may take.

    Raises:
        TrainingImpossible: the estimator refused every combination, or there is no fold.
    """
    if recipe.search is None or not folds:
        raise TrainingImpossible("the training rows are too few to search parameters on; remove search, or wait")
    planned = combinations(recipe)
    tried: list[Candidate] = []
    started = ended = budget.clock() if budget.clock else 0.0
    slowest = 0.0
    for combination in planned if budget.tried is None else planned[: budget.tried]:
        timed = budget.clock is not None and budget.tried is None
        if timed and tried and ended - started + slowest > recipe.search.seconds:
            break
        tried.append(_try(recipe, combination, folds, loss))
        if budget.clock:
            slowest, ended = max(slowest, budget.clock() - ended), budget.clock()
    losses = [np.inf if one.loss is None else one.loss for one in tried]
    if not np.isfinite(losses).any():
        raise TrainingImpossible(f"no combination of the search could be fitted: {tried[0].refused}")
    return SearchResult(
        metric=metric,
        folds=len(folds),
        candidates=tuple(tried),
        chosen=int(np.argmin(losses)),
        stopped_by="tries" if len(tried) == len(planned) else "seconds",
        planned=len(planned),
    )


def _try(
    recipe: Recipe,
    combination: Combination,
    folds: Sequence[Fold],
    loss: Callable[[Recipe, pd.DataFrame, pd.DataFrame], float],
) -> Candidate:
    try:
        losses = [loss(with_parameters(recipe, combination), before, after) for before, after in folds]
    except TrainingImpossible as error:
        return Candidate(parameters=combination, refused=str(error))
    return Candidate(parameters=combination, loss=float(np.mean(losses)), folds=tuple(losses))


def time_folds(rows: pd.DataFrame, times: pd.Series, count: int, suffices: Callable[[pd.DataFrame], bool]) -> list[Fold]:
    """Later parts of the rows, each with all rows before it; rows of one moment stay together.

    The rows are cut into one part more than there are folds, of about as many rows each. A fold whose parts have too few
    rows of a class is left out.

    Args:
        rows: to be fitted on.
        times: when each took place, shape (rows,).
        count: folds at most.
        suffices: whether rows are enough to fit on and to judge by.
    """
    ordered = np.sort(times.to_numpy())
    places = [len(ordered) * part // (count + 1) for part in range(1, count + 1)]
    edges = [ordered[place] for place in places if len(ordered)]
    values = times.to_numpy()
    found = []
    for at, edge in enumerate(edges):
        later = values >= edge
        if at + 1 < len(edges):
            later &= values < edges[at + 1]
        found.append((rows[values < edge], rows[later]))
    return [fold for fold in found if all(map(suffices, fold))]
