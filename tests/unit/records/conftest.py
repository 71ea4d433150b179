"""What the tests of records share: one declaration, and a way to judge a file."""

import contextlib
import functools
import gzip
import io
import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from arro3.core import Array, RecordBatch, Table
from arro3.io import write_parquet

from steward.records.columns import NumericColumn
from steward.records.decoding import process
from steward.records.raw import ReadLimits, RejectedRow
from steward.records.record_file_reader import RecordFileReader
from steward.records.row_validation import ValidatedChunk
from steward.records.schema import RecordKind
from steward.records.valid_records import Records, concatenate
from steward.spec.model import ModelSpec

NOW = datetime(2013, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def spec() -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "flight", "time": "at", "score": "p", "label": "late", "prediction": "decided"},
            "features": {
                "distance": {"type": "numeric", "minimum": 0, "maximum": 10_000, "nullable": False},
                "wind": "numeric",
                "carrier": {"type": "categorical", "nullable": False},
                "origin": "categorical",
            },
            "retraining": {"recipe": {"estimator": "LogisticRegression"}},
        }
    )


@pytest.fixture
def measured_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count what the decoder's own process runs, where coverage is measured.

    By itself coverage sees nothing of it: it starts without site-packages and with few variables, and is killed as
    soon as its last row was received. Measured ones are let end by themselves.
    """
    variable, stop = "COVERAGE_PROCESS_CONFIG", process._stop
    if variable not in os.environ:
        return

    def let_end(child: subprocess.Popen[bytes], errors: object) -> None:
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(30)
        stop(child, errors)

    measure = "sys.argv[1:]; import coverage; coverage.process_startup();"
    monkeypatch.setattr(process, "_START", process._START.replace("sys.argv[1:];", measure))
    monkeypatch.setattr(process, "_ENVIRONMENT", (*process._ENVIRONMENT, variable))
    monkeypatch.setattr(process, "_stop", let_end)


@dataclass(frozen=True)
class Verdict:
    parts: list[ValidatedChunk]
    batch: RecordFileReader

    @property
    def records(self) -> Records:
        return concatenate([part.records for part in self.parts])

    @property
    def rejected(self) -> list[RejectedRow]:
        return [row for part in self.parts for row in part.rejected]

    @property
    def notes(self) -> list[str]:
        return self.batch.notes

    @property
    def invalid(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for part in self.parts:
            counts.update(part.invalid)
        return dict(counts)

    @property
    def tolerated(self) -> int:
        return sum(part.tolerated for part in self.parts)

    @property
    def codes(self) -> dict[int, list[str]]:
        return {row.row: [reason.code for reason in row.reasons] for row in self.rejected}

    @property
    def messages(self) -> str:
        return "\n".join(reason.message for row in self.rejected for reason in row.reasons)


Judging = Callable[..., Verdict]


@pytest.fixture(scope="session")
def judge_by(tmp_path_factory: pytest.TempPathFactory) -> Judging:
    """Judges a file by any declaration."""
    folder = tmp_path_factory.mktemp("files")

    def judged(
        spec: ModelSpec,
        content: bytes | Path,
        name: str,
        kind: RecordKind = "predictions",
        limits: ReadLimits | None = None,
    ) -> Verdict:
        path = folder / "file"
        if isinstance(content, Path):
            path = content
        else:
            path.write_bytes(content)
        batch = RecordFileReader(path, f"inbox/flights/{kind}/{name}", spec, kind, NOW, limits)
        return Verdict(list(batch), batch)

    return judged


@pytest.fixture(scope="session")
def judge(spec: ModelSpec, judge_by: Judging) -> Judging:
    """Judges a file by the declaration that most tests share."""
    return functools.partial(judge_by, spec)


@pytest.fixture
def row() -> Callable[..., dict[str, object]]:
    """A valid prediction, with changes."""

    def made(**changes: object) -> dict[str, object]:
        return {
            "flight": "UA1",
            "at": "2013-03-04T12:30:00Z",
            "p": 0.25,
            "decided": 0,
            "distance": 1400,
            "wind": 10.5,
            "carrier": "UA",
            "origin": "EWR",
            **changes,
        }

    return made


def as_csv(rows: list[dict[str, object]]) -> bytes:
    """Every cell quoted where it must be; None as an empty cell."""
    names = list(rows[0])
    lines = [names, *([row[name] for name in names] for row in rows)]
    return "".join(",".join(_cell(cell) for cell in line) + "\r\n" for line in lines).encode()


def as_jsonl(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(columns: dict[str, Array]) -> bytes:
    output = io.BytesIO()
    batch = RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    write_parquet(Table.from_batches([batch]), output, compression="snappy")
    return output.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def table(records: Records) -> dict[str, list[object]]:
    """Everything in records as lists of plain values, for comparing."""
    columns: dict[str, list[object]] = {"": records.ids.tolist()}
    if records.times is not None:
        columns["time"] = records.times.tolist()
    for name, column in {**records.chunk.columns, "version": records.versions}.items():
        if isinstance(column, NumericColumn):
            values = zip(column.values.tolist(), column.absent.tolist(), strict=True)
            columns[name] = [None if absent else value for value, absent in values]
        elif column is not None:
            columns[name] = [column.cell(at) for at in range(column.rows)]
    return columns


@pytest.fixture(scope="session")
def write() -> dict[str, Callable[..., bytes]]:
    return {
        "csv": as_csv,
        "jsonl": as_jsonl,
        "parquet": as_parquet,
        "csv.gz": lambda rows: gzip.compress(as_csv(rows)),
        "csv.zst": lambda rows: zstandard.compress(as_csv(rows)),
        "jsonl.gz": lambda rows: gzip.compress(as_jsonl(rows)),
        "jsonl.zst": lambda rows: zstandard.compress(as_jsonl(rows)),
    }


@pytest.fixture(scope="session")
def listed() -> Callable[[Records], dict[str, list[object]]]:
    return table
