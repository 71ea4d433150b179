"""The airline's own application: it scores flights with the present champion, and hears of arrivals a week later."""

import gzip
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.repositories import models
from steward.retraining import artifact, recipe
from steward.spec.model import ModelSpec
from steward.store.bucket import Bucket


@dataclass
class Airline:
    """Serves the model from what the store holds; nothing is kept from one version to the next but the files.

    Attributes:
        data: the deployment's data bucket.
        spec: the declaration.
    """

    data: Bucket
    spec: ModelSpec
    _models: dict[str, recipe.Fitted] = field(default_factory=dict)

    def champion(self) -> str:
        """The version in charge now."""
        champion = models.routing(self.data, self.spec.model).champion
        if champion is None:
            raise LookupError(f"no version of {self.spec.model} is in charge")
        return champion

    def score(self, version: str, flights: pd.DataFrame) -> NDArray[np.float64]:
        """The probability of late arrival of each flight, by a version downloaded and verified on first use."""
        if version not in self._models:
            stored = models.manifest(self.data, self.spec.model, version).artifact
            if stored is None:
                raise LookupError(f"version {version} has no artifact to score with")
            self._models[version] = artifact.load(self.data.get_verified(stored))
        return recipe.score(self._models[version], self.spec, flights)

    def predictions(self, version: str | pd.Series, flights: pd.DataFrame, scores: NDArray[np.float64]) -> bytes:
        """The prediction records of some flights, as a gzipped CSV file; one version answered them, or each its own."""
        columns = self.spec.columns
        entity = [columns.entity] if columns.entity else []
        kept = flights[[columns.id, columns.time, *entity, *self.spec.features]].copy()
        kept[str(columns.score)] = scores.round(6)
        kept[columns.version] = version
        return csv(kept)

    def labels(self, flights: pd.DataFrame) -> bytes:
        """What became of some flights, as a gzipped CSV file."""
        columns = self.spec.columns
        return csv(flights[[columns.id, columns.time, columns.label]])


def csv(frame: pd.DataFrame) -> bytes:
    """A gzipped CSV file; the same rows give the same bytes."""
    return gzip.compress(frame.to_csv(index=False).encode(), compresslevel=1, mtime=0)
