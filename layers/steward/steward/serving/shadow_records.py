"""The predictions of a shadow on rows that were answered, as records of kind `shadows`."""

import json
from typing import Any

import pandas as pd

from steward.retraining.recipe import feature_frame, score_frame
from steward.serving.answers import Answered, ServedVersion, describe_predictions, outputs_of
from steward.serving.request_rows import write_time
from steward.spec.model import ModelSpec


def encode_shadows(spec: ModelSpec, version: ServedVersion, rows: pd.DataFrame) -> list[bytes]:
    """Lines of JSON with the ID of the answered row, its time, the version, and what that says of the row.

    Args:
        spec: the declaration in force.
        version: that shadows.
        rows: as `read_records` gives them.
    """
    columns = spec.columns
    scores = score_frame(version.model, spec, feature_frame(rows, version.spec))
    ids = rows[columns.id].tolist()
    answers = describe_predictions(spec, scores, ids, [Answered(version.version, None)] * len(ids))
    lines = []
    for answer, time in zip(answers, rows[columns.time], strict=True):
        record: dict[str, Any] = {
            columns.id: answer["id"],
            columns.time: write_time(time.to_pydatetime(), columns.time_format),
            columns.version: answer["version"],
        }
        record |= outputs_of(spec, answer)
        lines.append(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return lines
