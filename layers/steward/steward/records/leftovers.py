"""Recognises files without rows that engines and desktops leave beside data."""

import re

_HIDDEN = re.compile(r"\.(?!\.?$)|_(?![^=]*=)|~\$")
"""Beginnings of names that Hadoop, Spark, Hive, Athena and Glue pass over too; `_column=value` is a partition."""
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MARKER = re.compile(
    r".*_\$folder\$|.*\._COPYING_|.*\.crc|.*\.metadata|(.*\.)?manifest|manifest\.(json|checksum)"
    rf"|version-hint\.text|(v\d+|\d+-{_UUID})(\.gz)?\.metadata\.json|(snap-\d+-\d+-)?{_UUID}(-m\d+)?\.avro"  # Iceberg
    rf"|{_UUID}-manifest\.csv|Thumbs\.db|desktop\.ini",
    re.DOTALL,
)
_DATA = re.compile(r"(?i).*\.(csv|tsv|tab|txt|jsonl|ndjson|json|parquet|pq)(\.(gz|gzip|zst|zstd))?", re.DOTALL)
_PART = re.compile(
    r"(?i)(run-\d+-)?part[-.](r-|m-)?\d+.*"  # Spark, Hadoop, Glue, Dask, PyArrow
    r"|\d{6}_\d+.*"  # Hive
    r"|.*\d{4}_part_\d+.*"  # Redshift
    r"|.*data_\d+(_\d+_\d+)?(\..*)?"  # Snowflake, DuckDB
    r"|.*-\d{12}(\..*)?"  # BigQuery
    r"|\d{8}_\d{6}_\d{5}_[0-9a-z]{5}_.*"  # Athena, Trino
    r"|.+-\d+-\d{4}(-\d{2}){5}-[0-9a-f-]{36}(\..*)?",  # Firehose
    re.DOTALL,
)


def is_leftover(path: str) -> bool:
    """Whether an object is no data by its path below the inbox: a marker, a checksum, a log, or in a hidden folder.

    A file that begins with `_` and ends like data is data.

    >>> [is_leftover(path) for path in ("_SUCCESS", "_temporary/0/part-00000.csv", ".a.csv.crc", "day_$folder$")]
    [True, True, True, True]
    >>> [is_leftover(path) for path in ("a.csv", "_a.csv", "_day=1/a.csv", "part-00000")]
    [False, False, False, False]
    """
    *folders, name = path.split("/")
    if any(_HIDDEN.match(folder) for folder in folders) or _MARKER.fullmatch(name):
        return True
    return bool(_HIDDEN.match(name)) and not (name.startswith("_") and _DATA.fullmatch(name))


def is_part(path: str) -> bool:
    """Whether a file has a name that engines give to the parts of a table, of which some may be empty.

    >>> [is_part(name) for name in ("run=1/part-00001.csv", "000000_0", "predictions.csv", "party-1.csv")]
    [True, True, False, False]
    """
    return bool(_PART.fullmatch(path.rsplit("/", 1)[-1]))
