"""Scores rows with a version, and writes the answer and the record of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.records.columns import CategoricalColumn, Column, EmbeddingColumn, NumericColumn
from steward.records.labels import class_names
from steward.records.schema import ARM_COLUMN, MODEL_COLUMN
from steward.retraining.recipe import Fitted, columns_of, learnable, score_frame
from steward.serving.refusals import FieldProblem, RequestRefused
from steward.serving.request_body import MOST_ROW_BYTES, RequestRow
from steward.spec.features import EmbeddingFeature
from steward.spec.model import ModelSpec


@dataclass(frozen=True, slots=True)
class ServedVersion:
    """A version that answers.

    Attributes:
        version: its name.
        spec: the declaration that it was trained under.
        model: the fitted pipeline.
    """

    version: str
    spec: ModelSpec
    model: Fitted

    def score(self, spec: ModelSpec, columns: Mapping[str, Column], rows: int) -> NDArray[np.float64]:
        """What it says of each row: as `steward.retraining.recipe.score`.

        Args:
            spec: the declaration in force, which orders the classes.
            columns: by feature, as records have them; one that it lacks is missing in every row.
            rows: how many.

        Raises:
            RequestRefused: the estimator takes no such values, or gives no finite number for a row.
        """
        frame = feature_frame_of(columns, self.spec, rows)
        try:
            with np.errstate(over="ignore"):  # it becomes infinite, which is refused
                scores = score_frame(self.model, spec, frame)
        except (ValueError, OverflowError) as error:  # such as a number that is too large for the trees of a forest
            message = str(error).partition("\n")[0]
            raise RequestRefused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"version {self.version} cannot score the rows: {message}; correct them",
            ) from error
        strange = np.flatnonzero(~np.isfinite(scores.reshape(rows, -1)).all(axis=1))
        if len(strange):
            detail = f"version {self.version} gives no finite number for the row; correct its largest numbers"
            problems = [FieldProblem(int(at) + 1, None, "not_scored", detail) for at in strange]
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, detail, problems)
        return scores


def feature_frame_of(columns: Mapping[str, Column], spec: ModelSpec, rows: int) -> pd.DataFrame:
    """The learnable features in declared order, as `steward.retraining.recipe.feature_frame` gives them.

    It makes the frame from arrays at once: for one row, pandas takes ten times as long as the estimator otherwise.
    """
    arrays: dict[str, NDArray[Any] | pd.Series] = {}
    parts = columns_of(spec)
    for name, feature in learnable(spec).items():
        column = columns.get(name)
        match column:
            case NumericColumn():
                arrays[name] = column.values  # noqa: PD011 - ours, not pandas'
            case CategoricalColumn():
                cells = np.array([*column.categories, None], dtype=object)[column.codes]
                arrays[name] = pd.Series(cells, dtype=object)
            case EmbeddingColumn():
                arrays |= zip(parts[name], column.values.astype(np.float64).T, strict=True)  # noqa: PD011 - as above
            case _ if isinstance(feature, EmbeddingFeature) or feature.type == "numeric":
                arrays |= {part: np.full(rows, np.nan) for part in parts[name]}
            case _:
                arrays[name] = pd.Series(np.full(rows, None, dtype=object), dtype=object)
    return pd.DataFrame(arrays, copy=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """Who answered a row.

    Attributes:
        arm: None where the row takes no part in a release.
    """

    version: str
    arm: str | None


def describe_predictions(
    spec: ModelSpec, scores: NDArray[np.float64], ids: Sequence[str], answered: Sequence[Answered]
) -> list[dict[str, Any]]:
    """The answer to each row.

    Args:
        spec: the declaration in force.
        scores: of the rows, shape (rows,), or (rows, classes) of several classes.
        ids: of the predictions.
        answered: who gave them.
    """
    return [
        {"id": name, "version": by.version, "arm": by.arm, **outputs}
        for name, by, outputs in zip(ids, answered, _outputs(spec, scores), strict=True)
    ]


def _outputs(spec: ModelSpec, scores: NDArray[np.float64]) -> list[dict[str, Any]]:
    names = class_names(spec)
    match spec.task:
        case "regression":
            return [{"prediction": value} for value in scores.tolist()]
        case "multiclass_classification":
            decided = scores.argmax(axis=1).tolist()
            return [
                {"prediction": names[at], "scores": dict(zip(names, row, strict=True))}
                for at, row in zip(decided, scores.tolist(), strict=True)
            ]
        case _:
            return [{"prediction": names[int(score >= spec.threshold)], "score": score} for score in scores.tolist()]


def outputs_of(spec: ModelSpec, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the version says of a row, by the columns of its record."""
    columns = spec.columns
    outputs = {columns.score: answer["score"]} if columns.score else {}
    outputs |= {columns.prediction: answer["prediction"]} if columns.prediction else {}
    return outputs | {column: answer["scores"][name] for name, column in columns.scores.items()}


def encode_records(
    spec: ModelSpec, cells: Sequence[RequestRow], answers: Sequence[Mapping[str, Any]], milliseconds: float
) -> list[bytes]:
    """The record of each row as a line of JSON, as ingestion takes predictions.

    Args:
        spec: the declaration in force.
        cells: of the rows, as the client gave them.
        answers: as `describe_predictions` gives them.
        milliseconds: that the answer took, for the column of the latency where one is declared.

    Raises:
        RequestRefused: a row is longer than a record may be.
    """
    columns = spec.columns
    same: RequestRow = {MODEL_COLUMN: spec.model}
    same |= {columns.latency: round(milliseconds, 3)} if columns.latency else {}
    same |= {columns.error: False} if columns.error else {}
    lines = []
    for row, answer in zip(cells, answers, strict=True):
        record = row | same | {columns.version: answer["version"]}
        if answer["arm"] is not None and ARM_COLUMN not in spec.declared:
            record[ARM_COLUMN] = answer["arm"]
        record |= outputs_of(spec, answer)
        lines.append(_LINE.encode(record).encode() + b"\n")
    problems = [
        FieldProblem(at, None, "row_too_long", f"the row has more than {MOST_ROW_BYTES:,} bytes; shorten its texts")
        for at, line in enumerate(lines, start=1)
        if len(line) > MOST_ROW_BYTES
    ]
    if problems:
        raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problems[0].detail, problems)
    return lines


_LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
