# ruff: noqa: DTZ001, E501, S608 - dates as written, long tables, and SQL of our own
"""Write the files of this folder: each type that a writer knows, as one column of three rows, the second of them null.

    python -m venv /tmp/writers && /tmp/writers/bin/pip install pyarrow polars fastparquet pandas duckdb
    /tmp/writers/bin/python tests/data/parquet/make.py

Made with pyarrow 26.0.1, polars 2.1.0, fastparquet 2026.9.0, pandas 3.1.1 and duckdb 2.0.1. `test_parquet_types.py`
says what each column is read as. `category-of-booleans.parquet` is a day of predictions, as pandas writes it, with a
category of booleans that is not declared.
"""

import datetime as dt
import decimal
import json
import uuid
from pathlib import Path

import duckdb
import fastparquet
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

HERE = Path(__file__).parent
FIRST, SECOND = uuid.UUID("00112233-4455-4677-8899-aabbccddeeff"), uuid.UUID("ffeeddcc-bbaa-4988-b766-554433221100")
DAY, LATER = dt.date(1, 1, 1), dt.date(9999, 12, 31)
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 678901)
CENT = decimal.Decimal


def of_arrow() -> pa.Table:
    kinds = {
        "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(),
        "uint8": pa.uint8(), "uint16": pa.uint16(), "uint32": pa.uint32(), "uint64": pa.uint64(),
        "float16": pa.float16(), "float32": pa.float32(), "float64": pa.float64(),
    }  # fmt: skip
    columns = {name: pa.array([1, None, 2], pa.float64()).cast(kind) for name, kind in kinds.items()}
    columns |= {f"{name}_coded": array.dictionary_encode() for name, array in columns.items() if name != "float16"}
    columns |= {
        "bool": pa.array([True, None, False]),
        "bool_coded": pa.array([True, None, False]).dictionary_encode(),
        "text": pa.array(["a", None, "b"]),
        "text_coded": pa.array(["a", None, "b"]).dictionary_encode(),
        "large_text": pa.array(["a", None, "b"], pa.large_string()),
        "text_view": pa.array(["a", None, "b"], pa.string_view()),
        "json": pa.array(['{"a":1}', None, "2"], pa.json_()),
        "binary": pa.array([b"a", None, b"b"]),
        "binary_unreadable": pa.array([b"\xff", None, b"\xfe"]),
        "fixed": pa.array([b"abcd", None, b"ef\0\0"], pa.binary(4)),
        "fixed_coded": pa.array([b"abcd", None, b"ef\0\0"], pa.binary(4)).dictionary_encode(),
        "fixed_unreadable": pa.array([b"\xff\xff", None, b"\xfe\xfe"], pa.binary(2)),
        "uuid": pa.array([FIRST.bytes, None, SECOND.bytes], pa.uuid()),
        "uuid_bytes": pa.array([FIRST.bytes, None, SECOND.bytes], pa.binary(16)),
        "uuid_binary": pa.array([FIRST.bytes, None, SECOND.bytes]),
        "null": pa.nulls(3),
        "date": pa.array([DAY, None, LATER]),
        "date_coded": pa.array([DAY, None, LATER]).dictionary_encode(),
        "date64": pa.array([DAY, None, LATER], pa.date64()),
        "time_ms": pa.array([dt.time(1, 2, 3, 4000), None, dt.time(23, 59, 59)], pa.time32("ms")),
        "time_us": pa.array([dt.time(1, 2, 3, 4), None, dt.time(23, 59, 59)], pa.time64("us")),
        "time_ns": pa.array([dt.time(1, 2, 3, 4), None, dt.time(23, 59, 59)], pa.time64("ns")),
        "zoned": pa.array([MOMENT, None, MOMENT], pa.timestamp("us", tz="Europe/Berlin")),
        "list": pa.array([[1.5, 2.5], None, [3.5]]),
        "list_half": pa.array([[np.float16(1.5)], None, [np.float16(2.5)]], pa.list_(pa.float16())),
        "fixed_list": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int16(), 2)),
        "list_of_text": pa.array([["a"], None, ["b"]]),
        "list_of_lists": pa.array([[[1]], None, [[2]]]),
        "struct": pa.array([{"a": 1}, None, {"a": 2}]),
        "map": pa.array([[("a", 1)], None, [("b", 2)]], pa.map_(pa.string(), pa.int64())),
    }
    for unit in ("s", "ms", "us", "ns"):
        columns[f"timestamp_{unit}"] = pa.array([MOMENT, None, MOMENT], pa.timestamp("us")).cast(
            pa.timestamp(unit), safe=False
        )
        columns[f"duration_{unit}"] = pa.array([90, None, 86_400], pa.duration("s")).cast(pa.duration(unit))
    for digits in (9, 18, 38):
        columns[f"decimal_{digits}"] = pa.array([CENT("1.50"), None, CENT("-2.25")], pa.decimal128(digits, 2))
    columns["decimal_76"] = pa.array([CENT("1.50"), None, CENT("-2.25")], pa.decimal256(76, 2))
    columns["decimal_coded"] = columns["decimal_38"].dictionary_encode()
    return pa.table({**columns, "dotted.name": pa.array([1, None, 2]), "with space": pa.array([1, None, 2])})


