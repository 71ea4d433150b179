"""Of whatever holds rows, what is left is all that is not the subject's, and nothing that is."""

import csv
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import read_parquet, write_parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.erasure.redaction import ERASED, redact_document
from steward.erasure.rejected_rows import is_sought
from steward.erasure.samples import without_background_rows, without_entities
from steward.erasure.sought_rows import SoughtRows
from steward.erasure.stored_rows import find_stored, hashes_of, without_hashes, without_rows
from steward.erasure.subject_forms import subject_pseudonyms
from steward.erasure.uploaded_rows import mentions, split_upload
from steward.privacy.pseudonym import pseudonym
from steward.records.formats import open_rows
from steward.records.hashing import hash_names
from steward.records.id_hashes import IdHashes, write_id_hashes
from steward.records.raw import RejectedRow
from tests.unit.examples import START

KEY = bytes(range(32))
NAMES = st.sampled_from(["ann", "ann ", "bob", "1400000", "1400000.0", None])
ROWS = st.lists(st.tuples(st.integers(0, 99).map("s{}-x".format), NAMES), max_size=12)
FOLDERS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


def code(value: str) -> str:
    return pseudonym(KEY, value)


def sought(subject: str = "ann", ids: tuple[str, ...] = ()) -> SoughtRows:
    return SoughtRows(code, "who", "id", frozenset(subject_pseudonyms(KEY, subject)), frozenset(map(code, ids)))


def is_theirs(row: tuple[str, str | None], subject: str, ids: tuple[str, ...]) -> bool:
    name, who = row
    return code(who) == code(subject) if who else name in ids


@FOLDERS
@given(rows=ROWS, subject=st.sampled_from(["ann", "1400000"]), ids=st.lists(st.sampled_from(["s1-x", "s2-x"])))
def test_of_stored_records_the_others_are_left_in_their_order(
    tmp_path: Path, rows: list[tuple[str, str | None]], subject: str, ids: list[str]
) -> None:
    columns = {"id": [name for name, _ in rows], "who": [who for _, who in rows], "x": list(range(len(rows)))}
    table = {
        name: Array(cells, DataType.int64() if name == "x" else DataType.utf8()) for name, cells in columns.items()
    }
    write_parquet(Table.from_batches([RecordBatch.from_pydict(table)]), tmp_path / "all")
    wanted = sought(subject, tuple(ids))
    mine = [at for at, row in enumerate(rows) if is_theirs(row, subject, tuple(ids))]
    found = find_stored(tmp_path / "all", wanted, content=True)
    assert (found.rows, [row["x"] for row in found.content]) == (len(mine), mine)
    assert without_rows(tmp_path / "all", wanted, tmp_path / "left") == len(rows) - len(mine)
    left = [at for batch in read_parquet(tmp_path / "left") for at in batch.column("x").to_pylist()]
    assert left == [at for at in range(len(rows)) if at not in mine]
    assert find_stored(tmp_path / "left", wanted).rows == 0


@FOLDERS
@given(rows=ROWS.filter(len), written=st.sampled_from(["csv", "jsonl"]))
def test_of_an_upload_the_others_are_left_as_they_were_written(
    tmp_path: Path, rows: list[tuple[str, str | None]], written: str
) -> None:
    file = tmp_path / f"rows.{written}"
    if written == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([["id", "who", "note"], *((name, who or "", 'a,"b"') for name, who in rows)])
        file.write_text(text.getvalue())
    else:
        file.write_text("".join(json.dumps({"id": name, "who": who, "note": 1.10}) + "\n" for name, who in rows))
    mine = [row for row in rows if is_theirs(row, "ann", ("s3-x",))]
    split = split_upload(lambda: open_rows(file, file.name), sought("ann", ("s3-x",)), tmp_path / "left")
    assert (split.rows, split.left) == (len(mine), len(rows) - len(mine))
    left = gzip.decompress((tmp_path / "left").read_bytes()).decode()
    if written == "csv":
        found = [(one["id"], one["who"] or None, one["note"]) for one in csv.DictReader(io.StringIO(left))]
        assert found == [(*row, 'a,"b"') for row in rows if row not in mine]
    else:
        assert left == "".join(
            json.dumps({"id": n, "who": w, "note": 1.10}) + "\n" for n, w in rows if (n, w) not in mine
        )


