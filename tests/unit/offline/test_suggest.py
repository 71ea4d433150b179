"""A declaration is suggested from reference data, with the reason of each line, and can be used as it is."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

import steward
from steward.errors import BatchInvalid, SpecInvalid
from steward.offline.suggestion import suggest
from steward.records.record_file_reader import RecordFileReader
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from tests.unit.offline.samples import sales
from tests.unit.properties import some_examples


def spec_of(table: object, **options: str) -> ModelSpec:
    return read_spec(suggest(table, **options))


@pytest.fixture(scope="module")
def suggested() -> tuple[str, ModelSpec]:
    text = suggest(sales(3000), model="requests", owner="shop@example.com")
    return text, read_spec(text)


def test_types_are_told_from_the_cells(suggested) -> None:
    _, spec = suggested
    types = {name: feature.type for name, feature in spec.features.items()}
    assert types == {
        "age": "numeric",
        "balance": "numeric",
        "store_type": "categorical",
        "rooms": "numeric",
        "gender": "categorical",
        "region": "categorical",
        "married": "boolean",
        "member": "boolean",
        "last_seen": "datetime",
        "comment": "text",
        "discount": "numeric",
        "nothing": "categorical",
        "vector": "embedding",
    }
    assert spec.features["vector"].dimensions == 4
    assert not spec.features["nothing"].monitored


def test_roles_are_told_from_names_and_cells(suggested) -> None:
    _, spec = suggested
    columns = spec.columns
    assert (columns.id, columns.time, columns.score, columns.label) == ("request_id", "requested_at", "score", "label")
    assert columns.latency == "latency_ms"
    assert (spec.task, spec.positive_label) == ("binary_classification", "bad")


def test_ranges_leave_room_for_other_seasons_and_domains_hold_every_value(suggested) -> None:
    _, spec = suggested
    table = sales(3000)
    assert (spec.features["age"].minimum, spec.features["age"].maximum) == (None, 160)
    balance, span = spec.features["balance"], np.ptp(table.balance)
    assert table.balance.min() - 1.1 * span < balance.minimum <= table.balance.min() - span
    assert table.balance.max() + span <= balance.maximum < table.balance.max() + 1.1 * span
    assert set(spec.features["region"].domain) == {"north", "south", "east", "west"}
    assert set(spec.features["store_type"].domain) == {"1", "2", "3", "4", "5"}
    assert spec.features["age"].nullable
    assert spec.features["discount"].nullable


def test_every_derived_line_has_its_reason(suggested) -> None:
    text, _ = suggested
    plain = {"model", "owner", "columns", "features", *sales(20).columns}
    for line in text.splitlines():
        key = line.strip().partition(":")[0]
        if not line.lstrip().startswith("#") and key not in plain:
            assert "  # " in line, line
    assert "store_type:\n    type: categorical  # whole numbers, 5 different ones, and its name says" in text
    assert "rooms:\n    type: numeric  # numbers, whole ones and only 5 of them; write categorical if they are" in text
    assert "# customer_id is left out: " in text
    assert "# session is left out: text with 3,000 different values in 3,000 cells" in text


def test_segments_and_protected_attributes_are_comments_for_people_to_decide_on(suggested) -> None:
    text, spec = suggested
    assert "# segments: [store_type, gender, region, married, member]" in text
    assert "# fairness: {protected: [gender]}" in text
    assert not spec.segments
    assert spec.fairness is None
    uncommented = text.replace("# segments:", "segments:").replace("# fairness:", "fairness:")
    spec = read_spec(uncommented)
    assert [segment.column for segment in spec.segments] == ["store_type", "gender", "region", "married", "member"]
    assert spec.fairness.protected == ["gender"]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_gives_what_its_frame_gives(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"my.Requests 2024.{ending}"
    table = sales(500)
    if ending == "csv":
        table.to_csv(path, index=False)
    else:
        table.to_json(path, orient="records", lines=True)
    text = suggest(path)
    assert read_spec(text).model == "my"
    assert read_spec(text).features.keys() == spec_of(table).features.keys()


def test_a_comparison_by_the_suggestion_is_quiet_on_the_same_data_and_finds_a_shift() -> None:
    spec = spec_of(sales(3000))
    assert not steward.compare(sales(3000), sales(3000, seed=1), spec=spec).drift.detected
    assert "balance" in steward.compare(sales(3000), sales(3000, shift=1, seed=1), spec=spec).drift.columns


def test_several_classes_are_told_from_their_scores() -> None:
    random = np.random.default_rng(0)
    scores = random.dirichlet([1, 1, 1], 300)
    names = np.array(["cat", "dog", "Owl"])
    table = pd.DataFrame(scores, columns=[f"prob_{name}" for name in names])
    table = table.assign(weight=random.normal(size=300), label=names[scores.argmax(axis=1)])
    spec = spec_of(table)
    assert spec.task == "multiclass_classification"
    assert spec.columns.scores == {name: f"prob_{name}" for name in names}
    assert set(spec.features) == {"weight"}


def test_amounts_are_regression_and_answers_are_generated_text() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"rooms": random.integers(1, 9, 200), "predicted_price": random.normal(100, 9, 200)})
    spec = spec_of(table)
    assert (spec.task, spec.columns.prediction) == ("regression", "predicted_price")
    words = [" ".join(random.choice(list("abcdefgh"), 9)) for _ in range(200)]
    spec = spec_of(pd.DataFrame({"prompt": words, "response": words[::-1], "safety_score": random.random(200)}))
    assert spec.task == "text_generation"
    assert {name: feature.type for name, feature in spec.outputs.items()} == {
        "response": "text",
        "safety_score": "numeric",
    }
    assert set(spec.features) == {"prompt"}


def test_without_any_role_the_declaration_says_what_is_missing() -> None:
    text = suggest(pd.DataFrame({"x": np.arange(100) / 7, "version": 1.5, "id": 3}))
    spec = read_spec(text)
    assert "score: score  # no column is a probability" in text
    assert "id: id_  # no column identifies each row" in text
    assert (spec.columns.id, spec.columns.version) == ("id_", "version_")


def test_a_category_that_came_once_gives_no_domain() -> None:
    table = pd.DataFrame({"city": ["a"] * 50 + ["b"] * 40 + ["c"], "x": np.arange(91) / 3})
    text = suggest(table)
    assert "no domain: 1 of its 3 values came only once" in text
    assert read_spec(text).features["city"].domain is None


def test_a_long_tail_gives_no_domain_either() -> None:
    table = pd.DataFrame({"city": [f"c{at % 60}" for at in range(3000)]})
    assert spec_of(table).features["city"].domain is None


@pytest.mark.parametrize(
    "values",
    [
        [1e300, -1e300],
        [5e-324, 0.0],
        [np.inf, -np.inf, np.nan],
        [2**63, 0],
        [-0.0, 0.0, 0.0],
        [1.7976931348623157e308, 1.0],
        [3.5, 3.5],
    ],
)
def test_strange_numbers_give_a_declaration_whose_ranges_hold_them(values: list[float]) -> None:
    table = pd.DataFrame({"x": np.array(values * 30, np.float64), "y": np.arange(30 * len(values)) / 7})
    feature = spec_of(table).features["x"]
    finite = [value for value in values if np.isfinite(value)]
    if feature.type == "numeric" and finite:
        assert feature.minimum is None or feature.minimum <= min(finite)
        assert feature.maximum is None or feature.maximum >= max(finite)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=12), st.dates(),
    st.lists(st.floats(-9, 9), max_size=3),
)  # fmt: skip


@some_examples(60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=5))
def test_whatever_a_table_holds_the_suggestion_can_be_read(columns: dict[str, list]) -> None:
    table = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    try:
        text = suggest(table)
    except BatchInvalid as error:
        text = ""
        refused = error.code
    assert read_spec(text) if text else refused == "no_columns"


@pytest.mark.parametrize(
    ("values", "minimum", "maximum"),
    [
        ([26.0, 70.0], None, 114),  # °F: the same in winter, or in °C, is no violation
        ([0.0, 100.0], 0, 200),
        ([5.0, 100.0], 0, 195),
        ([-10.0, 30.0], -50, 70),
        ([1000.0, 1010.0], 990, 1020),
        ([7.0, 7.0], 7, 7),
    ],
)
def test_bounds_are_what_only_an_error_goes_beyond(values: list[float], minimum: float | None, maximum: float) -> None:
    (feature,) = [spec_of(pd.DataFrame({"x": values * 50, "y": np.arange(100) / 7}).astype(float)).features["x"]]
    assert (feature.minimum, feature.maximum) == (minimum, maximum)


def test_a_table_of_ids_alone_has_no_feature() -> None:
    with pytest.raises(BatchInvalid, match="no column that could be a feature"):
        suggest(pd.DataFrame({"id": [f"i{at}" for at in range(100)]}))


@pytest.mark.parametrize("table", [pd.DataFrame(), pd.DataFrame({"x": []})])
def test_a_table_without_rows_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(BatchInvalid, match="no rows"):
        suggest(table)


def test_a_name_that_no_model_can_have_is_refused_with_the_option() -> None:
    with pytest.raises(SpecInvalid, match=r"^--model: 'My Model' is no name of a model"):
        suggest(sales(100), model="My Model")


@pytest.mark.nightly
def test_very_many_columns_are_declared_without_their_reasons() -> None:
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2500))).add_prefix("measurement_number_")
    text = suggest(table)
    assert len(text) <= 256 * 1024
    assert len(read_spec(text).features) == 2500


def test_nothing_is_set_aside_by_a_suggestion_however_the_rows_have_drifted(tmp_path: Path) -> None:
    """Cells that are missing, beyond all bounds, unheard of or of another type: monitors see these rows."""
    sales(1000).to_csv(tmp_path / "sales.csv", index=False)
    spec = read_spec(suggest(tmp_path / "sales.csv"))
    later = sales(400, seed=1).astype(object)
    for at, name in enumerate(spec.features):
        later.loc[later.index[at::20], name] = None
    later.loc[later.index[:40], "age"] = 400
    later.loc[later.index[40:80], "region"] = "centre"
    later.loc[later.index[80:120], "member"] = 2
    later.loc[later.index[120:160], "rooms"] = "many"
    later.loc[later.index[160:200], "last_seen"] = "soon"
    later.loc[later.index[200:240], "vector"] = "[1, 2]"
    later.to_csv(tmp_path / "later.csv", index=False)
    for name, rows in (("sales.csv", 1000), ("later.csv", 400)):
        judged = list(RecordFileReader(tmp_path / name, name, spec, "predictions", datetime(2025, 1, 1, tzinfo=UTC)))
        assert sum(part.records.rows for part in judged) == rows
        assert not any(part.rejected for part in judged)
    invalid = judged[0].invalid_by_column
    assert invalid["age"]["out_of_range"] >= 38
    assert invalid["region"]["outside_domain"] >= 38
    assert all(invalid[name]["wrong_type"] >= 38 for name in ("member", "rooms", "last_seen"))
    assert invalid["vector"]["wrong_length"] >= 38


@pytest.mark.parametrize(
    ("file", "model"),
    [("loans_reference.csv", "loans"), ("Car Loans.train.csv", "car-loans"), ("2024-sales.csv", "model-2024-sales"),
     ("___.csv", "my-model"), ("reference.csv", "reference")],
)  # fmt: skip
def test_the_model_is_called_as_the_file_without_what_the_file_is_for(file: str, model: str, tmp_path: Path) -> None:
    sales(100).to_csv(tmp_path / file, index=False)
    assert read_spec(suggest(tmp_path / file)).model == model