def write_arrow() -> None:
    table = of_arrow()
    pq.write_table(table, HERE / "pyarrow.parquet")
    plain = table.select([name for name in table.column_names if not name.endswith("_coded") or "bool" not in name])
    options = {
        "data_page_version": "2.0",
        "use_dictionary": False,
        "store_decimal_as_integer": True,
        "row_group_size": 1,
    }
    pq.write_table(plain, HERE / "pyarrow-v2.parquet", compression="zstd", **options)
    moments = pa.array([dt.datetime(1, 1, 1), None, dt.datetime(9999, 12, 31)], pa.timestamp("us"))
    old = pa.table({"timestamp": moments, "number": pa.array([1.5, None, 2.5])})
    spark = {"type": "struct", "fields": [{"name": "wait", "type": "interval day to second", "nullable": True}]}
    old = old.append_column("wait", pa.array([90_000_000, None, 1_500_000], pa.int64()))
    options = {"use_deprecated_int96_timestamps": True, "flavor": "spark", "store_schema": False}
    with pq.ParquetWriter(HERE / "spark.parquet", old.schema, **options) as writer:
        writer.write_table(old)
        writer.add_key_value_metadata({"org.apache.spark.sql.parquet.row.metadata": json.dumps(spark)})
    for codec in ("snappy", "gzip", "brotli", "lz4", "zstd", "none"):
        numbers = pa.table({"number": pa.array([1.5, None, 2.5]), "text": pa.array(["a", None, "b"])})
        pq.write_table(numbers, HERE / f"codec-{codec}.parquet", compression=codec)
    groups = pa.table({"number": pa.array([1.5, None, 2.5])})
    with pq.ParquetWriter(HERE / "empty-groups.parquet", groups.schema) as writer:
        for part in (groups.slice(0, 0), groups.slice(0, 1), groups.slice(0, 0), groups.slice(1)):
            writer.write_table(part)
    pq.write_table(groups.slice(0, 0), HERE / "no-rows.parquet")
    twice = pa.Table.from_arrays([groups["number"], pa.array(["a", None, "b"])], names=["number", "number"])
    pq.write_table(twice, HERE / "same-name.parquet")
    flags = pa.table({"bool": pa.array([True, None, False])})
    pq.write_table(
        flags,
        HERE / "run-lengths.parquet",
        use_dictionary=False,
        column_encoding={"bool": "RLE"},
        data_page_version="2.0",
    )
    deltas = pa.table(
        {"number": pa.array([1, None, 2]), "text": pa.array(["ab", None, "ac"]), "float": pa.array([1.5, None, 2.5])}
    )
    encodings = {"number": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY", "float": "BYTE_STREAM_SPLIT"}
    pq.write_table(deltas, HERE / "encodings.parquet", use_dictionary=False, column_encoding=encodings)


class _Keys(pe.KmsClient):
    def __init__(self, configuration: pe.KmsConnectionConfig) -> None:
        super().__init__()

    def wrap_key(self, key: bytes, _name: str) -> bytes:
        return key

    def unwrap_key(self, key: bytes, _name: str) -> bytes:
        return key


def write_encrypted() -> None:
    table = pa.table({"open": pa.array([1, 2]), "secret": pa.array([3, 4])})
    factory = pe.CryptoFactory(_Keys)
    for name, footer in (("encrypted", False), ("encrypted-column", True)):
        asked = pe.EncryptionConfiguration(
            footer_key="f", column_keys={"c": ["secret"]}, plaintext_footer=footer, double_wrapping=False
        )
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), asked)
        pq.write_table(table, HERE / f"{name}.parquet", encryption_properties=properties)


def write_polars() -> None:
    frame = pl.DataFrame(
        {
            "int8": pl.Series([1, None, 2], dtype=pl.Int8),
            "uint64": pl.Series([1, None, 2], dtype=pl.UInt64),
            "float32": pl.Series([1.5, None, 2.5], dtype=pl.Float32),
            "float64": pl.Series([1.5, None, 2.5], dtype=pl.Float64),
            "bool": [True, None, False],
            "text": ["a", None, "b"],
            "category": pl.Series(["a", None, "b"], dtype=pl.Categorical),
            "enum": pl.Series(["a", None, "b"], dtype=pl.Enum(["a", "b"])),
            "binary": [b"a", None, b"b"],
            "date": [DAY, None, LATER],
            "time": [dt.time(1, 2, 3, 4), None, dt.time(23, 59, 59)],
            "moment": pl.Series([MOMENT, None, MOMENT], dtype=pl.Datetime("us")),
            "zoned": pl.Series([MOMENT, None, MOMENT], dtype=pl.Datetime("ms", "Asia/Tokyo")),
            "duration": pl.Series([dt.timedelta(seconds=90), None, dt.timedelta(days=1)], dtype=pl.Duration("ms")),
            "decimal": pl.Series([CENT("1.50"), None, CENT("-2.25")], dtype=pl.Decimal(20, 2)),
            "list": [[1.5, 2.5], None, [3.5]],
            "array": pl.Series([[1.5, 2.5], None, [3.5, 4.5]], dtype=pl.Array(pl.Float64, 2)),
            "struct": [{"a": 1}, None, {"a": 2}],
            "null": pl.Series([None, None, None], dtype=pl.Null),
        }
    )
    frame.write_parquet(HERE / "polars.parquet")