def test_a_file_that_cannot_be_read_is_searched_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.csv"
    file.write_text('id,who\n"s1,ada@example.org\nmine: s2-x;\nnobody\n')
    assert mentions(file, file.name, sought("ada@example.org", ("s2-x",))) == 2
    assert mentions(file, file.name, sought("eve@example.org")) == 0


def test_records_store_a_hash_of_an_entity() -> None:
    stored = hash_names(["ann"])[0]
    assert sought().is_subject(stored)
    assert not sought().is_subject(hash_names(["bob"])[0])


@pytest.mark.parametrize(
    ("content", "theirs"),
    [
        ('{"id":"s9","who":"ann"}', True),
        ('{"id":"s1-x","who":"bob"}', False),
        ('{"id":"s1-x"}', True),
        ('["s9","ann"]', True),
        ('"a line with s1-x, torn"', True),
        ('["s9","bob"]', False),
    ],
)
def test_a_rejected_row_is_judged_by_its_columns_or_else_by_its_words(content: str, theirs: bool) -> None:  # noqa: FBT001
    assert is_sought(RejectedRow(1, 2, (), content), sought(ids=("s1-x",))) is theirs


def test_hashes_of_ids_go_and_the_others_stay(tmp_path: Path) -> None:
    write_id_hashes(tmp_path / "ids", [(START, hashes_of(["a", "b", "c"]))])
    assert without_hashes(tmp_path / "ids", hashes_of(["b", "z"]), tmp_path / "left") == 1
    left = IdHashes.read(tmp_path / "left").of_window(START)
    assert left.tolist() == sorted(hashes_of(["a", "c"]).tolist())
    assert without_hashes(tmp_path / "left", hashes_of(["b"]), tmp_path / "none") == 0


def test_samples_lose_the_rows_and_the_entities() -> None:
    numbers, categories = {"age": [1.0, None, 3.0]}, {"make": ["Ford", "Opel", None]}
    gone = [{"age": 1, "make": "Ford", "id": "x"}, {"age": float("nan"), "make": "Fiat"}]
    assert without_background_rows(numbers, categories, gone) == [1, 2]
    stored = io.BytesIO()
    np.savez_compressed(stored, hashes=hashes_of(["a", "b"]), means=np.array([1.0, 2.0]))
    left = without_entities(stored.getvalue(), set(hashes_of(["a"]).tolist()))
    assert left is not None
    assert np.load(io.BytesIO(left))["means"].tolist() == [2.0]
    assert without_entities(left, set(hashes_of(["a"]).tolist())) is None


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=8)
        | st.sampled_from(["ada@b.org", "of ada@b.org."]),
        lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts, max_size=3),
        max_leaves=8,
    )
)
def test_a_document_keeps_all_but_the_name(content: object) -> None:
    left = redact_document(json.dumps(content).encode(), lambda word: word == "ada@b.org")
    if "ada@b.org" in json.dumps(content):
        assert left is not None
        assert json.dumps(content).replace("ada@b.org", ERASED) == json.dumps(json.loads(left))
        assert redact_document(left, lambda word: word == "ada@b.org") is None
    else:
        assert left is None


def test_a_short_id_is_a_name_in_lists_of_ids_and_in_quotes_alone() -> None:
    document = {"ids": ["12", "13"], "message": "12 labels, such as '12'", "histogram": {"12": 3}}
    left = redact_document(json.dumps(document).encode(), lambda word: word == "12")
    assert left is not None
    assert json.loads(left) == {
        "ids": [ERASED, "13"], "message": f"12 labels, such as '{ERASED}'", "histogram": {"12": 3},
    }  # fmt: skip


def test_a_pseudonym_names_nobody() -> None:
    assert not sought().names(code("ann"))
