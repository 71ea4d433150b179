"""Two tables are compared without any deployment: no predictions, no timestamps, no declaration needed."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from arro3.core import Array, ChunkedArray, DataType, RecordBatchReader
from arro3.core import Table as ArrowTable
from arro3.io import write_parquet

import steward
from steward.errors import BatchInvalid, SpecInvalid
from steward.offline.comparison_report import ComparisonReport
from steward.spec.document import read_spec
from tests.nightly import nightly
from tests.unit.offline.samples import sales

SPEC = """\
model: rooms
owner: me
task: binary_classification
columns: {id: id, time: at, score: score}
features:
  x: {type: numeric, minimum_effect: 0.3}
  kind: categorical
attributes: {region: categorical}
segments:
  - kind
  - {name: far, where: x > 0}
  - {name: lost, column: region}
"""


def table(rows: int, shift: float = 0.0, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({"x": random.normal(shift, 1, rows), "kind": random.choice(list("abc"), rows)})


def of_column(report: ComparisonReport, column: str) -> set[str]:
    return {result.status for result in report.results if result.column == column}


def test_a_table_never_drifts_from_itself() -> None:
    report = steward.compare(sales(2000), sales(2000))
    assert not report.drift.detected
    assert not report.drift.independent_rows, "its moments tell how windows differ"


def test_a_shift_is_found_and_named() -> None:
    report = steward.compare(table(3000), table(3000, 0.4, seed=1))
    assert report.drift.detected
    assert "x" in report.drift.columns
    message = next(result.message for result in report.results if result.column == "x")
    assert message.startswith("`x` moved up by 0.45 standard deviations (n = 3,000); ")
    assert message.endswith("chance alone does this less than once in a billion comparisons")


def test_what_names_rows_is_left_out_and_said_to_be() -> None:
    report = steward.compare(sales(1000), sales(1000, seed=1))
    compared = {result.column for result in report.results}
    assert not compared & {"request_id", "session", "customer_id", "requested_at"}
    assert compared >= {"score", "label", "comment.words", "vector", "last_seen.weekday", "married"}
    assert sum("since it names rows" in note for note in report.notes) == 3


def test_every_result_is_ok_drift_or_unknown_and_has_a_sentence() -> None:
    report = steward.compare(sales(1000), sales(900, shift=1, seed=1))
    assert {result.status for result in report.results} <= {"ok", "drift", "unknown"}
    for result in report.results:
        assert result.message
        if result.status != "unknown":
            assert result.p_value is not None
            assert math.isfinite(result.p_value)


def test_a_column_that_changed_its_type_is_unknown_not_ok() -> None:
    report = steward.compare(table(500), table(500).assign(x="text"))
    assert of_column(report, "x") == {"unknown"}
    assert not report.drift.detected, "one cause, one finding: all columns together are no second one"


def test_a_column_that_is_gone_is_unknown_not_ok() -> None:
    report = steward.compare(table(500), table(500).drop(columns="x"))
    assert of_column(report, "x") == {"unknown"}
    assert not report.drift.detected


def test_a_column_that_came_is_noted() -> None:
    report = steward.compare(table(500), table(500).assign(new=1))
    assert any("only the current table has `new`" in note for note in report.notes)


@pytest.mark.parametrize("rows", [0, 1, 2, 9])
def test_hardly_any_rows_are_unknown(rows: int) -> None:
    report = steward.compare(table(500), table(rows))
    assert report.rows.current == rows
    measured = [result for result in report.results if result.status != "unknown"]
    assert {result.monitor for result in measured} <= {"missing_values", "unseen_categories"}
    assert not report.drift.detected
    if rows:
        assert not steward.compare(table(rows), table(500)).drift.detected


@pytest.mark.parametrize("cell", [None, np.nan, np.inf, -np.inf])
def test_columns_without_a_finite_number(cell: float | None) -> None:
    empty = table(300).assign(x=pd.Series([cell] * 300, dtype=float))
    report = steward.compare(table(300), empty)
    statuses = {(result.monitor, result.status) for result in report.results if result.column == "x"}
    assert statuses == {("feature_drift", "unknown"), ("missing_values", "drift")}
    assert not steward.compare(empty, table(300)).drift.detected
    assert not steward.compare(empty, empty).drift.detected


def test_constant_columns() -> None:
    constant = table(300).assign(x=5.0)
    assert not steward.compare(constant, constant).drift.detected
    assert "x" in steward.compare(constant, constant.assign(x=6.0)).drift.columns


def test_a_million_categories_are_no_drift_and_a_new_one_is() -> None:
    random = np.random.default_rng(0)
    names = np.array([f"c{at}" for at in range(1_000_000)])
    many = [pd.DataFrame({"x": random.normal(size=20_000), "kind": names[random.integers(0, 10**6, 20_000)]})
            for _ in range(2)]  # fmt: skip
    spec = read_spec(SPEC.replace("x: {type: numeric, minimum_effect: 0.3}", "x: numeric").partition("attributes")[0])
    assert not steward.compare(*many, spec=spec).drift.detected
    changed = many[1].assign(kind=np.where(random.random(20_000) < 0.2, "new", many[1].kind))
    report = steward.compare(many[0], changed, spec=spec)
    assert "kind" not in report.drift.columns, "one new name among as many others that are new cannot be told apart"
    assert any("`kind` is not compared, since it names rows" in note for note in steward.compare(*many).notes)


@pytest.mark.parametrize("columns", [200, *nightly(1000)])
def test_a_thousand_columns(columns: int) -> None:
    random = np.random.default_rng(0)
    wide = pd.DataFrame(random.normal(size=(500, columns))).add_prefix("n")
    other = pd.DataFrame(random.normal(size=(500, columns))).add_prefix("n")
    other["n7"] += 1
    assert [name for name in steward.compare(wide, other).drift.columns if name[1:].isdigit()] == ["n7"]


def test_odd_names_of_columns() -> None:
    names = {"x": "a [b] `c`\n", "kind": "ünïcode, 中"}
    report = steward.compare(table(2000).rename(columns=names), table(2000, 1).rename(columns=names))
    assert names["x"] in report.drift.columns
    numbered = steward.compare(table(2000).rename(columns={"x": 0}), table(2000, 1).rename(columns={"x": 0}))
    assert "0" in numbered.drift.columns


def test_two_columns_of_one_name_are_refused() -> None:
    twice = pd.concat([table(20)[["x"]], table(20)[["x"]]], axis=1)
    with pytest.raises(BatchInvalid, match="more than one column x"):
        steward.compare(twice, table(20))


def test_tables_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(BatchInvalid, match="no column in common"):
        steward.compare(table(50), table(50).rename(columns={"x": "y", "kind": "sort"}))


@pytest.mark.parametrize("source", [3, [1, 2], {"x": [1]}, None, pd.Series([1, 2]), b"x"])
def test_what_is_no_table_is_refused(source: object) -> None:
    with pytest.raises(BatchInvalid, match=r"not a table|give a DataFrame"):
        steward.compare(source, table(50))


def test_an_arrow_stream_that_is_no_table_is_refused() -> None:
    with pytest.raises(BatchInvalid, match="no table"):
        steward.compare(ChunkedArray([Array.from_numpy(np.arange(3))]), table(50))


def test_a_reader_that_was_read_already_has_no_rows() -> None:
    reader = arrow(table(50)).to_reader()
    list(reader)
    with pytest.raises(BatchInvalid, match="no rows"):
        steward.compare(reader, table(50))


def arrow(frame: pd.DataFrame) -> ArrowTable:
    return ArrowTable.from_pydict(
        {"x": Array.from_numpy(frame.x.to_numpy()), "kind": Array(frame.kind.tolist(), DataType.utf8())}
    )


class Streamed:
    """What has the Arrow C stream protocol and nothing else."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.table = arrow(frame)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class Interchanged:
    """What has the dataframe protocol and nothing else."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __dataframe__(self, **options: object) -> object:
        return self.frame.__dataframe__(**options)


@pytest.mark.parametrize(
    "wrap",
    [Streamed, arrow, lambda frame: RecordBatchReader.from_arrow(arrow(frame)), Interchanged],
    ids=["stream", "arrow", "reader", "dataframe protocol"],
)
def test_any_table_gives_the_results_of_its_frame(wrap) -> None:
    frames = table(800), table(700, 0.2, seed=1)
    assert steward.compare(*map(wrap, frames)).results == steward.compare(*frames).results


def test_files_give_the_results_of_their_frames(tmp_path: Path) -> None:
    frames = table(800).round(6), table(700, 0.2, seed=1).round(6)
    expected = steward.compare(*frames).results
    for ending, write in (("csv", pd.DataFrame.to_csv), ("jsonl", pd.DataFrame.to_json)):
        options = {"index": False} if ending == "csv" else {"orient": "records", "lines": True, "double_precision": 15}
        paths = [tmp_path / f"{at}.{ending}" for at in range(2)]
        for path, frame in zip(paths, frames, strict=True):
            write(frame, path, **options)
        assert steward.compare(*paths).results == expected


def test_whole_numbers_of_a_column_with_gaps_are_the_same_codes() -> None:
    random = np.random.default_rng(0)
    codes = pd.DataFrame({"plan_code": random.integers(1, 5, 1000), "x": random.normal(size=1000)})
    gaps = codes.assign(plan_code=codes.plan_code.astype(float).where(random.random(1000) > 0.01))
    assert not steward.compare(codes, gaps).drift.detected


def test_categories_are_the_same_in_a_csv_and_a_parquet_file(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"zip_code": random.integers(98101, 98105, 900), "x": random.normal(size=900)})
    frame["kind"] = random.choice(["3", "x"], 900)
    frame.astype({"zip_code": float}).to_csv(tmp_path / "before.csv", index=False)
    columns = {
        "zip_code": Array.from_numpy(frame.zip_code.to_numpy(np.int64)),
        "x": Array.from_numpy(frame.x.to_numpy()),
        "kind": Array(["3.0" if kind == "3" else "x   " for kind in frame.kind], DataType.utf8()),
    }
    write_parquet(ArrowTable.from_pydict(columns), tmp_path / "after.parquet")
    report = steward.compare(tmp_path / "before.csv", tmp_path / "after.parquet")
    assert not report.drift.detected
    assert {result.column for result in report.results if result.status == "ok"} >= {"zip_code", "kind", "x"}


def test_pandas_types_with_gaps_of_their_own() -> None:
    frame = sales(400)[["age", "balance", "married", "discount", "region"]].convert_dtypes()
    frame["moment"] = pd.to_datetime(sales(400).requested_at)
    frame["flag"] = pd.array([True, None] * 200, dtype="boolean")
    frame["kind"] = frame.region.astype("category")
    report = steward.compare(frame, frame)
    assert not report.drift.detected
    assert {result.column for result in report.results} >= {"age", "discount", "married", "flag", "kind"}


def test_a_declaration_sets_limits_and_segments_and_needs_neither_scores_nor_times() -> None:
    spec = read_spec(SPEC)
    moved = table(4000, 0.2, seed=1)
    assert "x" in steward.compare(table(4000), moved).drift.columns
    report = steward.compare(table(4000), moved, spec=spec)
    assert "ok" in {result.status for result in report.results if result.column == "x" and result.segment is None}
    segments = {result.segment for result in report.results if result.segment}
    assert segments == {"kind=a", "kind=b", "kind=c", "far"}
    assert any("the segment lost is not compared: the reference has no `region`" in note for note in report.notes)


def test_a_segment_that_moved_by_itself_is_found() -> None:
    moved = table(4000, seed=1)
    moved.loc[moved.kind == "a", "x"] += 1
    report = steward.compare(table(4000), moved, spec=read_spec(SPEC))
    assert ("kind=a", "x") in {(found.segment, found.column) for found in report.results if found.status == "drift"}


def test_a_declared_column_that_the_reference_lacks_is_unknown() -> None:
    report = steward.compare(table(500).drop(columns="kind"), table(500), spec=read_spec(SPEC))
    assert of_column(report, "kind") == {"unknown"}


def test_progress_is_told() -> None:
    told: list[tuple[str, int]] = []
    steward.compare(table(70_000), table(100), progress=lambda name, rows: told.append((name, rows)))
    assert told == [("reference", 65_536), ("reference", 70_000), ("current table", 100)]


@pytest.mark.nightly
def test_unchanged_tables_seldom_drift() -> None:
    alarms = sum(steward.compare(sales(600, seed=at), sales(400, seed=100 + at)).drift.detected for at in range(30))
    print(f"\n{alarms} false alarms in 30 comparisons of 17 columns")
    assert alarms <= 2


def test_a_report_is_read_in_words_wherever_it_is_shown() -> None:
    report = steward.compare(table(1000), table(1000, 0.5, seed=1).assign(kind="<b>"))
    said = str(report)
    assert said == repr(report)
    assert said.startswith("Drift in 2 of 2 columns: ")
    assert max(map(len, said.splitlines())) <= 100
    assert "`x` moved up by 0.53 standard deviations" in " ".join(said.split())
    html = report._repr_html_()
    assert "Drift in 2 of 2 columns: " in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert html.count("<td>") == html.count("<tr>") - html.count("<thead>")


def test_the_results_are_a_table_with_one_row_each() -> None:
    report = steward.compare(table(1000), table(1000, 0.5, seed=1))
    frame = report.to_frame()
    assert len(frame) == len(report.results)
    assert list(frame.message) == [result.message for result in report.results]
    assert set(frame.query("status == 'drift' and column == 'x'").monitor) == {"feature_drift"}
    assert frame.p_value.dtype == frame.value.dtype == float
    together = [result.statistic for result in report.results if result.column is None]
    assert list(frame[frame.column.isna()].statistic) == together
    for name in frame.columns:
        assert f"`{name}`" in str(ComparisonReport.to_frame.__doc__)


def test_the_decision_names_columns_of_the_table_and_nothing_else() -> None:
    def frame(seed: int, shift: float) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        words = [" ".join(["word"] * int(count)) for count in random.poisson(9 + 9 * shift, 600)]
        return table(600, shift, seed).assign(comment=[f"{at} {text}" for at, text in enumerate(words)])

    drift = steward.compare(frame(0, 0), frame(1, 1)).drift
    assert (drift.verdict, drift.columns) == ("drift", ["x", "comment"])
    assert set(drift.together) >= {"domain_classifier_auc"}
    assert (drift.cannot_tell, drift.not_compared) == ([], [])


def test_a_current_table_with_hardly_a_row_is_not_said_to_be_without_drift() -> None:
    for rows in (0, 1, 9):
        drift = steward.compare(table(500), table(rows)).drift
        assert (drift.verdict, drift.columns, drift.not_compared) == ("unknown", [], ["x", "kind"])
    drift = steward.compare(table(500), table(500, seed=1).drop(columns="x")).drift
    assert (drift.verdict, drift.not_compared) == ("unknown", ["x"])
    assert steward.compare(table(500), table(500, seed=1)).drift.verdict == "no_drift"


def test_the_declaration_may_be_a_dictionary(tmp_path: Path) -> None:
    (tmp_path / "rooms.yaml").write_text(SPEC)
    frames = table(500).assign(region="a"), table(500, 0.5, seed=1).assign(region="a")
    content = yaml.safe_load(SPEC)
    assert steward.compare(*frames, spec=content) == steward.compare(*frames, spec=tmp_path / "rooms.yaml")
    with pytest.raises(SpecInvalid, match=r"^features\.x\.minimal: no such setting; is it minimum\?$"):
        steward.compare(*frames, spec={**content, "features": {"x": {"type": "numeric", "minimal": 3}}, "segments": []})
    with pytest.raises(SpecInvalid, match="spec is a list: give the path of a declaration, or a dictionary"):
        steward.compare(*frames, spec=["x"])  # type: ignore[arg-type]
