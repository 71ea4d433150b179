"""Whatever a file holds, each of its lines ends as records or in quarantine with a reason, and nothing else happens."""

import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from steward.records.raw import ReadLimits
from steward.records.record_file_reader import RecordFileReader
from steward.sagemaker.clarify import Analysis
from steward.sagemaker.constraints import Constraints
from steward.sagemaker.documents import DocumentInvalid
from steward.sagemaker.importing import import_sagemaker
from steward.sagemaker.model_quality import ModelQualityConstraints, ModelQualityStatistics
from steward.sagemaker.opening import event_rows
from steward.sagemaker.statistics import Statistics
from steward.spec.document import read_spec
from tests.unit.sagemaker.test_capture_laws import anything, delimited, line

NOW = datetime(2026, 5, 5, tzinfo=UTC)
GOOD = line("1,2,3,no", "0.5", "CSV", "text/csv", "good").encode()
TRUTH = b'{"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "good"}}'

fixtures_are_only_read = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def cut(content: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(content)).map(lambda at: content[:at])


def flipped(content: bytes) -> st.SearchStrategy[bytes]:
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    return places.map(lambda place: content[: place[0]] + bytes([place[1]]) + content[place[0] + 1 :])


batches = st.lists(st.tuples(st.floats(), st.text(max_size=4)), min_size=1, max_size=4).map(
    lambda rows: line(
        delimited([(1, 2, number, text) for number, text in rows]),
        "\n".join("0.5" for _ in rows),
        "BASE64",
        "text/csv",
        "batch",
    ).encode()
)


def lines(good: bytes) -> st.SearchStrategy[list[bytes]]:
    """Lines without line ends in them, the first of which is well."""
    odd = st.one_of(
        st.just(good),
        cut(good),
        flipped(good),
        batches,
        st.binary(max_size=50),
        anything.map(lambda value: json.dumps(value).encode()),
        st.sampled_from([b"", b"  ", b"{}", b"null", b'{"captureData": ' * 5000, b"[" * 100_000, b"x" * 200_000]),
    ).map(lambda text: text.replace(b"\n", b" "))
    return st.lists(odd, max_size=12).map(lambda rest: [good, *rest])


@given(content=lines(GOOD), end=st.sampled_from([b"\n", b"\r\n"]), chunk_rows=st.sampled_from([1, 3, 4096]))
@example(
    content=[GOOD, b'{"captureData": {"endpointInput": {"data": "\\ud800", "encoding": "CSV"}}}'],
    end=b"\n",
    chunk_rows=9,
)
@fixtures_are_only_read
def test_every_line_of_a_capture_ends_in_one_place(spec, tmp_path, content, end, chunk_rows):
    path = tmp_path / "capture.jsonl"
    path.write_bytes(end.join(content))

    assert_all_accounted(path, spec, "predictions", content, ReadLimits(chunk_rows=chunk_rows))


@given(content=lines(TRUTH))
@fixtures_are_only_read
def test_every_line_of_ground_truth_ends_in_one_place(spec, tmp_path, content):
    path = tmp_path / "truth.jsonl"
    path.write_bytes(b"\n".join(content))

    assert_all_accounted(path, spec, "labels", content, ReadLimits())


def assert_all_accounted(path, spec, kind, content, limits):
    chunks = list(event_rows(path, path.name, spec, limits).chunks([]))
    told = {number for chunk in chunks for number in (*chunk.lines.tolist(), *(row.line for row in chunk.rejected))}
    assert told == {number for number, text in enumerate(content, start=1) if text.decode(errors="replace").strip()}

    kept, rejected = [], []
    for judged in RecordFileReader(path, path.name, spec, kind, NOW, limits, opener=event_rows):
        kept += judged.places.tolist()
        rejected += judged.rejected
    assert sorted([*kept, *(row.row for row in rejected)]) == list(range(1, len(kept) + len(rejected) + 1))
    assert 1 in kept
    assert all(row.reasons and row.reasons[0].message and json.loads(row.content) is not None for row in rejected)


