"""Tries combinations of parameters on the training rows, and keeps the one that does best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steward.errors import TrainingImpossible
from steward.retraining.search_candidates import Combination, combinations, with_parameters
from steward.retraining.versions import Candidate, SearchResult
from steward.spec.recipe import Recipe

Clock = Callable[[], float]
"""Seconds since some moment."""

Fold = tuple[pd.DataFrame, pd.DataFrame]
"""Rows to fit on, and later ones to judge by."""


def _keep_nothing(result: SearchResult) -> SearchResult:
    return result


@dataclass(frozen=True, slots=True)
class SearchControl:
    """What a search depends on beside the rows and the recipe.

    Attributes:
        clock: tells the time; None where the time does not count, so that all combinations are tried.
        tried: how many combinations are tried, whatever the clock says: those of the search that is repeated.
        found: what an earlier attempt at the same version found: nothing is tried again.
        keep: stores what was found, and gives what is stored: another attempt may have been faster.
    """

    clock: Clock | None = None
    tried: int | None = None
    found: SearchResult | None = None
    keep: Callable[[SearchResult], SearchResult] = _keep_nothing


def search_parameters(
    recipe: Recipe,
    metric: str,
    folds: Sequence[Fold],
    loss: Callable[[Recipe, pd.DataFrame, pd.DataFrame], float],
    control: SearchControl,
) -> SearchResult:
    """Try the combinations of a recipe's search on each fold; of equal ones the first wins.

    A combination is begun while the time that it is expected to take, which is that of the slowest so far, is left. The
    declared parameters are always tried.

    Args:
        recipe: with its search.
        metric: the name of what `loss` gives.
        folds: parts of the training rows, in order of time.
        loss: fits a recipe on rows, and gives its loss on later ones; smaller is better.
        control: how long it may take.

    Raises:
        TrainingImpossible: the estimator refused every combination, or there is no fold.
    """
    if recipe.search is None or not folds:
        raise TrainingImpossible("the training rows are too few to search parameters on; remove search, or wait")
    planned = combinations(recipe)
    tried: list[Candidate] = []
    started = ended = control.clock() if control.clock else 0.0
    slowest = 0.0
    for combination in planned if control.tried is None else planned[: control.tried]:
        timed = control.clock is not None and control.tried is None
        if timed and tried and ended - started + slowest > recipe.search.seconds:
            break
        tried.append(_try(recipe, combination, folds, loss))
        if control.clock:
            now = control.clock()
            slowest, ended = max(slowest, now - ended), now
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
    if not np.isfinite(losses).all():
        return Candidate(parameters=combination, refused="its loss is no finite number")
    return Candidate(parameters=combination, loss=float(np.mean(losses)), folds=tuple(losses))


def time_folds(rows: pd.DataFrame, times: pd.Series, count: int) -> list[Fold]:
    """Later parts of the rows, each with all rows before it; rows of one moment stay together.

    The rows are cut into one part more than there are folds, of about as many rows each.

    Args:
        rows: to be fitted on.
        times: when each took place, shape (rows,).
        count: of folds.
    """
    values = times.to_numpy()
    ordered = np.sort(values)
    edges = [ordered[len(ordered) * part // (count + 1)] for part in range(1, count + 1)] if len(ordered) else []
    parts = np.searchsorted(np.asarray(edges, dtype=values.dtype), values, side="right")
    return [(rows[parts < part], rows[parts == part]) for part in range(1, len(edges) + 1)]
