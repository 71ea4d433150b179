"""A version that Steward trained scores the very columns that are uploaded, as Steward itself would."""

import hashlib
import json
import tempfile
import warnings
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import steward
from steward.errors import BatchInvalid, ObjectChanged, ObjectMissing, StewardError, UntrustedArtifact
from steward.events import ObjectRef
from steward.offline.suggestion import suggest
from steward.records.record_file_reader import RecordFileReader
from steward.records.stored import read_records, write_records
from steward.records.valid_records import concatenate
from steward.retraining import artifact, recipe
from steward.retraining.dataset import targets
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from tests.nightly import nightly
from tests.unit.examples import manifest

README = Path(__file__).parents[3] / "README.md"
ROWS = 600


def table(label: str) -> pd.DataFrame:
    """A column of every type, with and without gaps, and a label of a task."""
    random = np.random.default_rng(0)
    amount, member = random.normal(size=ROWS), random.random(ROWS) < 0.5
    odds = amount + member
    labels = {
        "binary": random.random(ROWS) < 1 / (1 + np.exp(-odds)),
        "words": np.where(odds + random.normal(size=ROWS) > 0, "won", "lost"),
        "classes": np.array(["low", "middle", "high"])[np.digitize(odds, [0, 1])],
        "amounts": 100 * odds + random.normal(size=ROWS),
    }
    gap = random.random(ROWS) < 0.2
    return pd.DataFrame(
        {
            "id": [f"r{at}" for at in range(ROWS)],
            "at": pd.date_range("2024-01-01", periods=ROWS, freq="h"),
            "amount": amount,
            "sparse": np.where(gap, np.nan, amount),
            "plan": random.choice(["basic", "True", "98101.0"], ROWS),
            "branch": np.where(gap, None, random.choice(["north", "south"], ROWS)),
            "member": member,
            "consent": pd.Series(np.where(gap, None, member), dtype=object),
            "said": np.where(member, "yes", "no"),
            "bit": member.astype(int),
            "seen": pd.date_range("2023-01-01", periods=ROWS, freq="D")[random.permutation(ROWS)],
            "note": [" ".join(random.choice(["good", "bad", "slow", "fast", "again"], 6)) for _ in range(ROWS)],
            "vector": [json.dumps([round(float(value), 3), 0.5]) for value in amount],
            "target": labels[label],
        }
    )  # fmt: skip


@cache
def fitted(label: str) -> tuple[str, ModelSpec, recipe.Fitted, np.ndarray]:
    """The table as it is uploaded, its declaration, a model of it, and what Steward says of its rows."""
    with tempfile.TemporaryDirectory() as folder:
        upload = Path(folder) / "rows.csv"
        table(label).to_csv(upload, index=False)
        spec = read_spec(suggest(upload, model="loans"))
        batch = RecordFileReader(upload, "rows.csv", spec, "reference", datetime(2025, 1, 1, tzinfo=UTC))
        records = concatenate([judged.records for judged in batch])
        assert records.rows == ROWS
        rows = read_records(write_records(records, spec), spec)
        quick = spec.retraining.recipe.model_copy(update={"parameters": {"max_iter": 5}})
        model = recipe.fit(quick, spec, rows, targets(rows, spec))
        return upload.read_text(), spec, model, recipe.score(model, spec, rows)


def trained(folder: Path, label: str) -> tuple[Path, ModelSpec, np.ndarray]:
    """The folder of a version beside its upload; its declaration; and what Steward says of the rows."""
    upload, spec, model, scores = fitted(label)
    (folder / "rows.csv").write_text(upload)
    declared = json.dumps({"revision": "000001", "source_version_id": "v", "spec": json.loads(spec.model_dump_json())})
    brought = folder / "loans-champion"
    brought.mkdir()
    parts = {"model.skops": artifact.dump(model), "spec.json": declared.encode()}
    for name, body in parts.items():
        (brought / name).write_bytes(body)
    named = {
        name: ObjectRef(key=name, version_id="v", sha256=hashlib.sha256(body).hexdigest())
        for name, body in parts.items()
    }
    libraries = recipe.libraries()
    changes = {"model": "loans", "artifact": named["model.skops"], "spec": named["spec.json"], "libraries": libraries}
    (brought / "manifest.json").write_text(manifest().model_copy(update=changes).model_dump_json())
    return brought, spec, scores


@pytest.mark.parametrize("label", ["words", "classes", "amounts", *nightly("binary")])
def test_rows_of_every_type_are_scored_as_steward_scores_them(tmp_path: Path, label: str) -> None:
    folder, spec, expected = trained(tmp_path, label)
    model = steward.load(folder)
    assert {feature.type for feature in spec.features.values()} == {
        "numeric", "categorical", "boolean", "datetime", "text", "embedding",
    }  # fmt: skip
    native = table(label).astype({"consent": "boolean"}).assign(vector=lambda rows: rows["vector"].map(json.loads))
    for rows in (pd.read_csv(tmp_path / "rows.csv"), tmp_path / "rows.csv", table(label), native):
        if label == "amounts":
            np.testing.assert_array_equal(model.predict(rows), expected)
            with pytest.raises(StewardError, match="call predict"):
                model.predict_proba(rows)
            continue
        said = model.predict_proba(rows)
        assert said.shape == (ROWS, len(model.classes_))
        np.testing.assert_array_equal(said if label == "classes" else said[:, 1], expected)
        decided = expected.argmax(axis=1) if label == "classes" else (expected >= 0.5).astype(int)
        assert model.predict(rows).tolist() == model.classes_[decided].tolist()


