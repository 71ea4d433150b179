"""Writes a version as an ONNX model, and compares its predictions with the version's own."""

import copy
import warnings
from dataclasses import dataclass

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray
from onnx import ModelProto
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import TargetEncoder

from steward.errors import StewardError
from steward.offline.onnx_operators import converters, shapes
from steward.offline.version import Version
from steward.retraining import recipe
from steward.retraining.onnx_support import onnx_obstacle
from steward.retraining.recipe import Fitted, columns_of, feature_frame, learnable
from steward.spec.model import ModelSpec

TOLERANCE = 1e-4
"""How far a prediction may be from the version's own: absolutely for a probability, else relative to the largest value.
An ONNX model computes in single precision, which has seven digits."""

_OPSET = 18


class NotConvertible(StewardError):
    """A version that has no ONNX model that says the same."""


@dataclass(frozen=True, slots=True)
class OnnxAgreement:
    """How far the predictions of an ONNX model are from the version's own.

    Attributes:
        rows: that were compared.
        largest: of the differences: absolute for probabilities, else as a part of the largest value.
        beyond: rows of which it is beyond the tolerance.
    """

    rows: int
    largest: float
    beyond: int


def convert(version: Version) -> ModelProto:
    """The ONNX model of a version.

    Its inputs are the features that recipes learn from, each of shape (rows, 1): numbers as float, of an embedding each
    dimension; categories and booleans as text in their canonical form; missing ones NaN or empty. Its output is
    `probabilities`, shape (rows, classes), or `variable`, shape (rows, 1).

    Raises:
        NotConvertible: there is no operator for a part of it.
    """
    spec = version.spec
    declared = spec.retraining.recipe
    if declared and (obstacle := onnx_obstacle(declared)):
        raise _not_convertible(version, obstacle)
    texts = _texts(spec)
    inputs = [
        (column, StringTensorType([None, 1]) if column in texts else FloatTensorType([None, 1]))
        for columns in columns_of(spec).values()
        for column in columns
    ]
    options = None if spec.task == "regression" else {"zipmap": False}
    try:
        with warnings.catch_warnings(action="ignore"):
            model: ModelProto = convert_sklearn(
                _prepare(version.model), version.manifest.version, inputs, target_opset={"": _OPSET, "ai.onnx.ml": 3},
                options=options, custom_conversion_functions=converters(), custom_shape_calculators=shapes(),
            )  # fmt: skip
    except Exception as error:
        raise _not_convertible(version, str(error).strip().partition("\n")[0][:200]) from error
    if spec.task != "regression":
        del model.graph.output[0]  # classes by the largest probability, which is not how the declaration decides
    facts = {
        "model": version.manifest.model, "version": version.manifest.version,
        "artifact_sha256": version.manifest.artifact.sha256 if version.manifest.artifact else "",
        "classes": ",".join(map(str, _classes(version))),
    }  # fmt: skip
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    return model


def _not_convertible(version: Version, reason: str) -> NotConvertible:
    return NotConvertible(
        f"version {version.manifest.version} cannot be written as ONNX: {reason.removesuffix('.')}. Score with "
        "steward.load, or declare an estimator, preprocessing and calibration that convert: infra/docs/versions.md"
    )


def score(model: ModelProto, spec: ModelSpec, rows: pd.DataFrame) -> NDArray[np.float64]:
    """What an ONNX model says of rows: as `recipe.score`, but several classes in the order of the model."""
    frame, texts = feature_frame(rows, spec), _texts(spec)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    asked = {item.name for item in session.get_inputs()}
    fed = {
        name: np.array(["" if pd.isna(cell) else str(cell) for cell in cells], dtype=object).reshape(-1, 1)
        if name in texts
        else cells.to_numpy(dtype=np.float32).reshape(-1, 1)
        for name, cells in frame.items()
        if name in asked
    }
    (found,) = session.run(None, fed)
    if spec.task == "regression":
        return np.asarray(found, dtype=np.float64).reshape(-1)
    answers: NDArray[np.float64] = np.asarray(found, dtype=np.float64)
    return answers[:, 1] if spec.task == "binary_classification" else answers


def compare_predictions(model: ModelProto, version: Version, rows: pd.DataFrame) -> OnnxAgreement:
    """How far the predictions for some rows are apart."""
    spec = version.spec
    theirs, ours = score(model, spec, rows), recipe.score(version.model, spec, rows)
    if spec.task == "multiclass_classification":
        ours = ours[:, [spec.classes.index(str(name)) for name in version.model.classes_]]
    unit = max(1.0, float(np.abs(ours).max(initial=0.0))) if spec.task == "regression" else 1.0
    distance = np.abs(theirs - ours).reshape(len(rows), -1).max(axis=1, initial=0.0) / unit
    return OnnxAgreement(len(rows), float(distance.max(initial=0.0)), int((~(distance <= TOLERANCE)).sum()))


def require_agreement(found: OnnxAgreement, version: str) -> None:
    """Refuse an ONNX model that says something else.

    Raises:
        NotConvertible: the predictions for some rows differ by more than the tolerance.
    """
    if found.beyond:
        raise NotConvertible(
            f"the ONNX model of version {version} differs by up to {found.largest:.2g} for {found.beyond:,} of "
            f"{found.rows:,} rows, and {TOLERANCE:g} is allowed: it computes in single precision, and these rows lie "
            "at a threshold of the trees. It is not written; score with steward.load"
        )


def _texts(spec: ModelSpec) -> set[str]:
    return {name for name, feature in learnable(spec).items() if feature.type in ("categorical", "boolean")}


def _classes(version: Version) -> list[object]:
    return list(
        version.classes_ if version.spec.task == "binary_classification" else getattr(version.model, "classes_", [])
    )


def _prepare(model: Fitted) -> Pipeline:
    """A copy without parts that no column is of, and with empty text for the missing category."""
    prepared: Pipeline = copy.deepcopy(model)
    columns, estimator = prepared[0], prepared[1]
    if isinstance(estimator, CalibratedClassifierCV):
        for fitted in estimator.calibrated_classifiers_:
            fitted.estimator = fitted.estimator.estimator
    columns.transformers_ = [part for part in columns.transformers_ if len(part[2])]
    for _, encoder, _ in columns.transformers_:
        if isinstance(encoder, TargetEncoder):
            encoder.categories_ = [
                np.array(["" if pd.isna(name) else name for name in names], dtype=object)
                for names in encoder.categories_
            ]
    return prepared
