"""Trains a version again from the folder that `steward checkout` made, and compares what comes of it.

`python -m steward.offline.reproduction FOLDER [SINCE]` prints the comparison as JSON: it is a process of its own, since
numpy and OpenBLAS choose their code as they are loaded.
"""

import sys
import warnings
from datetime import datetime
from pathlib import Path

import pandas as pd

from steward.errors import StewardError
from steward.lineage.repeated_training import train_again
from steward.lineage.reproduction_result import Reproduction, ReproductionResult
from steward.offline.version import Version, load, read_verified
from steward.records.stored import read_records
from steward.retraining.dataset import dataset_rows, stored_columns
from steward.retraining.manifest import DatasetManifest
from steward.store import keys


def train_checkout(folder: Path, since: datetime | None = None) -> Reproduction:
    """Train what a checkout holds, as a run would.

    Args:
        folder: the checkout, with the rows of the dataset.
        since: when the change began that the run was about; None where no alert said.

    Raises:
        ObjectMissing, ObjectChanged: a part of it is not what the manifest says.
        UntrustedArtifact: the version's own artifact asks for types that no recipe has; nothing is trained.
        TrainingImpossible: these libraries refuse the recipe or the rows.
    """
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # of other libraries, which the result lists
        version = load(folder)
    dataset, rows = read_dataset(folder, version)
    made = version.manifest
    named = keys.dataset_of(made.dataset.key)
    return train_again(made, version.spec, version.model, dataset, rows, dataset_id=named, since=since)


def attempt(folder: Path, since: datetime | None = None) -> ReproductionResult:
    """The comparison, or in one sentence why there is none."""
    try:
        return ReproductionResult(reproduction=train_checkout(folder, since))
    except StewardError as error:
        return ReproductionResult(refused=str(error))


def read_dataset(folder: Path, version: Version) -> tuple[DatasetManifest, pd.DataFrame]:
    """The dataset of a checkout and its rows, each object verified."""
    place = folder / "dataset"
    stored = read_verified(place / "manifest.json", version.manifest.dataset)
    dataset = DatasetManifest.model_validate_json(stored)
    frames = {}
    for item in dataset.objects:
        body = read_verified(place / item.stored.key, item.stored)
        rows = read_records(body, version.spec, stored_columns(version.spec, item.kind))
        if len(rows):
            frames[item] = rows
    return dataset, dataset_rows(frames, version.spec)


if __name__ == "__main__":
    moments = [datetime.fromisoformat(moment) for moment in sys.argv[2:]]
    sys.stdout.write(attempt(Path(sys.argv[1]), *moments).model_dump_json())
