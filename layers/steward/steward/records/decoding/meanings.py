"""Meaning of values that only the writing program states."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

from arro3.core import DataType
from arro3.io import read_ipc_stream

from steward.records.decoding.footer import Footer
from steward.records.decoding.parquet_columns import Meaning

_TYPES: Any = DataType
_ANNOTATED = {"UUID": Meaning.UUID, "INTERVAL": Meaning.INTERVAL}
_SPARK = b"org.apache.spark.sql.parquet.row.metadata"
_PANDAS = b"pandas"
_WHOLE = {"INT64", "TIME (INT64)", "INTEGER (INT64)"}
"""The types of columns that hold durations."""


def meanings_of(footer: Footer) -> dict[str, Meaning]:
    """By the names of columns: UUIDs and intervals by their own annotation, durations by what writers add.

    Arrow and Polars add their schema, pandas (with fastparquet) and Spark a description in JSON. What cannot be read of
    these says nothing.
    """
    annotated = {
        column.name: _ANNOTATED[column.annotation] for column in footer.columns if column.annotation in _ANNOTATED
    }
    whole = {column.name for column in footer.columns if column.type in _WHOLE}
    added = footer.key_values
    durations: dict[str, Meaning] = {}
    for key, read in ((_SPARK, _of_spark), (_PANDAS, _of_pandas), (b"ARROW:schema", _of_arrow)):
        try:
            durations |= dict(read(added[key])) if key in added else {}
        except Exception:  # noqa: BLE001, S112 - whatever a writer put there
            continue
    return annotated | {name: meaning for name, meaning in durations.items() if name in whole}


def _of_arrow(written: bytes) -> Iterator[tuple[str, Meaning]]:
    schema: Any = read_ipc_stream(io.BytesIO(base64.b64decode(written))).schema
    for at in range(len(schema)):
        field = schema.field(at)
        if _TYPES.is_duration(field.type):
            yield field.name, Meaning(field.type.time_unit)


def _of_pandas(written: bytes) -> Iterator[tuple[str, Meaning]]:
    for column in json.loads(written)["columns"]:
        if str(column.get("numpy_type", "")).startswith("timedelta64"):
            yield column.get("field_name") or column["name"], Meaning.MICROSECONDS


def _of_spark(written: bytes) -> Iterator[tuple[str, Meaning]]:
    for column in json.loads(written)["fields"]:
        if (
            str(column["type"]).startswith("interval ")
            and "year" not in column["type"]
            and "month" not in column["type"]
        ):
            yield column["name"], Meaning.MICROSECONDS
