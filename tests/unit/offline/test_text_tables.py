"""`suggest` and `compare` read text as the inbox does: separators, decimal commas, late keys, long cells."""

import csv
import json
from pathlib import Path

import pytest

from steward.errors import BatchInvalid
from steward.offline.suggestion import suggest
from steward.offline.tables import FileTable
from tests.unit.offline.samples import sales


def cells(path: Path) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for batch in FileTable(path).batches():
        for name, array in batch.columns.items():
            found.setdefault(name, []).extend(array.to_pylist())
    return found


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("decimal", [",", "."])
def test_any_separator_and_decimal_sign_give_the_same_declaration(tmp_path: Path, separator: str, decimal: str) -> None:
    frame, usual, other = sales(400), tmp_path / "sales.csv", tmp_path / "other" / "sales.csv"
    other.parent.mkdir()
    frame.to_csv(usual, index=False)
    frame.to_csv(other, index=False, sep=separator, decimal=decimal)
    assert cells(other) == cells(usual)
    assert suggest(other).replace("/other/", "/") == suggest(usual)


def test_a_key_that_comes_after_the_first_rows_is_a_column(tmp_path: Path) -> None:
    path = tmp_path / "late.jsonl"
    rows = [{"a": at} if at < 5000 else {"a": at, "late": "x"} for at in range(5010)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cells(path)["late"] == [None] * 5000 + ["x"] * 10


def test_text_in_a_long_cell_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["a", "note"], ["1", "2,free\n" * 30_000], ["3", ""]])
    assert [*cells(path)["a"]] == ["1", "3"]
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(BatchInvalid) as caught:
        cells(path)
    assert caught.value.code == "unbalanced_quotes"
