"""Telling SageMaker's event files from other JSON Lines, and opening them."""

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from steward.errors import BatchInvalid
from steward.records.compressed import blocks
from steward.records.formats import recognise
from steward.records.json_keys import words_in
from steward.records.raw import ReadLimits, RowReader
from steward.records.text import NumberedLines
from steward.sagemaker.capture import ATTRIBUTES, CaptureMapping, CaptureRows
from steward.sagemaker.event_lines import MAXIMUM_LINE_BYTES
from steward.sagemaker.ground_truth import GroundTruthRows
from steward.spec.model import ModelSpec

_CAPTURE = re.compile(rb'"captureData"\s*:\s*\{')
_TRUTH = re.compile(rb'"groundTruthData"\s*:\s*\{')
"""Inside a text, the quotes would have backslashes before them."""


def event_rows(
    path: Path, name: str, spec: ModelSpec, limits: ReadLimits | None = None, expected: Collection[str] = ()
) -> RowReader | None:
    """Open a file if it begins with SageMaker events; None if it is anything else, or nothing says how to read them.

    Args:
        path: where it lies.
        name: what the user called it; an object key will do.
        spec: the declaration, whose capture section says which field is which column.
        expected: columns that are looked for in the whole file before it is read.
        limits: what it may cost. Lines may be as long as the largest request and its answer, whatever this says.

    Raises:
        BatchInvalid: it is an event file, and is damaged, or holds labels and the declaration names no label.
    """
    if spec.capture is None or not path.stat().st_size:
        return None
    written, compression = recognise(path, name)
    if written != "jsonl":
        return None
    limits = limits or ReadLimits()
    long = replace(limits, maximum_line_bytes=max(limits.maximum_line_bytes, MAXIMUM_LINE_BYTES))
    lines = NumberedLines(path, name, compression, long)

    def later(known: Collection[str]) -> list[str]:
        words = {column: _word(column, spec) for column in expected if column not in known}
        found = words_in(blocks(path, name, compression, long), words.values())
        return [column for column, word in words.items() if word in found]

    first = next((line for line in lines.head.split(b"\n") if _CAPTURE.search(line) or _TRUTH.search(line)), b"")
    if _CAPTURE.search(first):  # also where it has its ground truth already
        return CaptureRows(lines, limits, CaptureMapping.of(spec, spec.capture), later)
    if first:
        columns = spec.columns
        if columns.label is None:
            raise BatchInvalid(
                "label_undeclared",
                f"{name} holds SageMaker ground truth, and the declaration of {spec.model} names no label; add "
                "columns.label",
            )
        return GroundTruthRows(lines, limits, (columns.id, columns.time, columns.label), later)
    return None


def _word(column: str, spec: ModelSpec) -> bytes:
    """What an event holds where a row of it has a column: the name of an attribute, or of a part of the event."""
    named = {spec.columns.label: "groundTruthData", spec.columns.time: "inferenceTime"}
    return named.get(column, column.removeprefix(f"{ATTRIBUTES}.")).encode()
