"""Whatever rows an endpoint was asked about, and however SageMaker wrote them down, they are read back as they were."""

import base64
import csv
import io
import json
import tracemalloc

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.records.raw import ReadLimits
from steward.sagemaker.opening import event_rows

NAMES = ("account_length", "voicemails", "day_minutes", "intl_plan")
REQUEST_LAYOUTS = ("objects", "lists", "instances", "lines", "features")

texts = st.text(max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**12), 10**12)
scores = st.floats(0, 1)
csv_rows = st.tuples(numbers.map(repr), numbers.map(repr), texts, texts.filter(str.strip))
json_rows = st.tuples(numbers, st.none() | numbers, st.booleans() | numbers, st.none() | texts)


def delimited(rows: list[tuple]) -> str:
    output = io.StringIO(newline="")
    csv.writer(output).writerows(rows)
    return output.getvalue()


def document(rows: list[tuple], layout: str) -> str:
    if layout == "lists":
        return json.dumps([list(row) for row in rows])
    if layout == "objects":
        objects = [dict(zip(NAMES, row, strict=True)) for row in rows]
        return json.dumps(objects[0] if len(objects) == 1 else objects)
    if layout == "features":
        return json.dumps({"instances": [{"features": list(row)} for row in rows]})
    if layout == "instances":
        return json.dumps({"instances": [list(row) for row in rows]})
    return "".join(json.dumps(list(row)) + "\n" for row in rows)


def line(request: str, response: str, encoding: str, content_type: str, key: str) -> str:
    def part(text: str) -> dict[str, str]:
        written = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
        return {"observedContentType": content_type, "data": written, "encoding": encoding}

    return json.dumps(
        {
            "captureData": {"endpointInput": part(request), "endpointOutput": part(response)},
            "eventMetadata": {"eventId": key, "inferenceTime": "2026-05-04T10:00:00Z"},
            "eventVersion": "0",
        }
    )


def as_text(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return json.dumps(cell)


def expected(key: str, rows: list[tuple], answers: list[float]) -> list[tuple]:
    ids = [key] if len(rows) == 1 else [f"{key}_{at}" for at in range(len(rows))]
    return [(name, *map(as_text, row), repr(answer)) for name, row, answer in zip(ids, rows, answers, strict=True)]


def read_back(read, lines: list[str]) -> list[tuple]:
    file = read("\n".join(lines))
    assert not file.rejected
    return [(row["request"], *(row[name] for name in NAMES), row["score"]) for row in file.rows]


def batches(rows: st.SearchStrategy[tuple]) -> st.SearchStrategy[list[tuple[list[tuple], list[float]]]]:
    batch = st.lists(st.tuples(rows, scores), min_size=1, max_size=4)
    return st.lists(batch.map(lambda pairs: ([row for row, _ in pairs], [score for _, score in pairs])), min_size=1)


fixtures_are_only_read = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(requests=batches(csv_rows), encoding=st.sampled_from(["CSV", "BASE64"]), on_one_line=st.booleans())
@fixtures_are_only_read
def test_rows_written_as_csv(read, requests, encoding, on_one_line):
    lines = []
    for at, (rows, answers) in enumerate(requests):
        response = (",".join if on_one_line else "\n".join)(map(repr, answers))
        lines.append(line(delimited(rows), response, encoding, "text/csv; charset=utf-8", f"e{at}"))

    assert read_back(read, lines) == [
        row for at, (rows, answers) in enumerate(requests) for row in expected(f"e{at}", rows, answers)
    ]


@given(
    requests=batches(json_rows),
    encoding=st.sampled_from(["JSON", "BASE64"]),
    layout=st.sampled_from(REQUEST_LAYOUTS),
    answered=st.sampled_from(["list", "predictions", "scores"]),
)
@fixtures_are_only_read
def test_rows_written_as_json(read, requests, encoding, layout, answered):
    lines = []
    for at, (rows, answers) in enumerate(requests):
        response = {
            "list": json.dumps(answers),
            "predictions": json.dumps({"predictions": [{"score": answer, "rank": 1} for answer in answers]}),
            "scores": "\n".join(json.dumps({"score": answer}) for answer in answers),
        }[answered]
        lines.append(line(document(rows, layout), response, encoding, "application/json", f"e{at}"))

    assert read_back(read, lines) == [
        row for at, (rows, answers) in enumerate(requests) for row in expected(f"e{at}", rows, answers)
    ]


@given(requests=batches(csv_rows), chunk_rows=st.integers(1, 5))
@fixtures_are_only_read
def test_how_many_rows_are_held_at_a_time_changes_nothing(read, requests, chunk_rows):
    lines = [
        line(delimited(rows), "\n".join(map(repr, answers)), "CSV", "text/csv", f"e{at}")
        for at, (rows, answers) in enumerate(requests)
    ]

    whole, parts = read("\n".join(lines)), read("\n".join(lines), ReadLimits(chunk_rows=chunk_rows))

    assert parts.rows == whole.rows
    assert parts.numbers == whole.numbers
    assert max(parts.sizes) <= chunk_rows


@given(content=st.binary(max_size=60), encoding=st.sampled_from(["CSV", "JSON", "BASE64", "csv", ""]))
@fixtures_are_only_read
def test_no_payload_breaks_the_file(read, content, encoding):
    good = line("1,2,3,no", "0.5", "CSV", "text/csv", "good")
    odd = json.loads(good)
    odd["eventMetadata"]["eventId"] = "odd"
    odd["captureData"]["endpointInput"] = {"data": content.decode("latin-1"), "encoding": encoding}

    file = read(f"{good}\n{json.dumps(odd)}\n{good}")

    assert [row["request"] for row in (file.rows[0], file.rows[-1])] == ["good", "good"]
    assert file.numbers[-1] == len(file.rows) + len(file.rejected)


def test_memory_stays_bounded(spec, tmp_path):
    request = delimited([(1, 2, 3, "x" * 40)] * 100)
    path = tmp_path / "large.jsonl"
    with path.open("w") as file:
        for at in range(300):
            file.write(line(request, "\n".join(["0.5"] * 100), "CSV", "text/csv", f"e{at}") + "\n")

    tracemalloc.start()
    rows = event_rows(path, "large.jsonl", spec)
    seen = sum(len(chunk.rows) for chunk in rows.chunks(rows.names))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert seen == 30_000
    assert path.stat().st_size > 1_500_000
    assert peak < 6_000_000


anything = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
parts = anything | st.fixed_dictionaries(
    {"data": anything | anything.map(json.dumps), "encoding": st.sampled_from(["CSV", "JSON", "BASE64"]) | anything}
)
metadata = anything | st.dictionaries(
    st.sampled_from(["eventId", "inferenceId", "inferenceTime", "customAttributes"]),
    anything | anything.map(json.dumps),
)


@given(
    odd=st.fixed_dictionaries(
        {"captureData": anything | st.fixed_dictionaries({"endpointInput": parts, "endpointOutput": parts})},
        optional={"eventMetadata": metadata, "groundTruthData": parts},
    )
)
@fixtures_are_only_read
def test_no_event_breaks_the_file(read, odd):
    good = line("1,2,3,no", "0.5", "CSV", "text/csv", "good")

    file = read(f"{good}\n{json.dumps(odd)}\n{good}")

    assert [row["request"] for row in (file.rows[0], file.rows[-1])] == ["good", "good"]
    assert file.numbers[-1] == len(file.rows) + len(file.rejected)