def test_the_classes_are_named_as_the_label_spells_them(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert steward.load(trained(tmp_path / "a", "binary")[0]).classes_.tolist() == ["0", "1"]
    assert set(steward.load(trained(tmp_path / "b", "classes")[0]).classes_) == {"low", "middle", "high"}


def test_one_row_with_empty_cells_is_scored_too(tmp_path: Path) -> None:
    folder, spec, _ = trained(tmp_path, "binary")
    row = pd.DataFrame([dict.fromkeys(spec.features)])
    said = steward.load(folder).predict_proba(row)
    assert said.shape == (1, 2)
    assert said.sum() == pytest.approx(1)


def test_the_lines_of_the_readme_score_what_is_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = README.read_text().split("```python\n")
    (code,) = [part.partition("```")[0] for part in lines if "steward.load(" in part.partition("```")[0]]
    assert len([line for line in code.splitlines() if line]) == 5
    _, _, expected = trained(tmp_path, "binary")
    (tmp_path / "rows.csv").rename(tmp_path / "march.csv")
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # noqa: S102 - the README's own
    scored = pd.read_csv(tmp_path / "march-scored.csv")
    np.testing.assert_allclose(scored["score"], expected, atol=1e-12)
    assert set(table("binary").columns) < set(scored.columns)


@pytest.mark.parametrize("name", ["model.skops", "spec.json"])
def test_changed_bytes_are_refused(tmp_path: Path, name: str) -> None:
    folder, _, _ = trained(tmp_path, "binary")
    body = (folder / name).read_bytes()
    (folder / name).write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    with pytest.raises(ObjectChanged, match=f"{name} has SHA-256 .*check it out again"):
        steward.load(folder)
    (folder / name).unlink()
    with pytest.raises(ObjectMissing, match="steward checkout"):
        steward.load(folder)


def test_an_artifact_of_untrusted_types_is_refused_whatever_its_manifest_says(tmp_path: Path) -> None:
    folder, _, _ = trained(tmp_path, "binary")
    body = b"no skops file"
    (folder / "model.skops").write_bytes(body)
    named = json.loads((folder / "manifest.json").read_text())
    named["artifact"]["sha256"] = hashlib.sha256(body).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(named))
    with pytest.raises(UntrustedArtifact):
        steward.load(folder)


def test_a_version_that_was_trained_elsewhere_has_nothing_to_score_with(tmp_path: Path) -> None:
    folder, _, _ = trained(tmp_path, "binary")
    named = json.loads((folder / "manifest.json").read_text()) | {"artifact": None}
    (folder / "manifest.json").write_text(json.dumps(named))
    with pytest.raises(StewardError, match="was trained elsewhere"):
        steward.load(folder)


def test_other_libraries_are_warned_of(tmp_path: Path) -> None:
    folder, _, _ = trained(tmp_path, "binary")
    named = json.loads((folder / "manifest.json").read_text())
    named["libraries"]["scikit-learn"] = "0.1"
    (folder / "manifest.json").write_text(json.dumps(named))
    with pytest.warns(UserWarning, match="was trained with scikit-learn 0.1, and"):
        steward.load(folder)


def test_a_column_that_is_missing_or_of_another_type_is_named(tmp_path: Path) -> None:
    folder, _, _ = trained(tmp_path, "binary")
    model = steward.load(folder)
    with pytest.raises(BatchInvalid, match="the table has no column amount, member; add"):
        model.predict(table("binary").drop(columns=["amount", "member"]))
    with pytest.raises(BatchInvalid, match="amount: 600 of its 600 cells are not numeric"):
        model.predict(table("binary").assign(amount="much"))


def written(folder: Path, form: str, **changes: object) -> Path:
    """The rows of a table as a file of either form of text; `changes` are columns, as text."""
    path = folder / f"march.{form}"
    rows = table("binary").astype({"at": str, "seen": str}).assign(**changes)
    if form == "csv":
        rows.to_csv(path, index=False)
    else:
        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@pytest.mark.parametrize(
    ("form", "line", "reason"),
    [("csv", 5, "the row has 16 fields and the header 14"), ("jsonl", 4, "is not valid JSON")],
)
def test_a_row_that_cannot_be_read_is_named_and_not_left_out(tmp_path: Path, form: str, line: int, reason: str) -> None:
    model = steward.load(trained(tmp_path, "binary")[0])
    path = written(tmp_path, form)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.predict(path).shape == (ROWS,)
    lines = path.read_text().splitlines()
    lines[line - 1] = lines[line - 1] + ",1,2" if form == "csv" else lines[line - 1][:-1]
    path.write_text("\n".join(lines) + "\n")
    for call in (model.predict, model.predict_proba):
        with pytest.raises(
            BatchInvalid, match=f"march.{form} has rows that cannot be read, first line {line}: .*{reason}"
        ):
            call(path)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_cells_that_cannot_be_read_are_warned_of_and_scored_as_missing(tmp_path: Path, form: str) -> None:
    model = steward.load(trained(tmp_path, "binary")[0])
    gone = np.arange(ROWS) < 3
    rows = table("binary")
    broken = {
        "amount": rows["amount"].astype(str).mask(gone, "much"),
        "member": rows["member"].astype(str).mask(np.arange(ROWS) == 7, "maybe"),
    }
    expected = rows.assign(
        amount=rows["amount"].mask(gone), member=rows["member"].astype(object).mask(np.arange(ROWS) == 7)
    )
    told = r"scored as missing: 3 of 600 cells of amount are not numeric; 1 of 600 cells of member are not boolean"
    with pytest.warns(UserWarning, match=told) as caught:
        said = model.predict_proba(written(tmp_path, form, **broken))
    assert caught[0].filename == __file__
    np.testing.assert_allclose(said, model.predict_proba(expected), atol=1e-6)
