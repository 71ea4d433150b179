"""What a version is made of: the manifest that names its artifact, dataset, recipe and baseline."""

import hashlib
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from steward.events import StoredObject
from steward.spec.model import Recipe


class VersionManifest(BaseModel):
    """One immutable trained artifact, with everything it came from.

    Attributes:
        trained_until: rows from this moment of event time on were not used to fit.
        holdout_until: the end of the rows kept out to judge with.
        spec: the declaration it was trained under.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    model: str
    version: str
    run: str
    as_of: AwareDatetime
    spec: StoredObject
    dataset: StoredObject
    recipe: Recipe
    libraries: dict[str, str]
    features: list[str]
    artifact: StoredObject
    baseline: StoredObject
    training_rows: int
    training_positive_share: float
    training_start: AwareDatetime
    trained_until: AwareDatetime
    holdout_rows: int
    holdout_until: AwareDatetime


def version_name(as_of: datetime, run: str, dataset: str, recipe: Recipe, libraries: dict[str, str]) -> str:
    """A name that sorts by the data's own time and follows from the run and what the version is made of."""
    content = f"{run}:{dataset}:{recipe.model_dump_json()}:{sorted(libraries.items())}"
    return f"{as_of:%Y%m%d}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
