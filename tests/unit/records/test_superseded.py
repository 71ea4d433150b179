"""The rows that count: the first upload of an id, the newest correction over it, and no withdrawn one."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from steward.records.row_versions import RecordLayer, current_labels, current_predictions

IDS = ["a", "b", "c", "d"]

tables = st.dictionaries(st.sampled_from(IDS), st.integers(0, 99), max_size=4)


@st.composite
def histories(draw: st.DrawFn) -> list[RecordLayer]:
    layers = [RecordLayer("00", pd.DataFrame({"id": IDS, "value": range(100, 104)}))]
    for number in range(draw(st.integers(0, 5))):
        table = draw(tables)
        rows = pd.DataFrame({"id": list(table), "value": list(table.values())})
        kind = draw(st.sampled_from(["upload", "correction", "withdrawal"]))
        rows = rows[["id"]] if kind == "withdrawal" else rows
        layers.append(
            RecordLayer(f"{number + 1:02}", rows, correction=kind != "upload", withdrawal=kind == "withdrawal")
        )
    return layers


def values(rows: pd.DataFrame) -> dict[str, int]:
    assert rows["id"].is_unique
    return dict(zip(rows["id"], rows["value"].astype(int), strict=True))


@given(histories())
def test_a_prediction_is_its_first_upload_unless_it_was_corrected(layers: list[RecordLayer]) -> None:
    expected = dict(zip(IDS, range(100, 104), strict=True))
    for layer in layers:
        for row in layer.rows.itertuples():
            if layer.withdrawal:
                expected.pop(row.id, None)
            elif layer.correction:
                expected[row.id] = row.value
    assert values(current_predictions(layers, "id")) == expected


@given(histories(), st.randoms())
def test_a_label_is_whatever_was_uploaded_last(layers: list[RecordLayer], random: object) -> None:
    expected = {}
    for layer in layers:
        for row in layer.rows.itertuples():
            if layer.withdrawal:
                expected.pop(row.id, None)
            else:
                expected[row.id] = row.value
    shuffled = list(layers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert values(current_labels(shuffled, "id")) == expected


def test_columns_keep_their_types_where_every_row_is_withdrawn() -> None:
    times = pd.to_datetime(["2024-01-01", "2024-01-02"], utc=True)
    uploaded = pd.DataFrame({"id": ["a", "b"], "sold_at": times})
    withdrawn = RecordLayer("01", pd.DataFrame({"id": ["a", "b"]}), correction=True, withdrawal=True)
    rows = current_predictions([RecordLayer("00", uploaded), withdrawn], "id")
    assert rows.empty
    assert rows.dtypes.equals(uploaded.dtypes)


@given(histories(), st.sets(st.sampled_from(IDS)))
def test_a_correction_of_a_row_that_was_given_up_counts_no_more(layers: list[RecordLayer], gone: set[str]) -> None:
    first = layers[0].rows
    left = [RecordLayer("00", first[~first["id"].isin(gone)]), *layers[1:]]
    uploaded = {name for layer in left if not layer.correction for name in layer.rows["id"]}
    assert values(current_predictions(left, "id")).keys() <= uploaded
