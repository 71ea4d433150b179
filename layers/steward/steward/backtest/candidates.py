"""Versions that an ideal schedule chooses from: fitted on all known after a window, without holdout or gates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from steward.backtest.records import ReplayRecords
from steward.events import RealisedLoss
from steward.performance.policy_metric import realised_loss
from steward.retraining import recipe
from steward.retraining.dataset import suffices
from steward.retraining.fitting import Fit, fit_rows, fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.recipe import Fitted
from steward.retraining.scored_outcomes import outcomes_of
from steward.spec.model import ModelSpec
from steward.spec.windows import Window

MOST = 60
"""Candidates at most; of more windows every second, third, ... has one."""


def candidate_places(windows: int) -> list[int]:
    """After which windows candidates are trained: -1 for the first version, never after the last window.

    >>> candidate_places(4), candidate_places(150)[:4]
    ([-1, 0, 1, 2], [-1, 2, 5, 8])
    """
    step = -(-windows // MOST)
    return [-1, *range(step - 1, windows - 1, step)]


def realise_candidate(
    spec: ModelSpec, records: ReplayRecords, after: int, fit: Fit = recipe.fit
) -> dict[int, RealisedLoss] | None:
    """What one candidate would have realised in each window that it can serve, by place.

    Args:
        spec: the declaration, whose recipe is fitted.
        records: the labelled rows.
        after: the place of the window after which it is trained; -1 for the first version, made as the policy makes it.
        fit: fits a recipe; a backtest gives one that remembers.

    Returns:
        Nothing where the rows known by then do not suffice.
    """
    windows = list(records.windows(spec))
    model = _first(spec, records, fit) if after < 0 else _fit(spec, records, windows[after][0], fit)
    if model is None:
        return None
    served = windows[after + 1 :]
    scores = recipe.score(model, spec, pd.concat([rows for _, rows in served]))  # one call has less overhead than many
    parts = np.split(scores, np.cumsum([len(rows) for _, rows in served])[:-1])
    found = {
        place: realised_loss(outcomes_of(part, rows, spec), spec)
        for place, ((_, rows), part) in enumerate(zip(served, parts, strict=True), start=after + 1)
    }
    return {place: realised for place, realised in found.items() if realised}


def loss_table(realised: Sequence[dict[int, RealisedLoss]], windows: int) -> np.ndarray:
    """Losses by candidate and window, shape (candidates, windows); nought where a candidate has none."""
    table = np.zeros((len(realised), windows))
    for at, of_candidate in enumerate(realised):
        for place, one in of_candidate.items():
            table[at, place] = -one.value if one.higher_is_better else one.value
    return table


def _first(spec: ModelSpec, records: ReplayRecords, fit: Fit) -> Fitted:
    rows = records.reference(spec)
    newest = rows[spec.columns.time].max().to_pydatetime()
    return fit_version(spec, rows, DatasetManifest.of(spec, [], newest, "replayed", newest), fit=fit).released


def _fit(spec: ModelSpec, records: ReplayRecords, window: Window, fit: Fit) -> Fitted | None:
    rows = records.known_at(spec, window.end)
    return fit_rows(spec, rows, fit) if spec.retraining.recipe and suffices(rows, spec) else None