documents = st.one_of(
    st.binary(max_size=40),
    anything.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"{" * 10_000, b"[" * 100_000, b'{"features": [{"name": null}]}', b"\xef\xbb\xbf{}"]),
)


KINDS = {
    "statistics.json": (Statistics, "statistics"),
    "constraints.json": (Constraints, "constraints"),
    "model-quality-constraints.json": (ModelQualityConstraints, "model_quality"),
    "model-quality-statistics.json": (ModelQualityStatistics, "model_quality_statistics"),
    "bias-analysis.json": (Analysis, "analyses"),
}
"""What each sample file is, and the argument of the import that takes it."""


@pytest.mark.parametrize("name", KINDS)
@given(content=documents)
def test_a_document_is_read_or_refused_by_name(name, content):
    kind, _ = KINDS[name]
    try:
        kind.read(content, name)
    except DocumentInvalid as error:
        refusal = str(error)
    else:
        return
    assert refusal.startswith(name)


@pytest.mark.parametrize("name", KINDS)
@given(place=st.integers(0, 400), value=anything)
@fixtures_are_only_read
def test_a_document_with_one_odd_value_is_imported_or_refused(everything, data, name, place, value):
    kind, argument = KINDS[name]
    document = json.loads((data / name).read_bytes())
    spots = list(_spots(document))
    holder, key = spots[place % len(spots)]
    holder[key] = value
    with suppress(DocumentInvalid, SpecInvalid):
        found = kind.read(json.dumps(document))
        text = import_sagemaker(**everything | {argument: [found] if argument == "analyses" else found})
        assert read_spec(text).model == "churn"


@pytest.mark.parametrize("value", [1.8e304, -1.8e304, 5e-324, float("nan"), float("inf")])
def test_a_bias_metric_of_any_size_is_imported_or_refused(everything, data, value):
    document = json.loads((data / "bias-analysis.json").read_bytes())
    for holder, key in list(_spots(document)):
        if isinstance(holder[key], float):
            holder[key] = value
    with suppress(DocumentInvalid, SpecInvalid):
        text = import_sagemaker(**everything | {"analyses": [Analysis.read(json.dumps(document))]})
        assert read_spec(text).monitors.fairness is not None


def _spots(document):
    """Every place of a document that holds something."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(items):
        yield document, key
        if isinstance(value, dict | list):
            yield from _spots(value)


def test_a_line_longer_than_any_request_is_rejected_alone(spec, tmp_path, monkeypatch):
    monkeypatch.setattr("steward.sagemaker.opening.MAXIMUM_LINE_BYTES", 1 << 21)
    path = tmp_path / "long.jsonl"
    path.write_bytes(GOOD + b"\n" + b"x" * (1 << 22) + b"\n" + GOOD)

    (chunk,) = event_rows(path, path.name, spec).chunks([])
    assert chunk.lines.tolist() == [1, 3]
    assert [(row.line, row.reasons[0].code) for row in chunk.rejected] == [(2, "row_too_long")]


def test_long_lines_that_cannot_be_used_take_no_memory_after_they_were_read(spec, tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"\n".join([GOOD, *[b"x" * 2_000_000] * 40]))

    tracemalloc.start()
    seen = sum(len(chunk.rejected) for chunk in event_rows(path, path.name, spec).chunks([]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert seen == 40
    assert peak < 30_000_000


def test_one_request_of_many_records_is_read_in_chunks(spec, tmp_path):
    count = 20_000
    request = delimited([(at, 2, 3, "no") for at in range(count)])
    path = tmp_path / "batch.jsonl"
    path.write_text(line(request, "\n".join(["0.5"] * count), "CSV", "text/csv", "batch"))

    sizes = [len(chunk.rows) for chunk in event_rows(path, path.name, spec).chunks(["account_length"])]

    assert sum(sizes) == count
    assert max(sizes) <= 4096
    assert np.ceil(count / 4096) == len(sizes)
