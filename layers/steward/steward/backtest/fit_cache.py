"""Fits that several policies share: the same recipe on the same rows gives the same model, so it is fitted once."""

import hashlib
import json
import os
import tempfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.retraining import artifact, recipe
from steward.retraining.recipe import Fitted, Target
from steward.spec.model import ModelSpec
from steward.spec.recipe import Recipe

_IN_MEMORY = 8
"""Models that a process holds; forests are large."""

_DECIDING = {"task", "positive_label", "columns", "features"}


class FitCache:
    """Models by recipe and rows, in a folder that the processes of one backtest share.

    They are stored as artifacts, which are read without unpickling anything.
    """

    def __init__(self, folder: Path) -> None:
        """An empty cache, or the one that another process of the backtest fills.

        Args:
            folder: one that the backtest removes.
        """
        self._folder = folder
        self._held: OrderedDict[str, Fitted] = OrderedDict()
        self.fitted = 0
        self.found = 0

    def fit(
        self, declared: Recipe, spec: ModelSpec, rows: pd.DataFrame, target: Target,
        weights: NDArray[np.float64] | None = None,
    ) -> Fitted:  # fmt: skip
        """As `recipe.fit`, whose errors it raises; rows are told apart by their index.

        Args:
            declared: estimator, parameters, seed.
            spec: names and types the features.
            rows: of the records that are replayed.
            target: what to learn, which follows from the rows.
            weights: how much each row counts.
        """
        key = _key(declared, spec, rows, weights)
        model = self._held.get(key) or self._read(key)
        if model is None:
            model = recipe.fit(declared, spec, rows, target, weights)
            self._write(key, model)
            self.fitted += 1
        else:
            self.found += 1
        self._held[key] = model
        self._held.move_to_end(key)
        if len(self._held) > _IN_MEMORY:
            self._held.popitem(last=False)
        return model

    def _path(self, key: str) -> Path:
        return self._folder / f"fit-{key}.skops"

    def _read(self, key: str) -> Fitted | None:
        try:
            content = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        return artifact.load(content)

    def _write(self, key: str, model: Fitted) -> None:
        handle, partial = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(artifact.dump(model))
        Path(partial).replace(self._path(key))


def _key(declared: Recipe, spec: ModelSpec, rows: pd.DataFrame, weights: NDArray[np.float64] | None) -> str:
    said = {
        "recipe": declared.model_dump(mode="json"),
        "spec": spec.model_dump(mode="json", include=_DECIDING),
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    digest.update(rows.index.to_numpy().tobytes())
    if weights is not None:
        digest.update(weights.tobytes())
    return digest.hexdigest()[:32]