def write_pandas() -> None:
    frame = pd.DataFrame(
        {
            "int": [1, 3, 2],
            "nullable": pd.array([1, None, 2], "Int64"),
            "float": [1.5, None, 2.5],
            "bool": [True, False, False],
            "text": ["a", None, "b"],
            "category": pd.Categorical(["a", None, "b"]),
            "moment": pd.to_datetime([MOMENT, None, MOMENT]),
            "zoned": pd.to_datetime([MOMENT, None, MOMENT]).tz_localize("UTC"),
            "duration": pd.to_timedelta([90, None, 86_400], unit="s"),
        }
    )
    numbers = frame.assign(flags=pd.Categorical([True, None, False]), codes=pd.Categorical([1, None, 2]))
    numbers["days"] = pd.Categorical(pd.to_datetime(["2024-01-02", None, "2024-01-03"]))
    numbers.to_parquet(HERE / "pandas.parquet", engine="pyarrow")
    fastparquet.write(str(HERE / "fastparquet.parquet"), frame, object_encoding={"text": "utf8"}, fixed_text={})


def write_duckdb() -> None:
    columns = {
        "tinyint": "1::tinyint", "uinteger": "1::uinteger", "hugeint": "1::hugeint", "float": "1.5::float",
        "double": "1.5::double", "boolean": "true", "varchar": "'a'", "blob": "'a'::blob", "uuid": f"'{FIRST}'::uuid",
        "date": "date '2024-01-02'", "before_christ": "date '0044-03-15 (BC)'", "forever": "'infinity'::date",
        "time": "time '01:02:03.000004'", "timetz": "timetz '01:02:03+00'", "timestamp": "timestamp '2024-01-02 03:04:05.678901'",
        "timestamptz": "timestamptz '2024-01-02 03:04:05.678901+00'", "timestamp_s": "timestamp_s '2024-01-02 03:04:05'",
        "timestamp_ns": "timestamp_ns '2024-01-02 03:04:05.678901'", "interval": "to_seconds(90)", "days": "to_days(2)",
        "months": "to_months(5)", "decimal_4": "1.5::decimal(4,2)", "decimal_9": "1.5::decimal(9,2)",
        "decimal_18": "1.5::decimal(18,2)", "decimal_38": "1.5::decimal(38,2)", "enum": "'a'::enum('a','b')",
        "bit": "'0101'::bit", "json": "'{\"a\":1}'::json", "list": "[1.5::double]", "list_of_text": "['a']",
        "struct": "{'a': 1}", "map": "map {'a': 1}", "nothing": "null",
    }  # fmt: skip
    chosen = ", ".join(f'case i when 1 then null else {sql} end as "{name}"' for name, sql in columns.items())
    connection = duckdb.connect()
    connection.sql("set timezone = 'UTC'")
    for name, options in (("duckdb", ""), ("duckdb-v2", ", parquet_version v2, compression zstd")):
        path = HERE / f"{name}.parquet"
        connection.sql(f"copy (select {chosen} from range(3) t(i)) to '{path}' (format parquet{options})")


def write_predictions() -> None:
    """The same sixty predictions by each writer that the tests themselves do not have."""
    rows = 60
    frame = pd.DataFrame(
        {
            "id": [f"id-{at}" for at in range(rows)],
            "at": pd.date_range("2024-01-20", periods=rows, freq="min", tz="UTC"),
            "score": np.arange(rows) / rows,
            "age": np.where(np.arange(rows) % 17, np.arange(rows) % 9, np.nan),
            "make": [["Ford", "BMW", "Fiat"][at % 3] for at in range(rows)],
            "weekend": [at % 2 == 0 for at in range(rows)],
        }
    )
    frame.to_parquet(HERE / "predictions-pandas.parquet", engine="pyarrow")
    pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False), HERE / "predictions-pyarrow.parquet", data_page_version="2.0"
    )
    pl.DataFrame(frame.to_dict("list")).write_parquet(HERE / "predictions-polars.parquet")
    text = {"id": "utf8", "make": "utf8"}
    fastparquet.write(str(HERE / "predictions-fastparquet.parquet"), frame, object_encoding=text)


if __name__ == "__main__":
    for write in (write_arrow, write_polars, write_pandas, write_duckdb, write_encrypted, write_predictions):
        write()
