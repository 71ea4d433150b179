"""Scores with a version that `steward checkout` downloaded."""

import hashlib
import importlib.metadata
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from steward.documents import FROM_STORE, InputHidingModel
from steward.errors import BatchInvalid, ObjectChanged, ObjectMissing, StewardError
from steward.events import ObjectRef
from steward.offline.conversion import Converter
from steward.offline.tables import table_of
from steward.records.labels import class_names
from steward.records.stored import as_pandas
from steward.retraining import artifact, recipe
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec


class _Revision(InputHidingModel):
    """What of a stored declaration is needed."""

    spec: ModelSpec


class Version:
    """A version that Steward trained, ready to score rows as they are pushed.

    Attributes:
        manifest: what it is made of.
        spec: the declaration that it was trained under.
        model: the fitted pipeline.
        classes_: the labels in the order of `predict_proba`, shape (classes,); none for a regression.
    """

    def __init__(self, manifest: VersionManifest, spec: ModelSpec, model: recipe.Fitted) -> None:
        self.manifest = manifest
        self.spec = spec
        self.model = model
        self.classes_ = np.array(class_names(spec), dtype=object)

    def predict_proba(self, rows: object) -> NDArray[np.float64]:
        """The probability of each class, shape (rows, classes), in the order of `classes_`; of two, the positive last.

        Args:
            rows: a DataFrame, or a path or table as `steward.compare` takes it, with the columns of the features as
                they are pushed; others are ignored, and cells may be missing.

        Raises:
            StewardError: the version is a regression, which has no probabilities.
            BatchInvalid: a feature's column is missing or cannot be read as declared, or a row cannot be taken apart.

        Warns:
            UserWarning: some cells of a feature cannot be read as declared, and are scored as missing.
        """
        if self.spec.task == "regression":
            raise StewardError(f"{self.manifest.model} is a regression and gives no probabilities; call predict")
        scores = self._scores(rows)
        return scores if scores.ndim > 1 else np.column_stack((1 - scores, scores))

    def predict(self, rows: object) -> NDArray[np.float64] | NDArray[np.object_]:
        """The predicted value, or the decided class (of two, by the declared threshold), shape (rows,).

        Args:
            rows: as for `predict_proba`.

        Raises:
            BatchInvalid: as for `predict_proba`.

        Warns:
            UserWarning: likewise.
        """
        scores = self._scores(rows)
        match self.spec.task:
            case "regression":
                return scores
            case "multiclass_classification":
                return self.classes_[scores.argmax(axis=1)]
            case _:
                return self.classes_[(scores >= self.spec.threshold).astype(int)]  # type: ignore[no-any-return]

    def _scores(self, rows: object) -> NDArray[np.float64]:
        return recipe.score(self.model, self.spec, self._frame(rows))

    def _frame(self, rows: object) -> pd.DataFrame:
        """The features as they are read from an upload."""
        converter = Converter(recipe.learnable(self.spec))
        table = table_of(rows, "table")
        parts = []
        for batch in table.batches():
            if batch.refused:
                raise BatchInvalid(
                    "malformed",
                    f"{table.name} has rows that cannot be read, first {batch.reason}; correct them, since each row of "
                    "the file has its answer",
                )
            missing = [name for name in converter.features if name not in batch.columns]
            if missing:
                raise BatchInvalid(
                    "missing_columns",
                    f"the table has no column {', '.join(missing)}; add what the model was trained on",
                )
            read = converter.read(batch.columns)
            parts.append(pd.DataFrame({name: as_pandas(column) for name, column in read.items()}))
        if wrong := converter.mistyped():
            raise BatchInvalid("wrong_type", "; ".join(f"{name}: {why}" for name, why in wrong.items()))
        if not parts:
            raise BatchInvalid("no_rows", "the table has no rows; give some")
        unread = [
            f"{count:,} of {converter.present[name]:,} cells of {name} are not {converter.features[name].type}"
            for name, count in converter.unread.items()
            if count
        ]
        if unread:
            warnings.warn(f"scored as missing: {'; '.join(unread)}; correct them", stacklevel=4)
        return pd.concat(parts, ignore_index=True)


def load(folder: str | Path) -> Version:
    """A version from the folder that `steward checkout` made, its parts verified by the hashes in its manifest.

    Raises:
        ObjectMissing: a part is not there.
        ObjectChanged: a part has other bytes than the manifest says.
        UntrustedArtifact: the artifact asks for types that no recipe of Steward has.
        StewardError: the version was trained elsewhere, so there is no artifact.

    Warns:
        UserWarning: it was trained with other versions of the libraries, with which it may say something else.
    """
    place = Path(folder)
    try:
        manifest = VersionManifest.model_validate_json(_read(place / "manifest.json"))
    except ValidationError as error:
        raise ObjectChanged(f"{place / 'manifest.json'} is no manifest of a version; check it out again") from error
    if manifest.artifact is None:
        raise StewardError(
            f"version {manifest.version} of {manifest.model} was trained elsewhere, so there is no artifact to score "
            "with; score where it was trained"
        )
    spec = _Revision.model_validate_json(read_verified(place / "spec.json", manifest.spec), context=FROM_STORE).spec
    model = artifact.load(read_verified(place / "model.skops", manifest.artifact))
    others = [
        f"{name} {version}, and {installed} is here"
        for name, version in manifest.libraries.items()
        if (installed := importlib.metadata.version(name)) != version
    ]
    if others:
        warnings.warn(f"version {manifest.version} was trained with {'; '.join(others)}", stacklevel=2)
    return Version(manifest, spec, model)


def read_verified(path: Path, stored: ObjectRef) -> bytes:
    """The bytes of a part.

    Raises:
        ObjectMissing: it is not there.
        ObjectChanged: it has other bytes than its reference says.
    """
    body = _read(path)
    found = hashlib.sha256(body).hexdigest()
    if found != stored.sha256:
        raise ObjectChanged(f"{path} has SHA-256 {found}, and the manifest says {stored.sha256}; check it out again")
    return body


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"{path} cannot be read ({error.strerror})"
        raise ObjectMissing(f"{what}; give the folder that `steward checkout MODEL champion` made") from error
