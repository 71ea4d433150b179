"""Detects the format of a file by its name and its first bytes."""

import re
from pathlib import Path, PurePosixPath

from steward.errors import BatchInvalid
from steward.records.compressed import Compression, blocks
from steward.records.decoding.footer import ENCRYPTED_MAGIC, encrypted_error
from steward.records.raw import ColumnExpectation, Format, ReadLimits, RowReader
from steward.records.text import NumberedLines

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PARQUET = frozenset({".parquet", ".pq"})
COMPRESSIONS: dict[str, Compression] = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}

_MAGIC: dict[Compression, bytes] = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_FOREIGN = {
    b"PK\x03\x04": "zip (or Excel)", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"ORC": "ORC", b"Obj\x01": "Avro",
}  # fmt: skip
_SIGNATURES = {b"PAR1": "Parquet", **{magic: name for name, magic in _MAGIC.items()}, **_FOREIGN}
_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,9}")
"""What ends a name to tell a format; `.2024-01-21` does not."""
_HEAD = 32
"""Bytes that tell: files of Parquet, ORC and bzip2 begin with letters, as a header may too, but go on with others."""
_CONTROL = frozenset(range(0x20)) - frozenset(b"\t\n\r")
_SIGNATURE_OF: dict[Format | Compression, str] = {"parquet": "Parquet", "gzip": "gzip", "zstd": "zstd"}
_KNOWN = ".csv, .tsv, .tab, .txt, .jsonl, .ndjson, .json (each may be followed by .gz or .zst), .parquet or .pq"


def format_of(name: str) -> tuple[Format, Compression | None]:
    """The format and compression that a name promises.

    >>> format_of("inbox/flights/predictions/2013-03.csv.gz")
    ('csv', 'gzip')

    Raises:
        BatchInvalid: the name ends in none that is known.
    """
    written, compression = promised_format(name), _suffixes(name)[1]
    if written is None:
        raise BatchInvalid("unknown_format", f"the name {name} does not tell the format; let it end in {_KNOWN}")
    if compression and written == "parquet":
        raise BatchInvalid(
            "compressed_parquet", f"{name} is Parquet, which compresses itself; upload it without {compression} around"
        )
    return written, compression


def promised_format(name: str) -> Format | None:
    """The format that a name promises; None where it promises none."""
    suffixes, _ = _suffixes(name)
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def recognise(path: Path, name: str) -> tuple[Format, Compression | None]:
    """The format and compression of a file: as its name promises or, where it has no ending, by its first bytes.

    Raises:
        BatchInvalid: its name ends in none that is known, or it is something else.
    """
    suffixes, _ = _suffixes(name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = _signature(head)
    if found == "Parquet" and _PARQUET.intersection(PurePosixPath(name.lower()).suffixes[-2:]):
        return "parquet", None  # `sales.parquet.gzip` names the compression inside, as in the documentation of pandas
    if suffixes and _ENDING.fullmatch(suffixes[-1]):
        return format_of(name)
    if found == "Parquet":
        return "parquet", None
    compression = next((known for known in _MAGIC if known == found), None)
    if found and not compression:
        raise BatchInvalid("unknown_format", f"{name} holds {found} data; upload it as one of {_KNOWN}")
    text = next(blocks(path, name, compression, ReadLimits()), b"")
    written: Format = "jsonl" if text.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else "csv"
    return written, compression


def _suffixes(name: str) -> tuple[list[str], Compression | None]:
    """The endings of a name, in lower case, without that of a compression; and the compression."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    return (suffixes[:-1] if compression else suffixes), compression


def open_rows(
    path: Path,
    name: str,
    limits: ReadLimits | None = None,
    expected: ColumnExpectation = ColumnExpectation(),  # noqa: B008 - frozen
) -> RowReader:
    """Open a local file for reading row by row, in bounded memory.

    Args:
        path: where it lies.
        name: what the user called it (an object key will do): it says the format, and stands in every message.
        limits: what it may cost.
        expected: what is known of its columns.

    Raises:
        BatchInvalid: it is not what its name says, is empty, cut off or damaged, or has no header.
    """
    limits = limits or ReadLimits()
    written, compression = recognise(path, name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise BatchInvalid("empty_file", f"{name} is empty (0 bytes); upload a file with rows")
    if written == "parquet" and head.startswith(ENCRYPTED_MAGIC):
        raise encrypted_error(name)
    _agree(head, _SIGNATURE_OF.get(compression or written), name)
    if written == "parquet":
        from steward.records.parquet import ParquetRows  # noqa: PLC0415 - each format loads its own library

        return ParquetRows(path, name, limits)
    lines = NumberedLines(path, name, compression, limits)
    _text(lines, name)
    if written == "csv":
        from steward.records.delimited import DelimitedRows  # noqa: PLC0415

        return DelimitedRows(lines, limits, expected)
    from steward.records.json_keys import keys_in  # noqa: PLC0415
    from steward.records.jsonlines import JsonLineRows  # noqa: PLC0415

    return JsonLineRows(lines, limits, expected, lambda names: keys_in(blocks(path, name, compression, limits), names))


def _signature(head: bytes) -> str | None:
    """What the first bytes of a file say that it is; None for text, and for what is not known."""
    magic = next((magic for magic in _SIGNATURES if head.startswith(magic)), b"")
    is_text = magic.isalnum() and len(head) > len(magic) and _CONTROL.isdisjoint(head[:_HEAD])
    return None if is_text else _SIGNATURES.get(magic)


def _agree(head: bytes, promised: str | None, name: str) -> None:
    found = _signature(head)
    if found != promised:
        what = f"holds {found} data" if found else f"does not begin as {promised} does"
        raise BatchInvalid(
            "not_what_its_name_says", f"{name} {what}; give it the name of what it is, ending in {_KNOWN}"
        )


def _text(lines: NumberedLines, name: str) -> None:
    head = lines.head
    if not head:
        raise BatchInvalid("empty_file", f"{name} decompresses to nothing; upload a file with rows")
    _agree(head, None, name)
    first_line = head.split(b"\n", 1)[0]
    if b"\0" in first_line or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BatchInvalid("not_text", f"{name} is not UTF-8 text (binary, or UTF-16); save it as UTF-8")
