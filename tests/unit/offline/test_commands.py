"""`steward compare` and `steward suggest` as people and pipelines run them: exit codes, JSON, and what is printed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steward.cli import app, terminal
from steward.spec.document import read_spec
from tests.unit.offline.samples import sales
from tests.unit.offline.test_compare import table


@pytest.fixture
def run(monkeypatch, capsys, tmp_path: Path):
    """Run the command in a folder with two files; its exit code, output and errors."""
    table(1000).to_csv(tmp_path / "before.csv", index=False)
    table(1000, seed=1).to_csv(tmp_path / "same.csv", index=False)
    table(1000, 0.5, seed=1).to_csv(tmp_path / "moved.csv", index=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, width: int = 80) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["steward", *arguments])
        monkeypatch.setattr(terminal.console, "_width", width)
        with pytest.raises(SystemExit) as ended:
            app.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("same.csv",), 0),
        (("moved.csv",), 0),
        (("same.csv", "--fail-on-drift"), 0),
        (("moved.csv", "--fail-on-drift"), 1),
        (("moved.csv", "--fail-on-drift", "--json"), 1),
    ],
)
def test_the_exit_code_says_whether_there_is_drift_where_that_is_asked(run, arguments, code) -> None:
    assert run("compare", "before.csv", *arguments)[0] == code


def test_a_declaration_that_is_wrong_is_named(run) -> None:
    Path("loans.yaml").write_text("model: loans\n")
    code, _, told = run("compare", "before.csv", "same.csv", "--spec", "loans.yaml")
    assert (code, told.startswith("loans.yaml: line 1, column 1: ")) == (2, True)


def test_a_name_that_no_model_can_have_is_told_before_the_file_is_read(run) -> None:
    code, _, told = run("suggest", "nowhere.csv", "--model", "Loans 2")
    assert (code, told.startswith("--model: 'Loans 2' is no name of a model: ")) == (2, True)


def test_two_columns_that_need_both_components_are_said_to_leave_no_error(run) -> None:
    numbers = np.random.default_rng(5)
    for name in ("apart.csv", "later.csv"):
        pd.DataFrame({"income": numbers.gamma(2, 2000, 1000), "age": numbers.normal(50, 9, 1000)}).to_csv(name)
    _, out, _ = run("compare", "apart.csv", "later.csv", width=300)
    assert "describe the 2 columns of numbers whole, and leave no error" in out
    assert "not compared by principal components" in out
    assert "too few rows" not in out


def test_the_json_has_what_pipelines_read(run) -> None:
    code, out, _ = run("compare", "before.csv", "moved.csv", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["rows"] == {"reference": 1000, "current": 1000}
    assert found["drift"]["detected"] is True
    assert found["drift"]["family_wise_rate"] == 0.01
    wanted = {"monitor", "column", "statistic", "value", "threshold", "p_value", "effect", "status", "message"}
    for result in found["results"]:
        assert wanted <= result.keys()
        assert result["status"] in {"ok", "drift", "unknown"}
    quiet = json.loads(run("compare", "before.csv", "same.csv", "--json")[1])
    assert quiet["drift"]["detected"] is False


def wandering(folder: Path, *, level: float) -> None:
    """A reference of 30 days whose level wanders from day to day, beside a steady column, and a day to compare."""
    generator = np.random.default_rng(5)
    days = np.repeat(np.arange(30), 100)
    pd.DataFrame(
        {
            "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(days * 24 + generator.integers(0, 24, 3000), unit="h"),
            "level": np.repeat(3 * generator.normal(size=30), 100) + generator.normal(size=3000),
            "steady": generator.normal(size=3000),
        }
    ).to_csv(folder / "month.csv", index=False)
    pd.DataFrame(
        {
            "at": pd.Timestamp("2026-01-31") + pd.to_timedelta(generator.integers(0, 24, 100), unit="h"),
            "level": level + generator.normal(size=100),
            "steady": generator.normal(size=100),
        }
    ).to_csv(folder / "day.csv", index=False)


def test_a_reference_whose_days_differ_is_no_comfort(run, tmp_path: Path) -> None:
    wandering(tmp_path, level=7.0)
    code, out, errors = run("compare", "month.csv", "day.csv", "--fail-on-drift", width=300)
    assert code == 2, "a gate does not pass on what nobody knows"
    assert "no drift was found, and yet `level` cannot be told: compare with a longer reference" in errors
    assert run("compare", "month.csv", "day.csv")[0] == 0
    assert out.startswith("Cannot tell for 1 of 2 columns: level; no drift in the rest")
    assert "Every column is as in the reference" not in out
    assert "windows differ so much that a shift of less than" in out
    assert "of its rows lie outside all that the reference had" in out
    assert "To tell more, compare with a longer reference, or with earlier windows: " in out
    assert "1 of 2 columns are as in the reference. A shift of 0." in out
    drift = json.loads(run("compare", "month.csv", "day.csv", "--json")[1])["drift"]
    assert (drift["verdict"], drift["detected"], drift["columns"]) == ("unknown", False, [])
    assert (drift["cannot_tell"], drift["not_compared"]) == (["level"], [])


DECLARED = "model: m\nowner: me\ntask: binary_classification\ncolumns: {id: id, time: at, score: s}\nfeatures: "
CURRENT = {
    "one row": (lambda same: same.head(1), "`x`, `kind`"),
    "no numbers": (lambda same: same.assign(x="?"), "`x`"),
    "a column less": (lambda same: same.drop(columns="kind"), "`kind`"),
}


@pytest.mark.parametrize("current", CURRENT)
@pytest.mark.parametrize("declared", [(), ("--spec", "spec.yaml")])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_gate_does_not_pass_what_it_could_not_compare(run, tmp_path, current, declared, form) -> None:
    make, missed = CURRENT[current]
    make(pd.read_csv(tmp_path / "same.csv")).to_csv(tmp_path / "current.csv", index=False)
    (tmp_path / "spec.yaml").write_text(f"{DECLARED}{{x: numeric, kind: categorical}}\n")
    code, out, errors = run("compare", "before.csv", "current.csv", "--fail-on-drift", *declared, *form, width=300)
    assert code == 2
    assert f"no drift was found, and yet {missed} could not be compared" in errors
    if form:
        drift = json.loads(out)["drift"]
        assert (drift["verdict"], drift["detected"], drift["columns"]) == ("unknown", False, [])
        assert ", ".join(f"`{name}`" for name in drift["not_compared"]) == missed


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(("lost", "code"), [(500, 2), (11, 2), (10, 0)])
def test_the_gate_does_not_pass_where_many_rows_cannot_be_read(run, tmp_path, form, lost, code) -> None:
    broken = tmp_path / f"broken.{form}"
    frame = table(1000, seed=1)
    text = frame.to_csv(index=False) if form == "csv" else frame.to_json(orient="records", lines=True)
    lines = text.splitlines()
    for at in range(len(lines) - lost, len(lines)):
        lines[at] = f"{lines[at]},1" if form == "csv" else lines[at][:-1]
    broken.write_text("\n".join(lines) + "\n")
    first = len(lines) - lost + 1
    told = f"{lost:,} of 1,000 rows of broken.{form} cannot be read, and are left out (line {first}: the "
    for names in (("before.csv", broken.name), (broken.name, "before.csv")):
        ended, out, errors = run("compare", *names, "--fail-on-drift", width=300)
        assert ended == code
        assert told in out
        assert out.count("cannot be read") == 1
        drift = json.loads(run("compare", *names, "--json")[1])["drift"]
        if code:
            assert out.startswith(f"No drift in the rows that could be read; {told}")
            assert f"no drift was found, and yet {told}" in errors
            assert (drift["verdict"], drift["not_compared"], len(drift["not_read"])) == ("unknown", [], 1)
        else:
            assert out.startswith("No drift\n")
            assert (drift["verdict"], drift["not_read"]) == ("no_drift", [])


def test_drift_stays_drift_where_many_rows_cannot_be_read(run, tmp_path: Path) -> None:
    lines = (tmp_path / "moved.csv").read_text().splitlines()
    (tmp_path / "broken.csv").write_text("\n".join([*lines, *["1,a,b"] * 500]) + "\n")
    code, out, _ = run("compare", "before.csv", "broken.csv", "--fail-on-drift")
    assert code == 1
    assert out.startswith("Drift in 1 of 2 columns: x")
    assert "500 of 1,500 rows" in " ".join(out.split())


def test_the_gate_asks_for_what_is_declared_and_for_nothing_else(run, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(DECLARED + "{x: numeric}\n")
    (tmp_path / "more.yaml").write_text(DECLARED + "{x: numeric, kind: {type: categorical, monitored: false}}\n")
    (tmp_path / "gone.yaml").write_text(DECLARED + "{x: numeric, other: numeric}\n")
    pd.read_csv(tmp_path / "same.csv").drop(columns="kind").to_csv(tmp_path / "narrow.csv", index=False)
    assert run("compare", "before.csv", "narrow.csv", "--fail-on-drift")[0] == 2
    for spec, code in (("one.yaml", 0), ("more.yaml", 0), ("gone.yaml", 2)):
        assert run("compare", "before.csv", "narrow.csv", "--fail-on-drift", "--spec", spec)[0] == code, spec


BAD = {
    "nothing.csv": b"",
    "header.csv": b"x,kind\n",
    "twice.csv": b"x,x\n1,2\n",
    "cut.parquet": b"PAR1" + b"\0" * 40,
    "text.parquet": b"hello",
    "binary.csv": b"\0\1\2\3" * 9,
    "broken.jsonl": b"{\n[\n}\n",
    "others.csv": b"a,b\n1,2\n3,4\n",
    "table.xlsx": b"PK\x03\x04",
    "noending": b"\0\1\2\3" * 9,
    "latin.csv": b"x,kind\n1,\xff\xfe\n2,\xff\xfe\n3,\xff\n",
}


@pytest.mark.parametrize("name", [*BAD, "absent.csv", "."])
def test_bad_input_exits_with_2_and_a_sentence_that_names_it(run, name: str, tmp_path: Path) -> None:
    if name in BAD:
        (tmp_path / name).write_bytes(BAD[name])
    for arguments in ((name, "before.csv"), ("before.csv", name)):
        code, out, errors = run("compare", *arguments, "--fail-on-drift")
        assert (code, out) == (2, "")
        assert name in errors
        assert "upload" not in errors
    if name != "others.csv":
        assert run("suggest", name)[0] == 2


def test_a_bad_declaration_exits_with_2_and_the_place(run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("model: x\nowner: me\nfeatures: {x: number}\n")
    code, _, errors = run("compare", "before.csv", "same.csv", "--spec", "bad.yaml")
    assert code == 2
    assert "line 3, column " in errors
    assert run("compare", "before.csv", "same.csv", "--spec", "absent.yaml")[0] == 2


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_drifted_comes_first_then_what_could_not_be_measured_then_the_rest(run, tmp_path, width) -> None:
    frame, z = table(1000, 0.5, seed=1).assign(kind=1.5), [at % 500 for at in range(1000)]
    table(1000).assign(z=z, w=3.0).to_csv(tmp_path / "wide.csv", index=False)
    frame.assign(z=z, w="?").to_csv(tmp_path / "odd.csv", index=False)
    code, out, _ = run("compare", "wide.csv", "odd.csv", width=width)
    assert code == 0
    assert max(map(len, out.splitlines())) <= width
    said = " ".join(out.split())
    order = ["Drift in 2 of 4 columns", "1,000 current rows against 1,000", "what happened", "`x` moved up",
             "not compared", "`w` has changed its type", "1 of 4 columns are as in the reference",
             "at most one of 100 comparisons", "Note: rows count as independent"]  # fmt: skip
    places = [said.find(part) for part in order]
    assert -1 not in places, said
    assert places == sorted(places)


def test_what_was_not_measured_is_not_said_to_be_without_drift(run, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("x,kind\n1,a\n2,b\n")
    assert run("compare", "before.csv", "two.csv")[1].startswith("Nothing could be compared")
    table(1000, seed=1).assign(x="?").to_csv(tmp_path / "typed.csv", index=False)
    said = run("compare", "before.csv", "typed.csv")[1]
    assert said.startswith("No drift in 1 of 2 columns; the rest could not be compared")
    assert run("compare", "before.csv", "same.csv")[1].startswith("No drift\n")


def test_a_suggestion_goes_to_standard_output_or_to_a_new_file_and_can_be_used_at_once(run, tmp_path: Path) -> None:
    sales(500).to_csv(tmp_path / "sales.csv", index=False)
    code, out, _ = run("suggest", "sales.csv")
    assert code == 0
    assert read_spec(out).model == "sales"
    written = run("suggest", "sales.csv", "--output", "spec.yaml", "--owner", "me", "--score", "score")
    assert written == (0, "", "sales.csv: 500 rows read\n")
    assert read_spec((tmp_path / "spec.yaml").read_bytes()).owner == "me"
    sales(500, shift=1, seed=1).to_csv(tmp_path / "later.csv", index=False)
    code, out, _ = run("compare", "sales.csv", "later.csv", "--spec", "spec.yaml", "--fail-on-drift")
    assert code == 1
    assert "balance" in out
    code, _, errors = run("suggest", "sales.csv", "--output", "spec.yaml")
    assert code == 2
    assert "name a new file" in errors


def test_what_cannot_be_told_is_asked_for_and_can_be_said_by_options(run, tmp_path: Path) -> None:
    sales(500).rename(columns={"label": "x", "score": "s"}).to_csv(tmp_path / "sales.csv", index=False)
    code, _, errors = run("suggest", "sales.csv", "--output", "asked.yaml")
    assert code == 0
    assert "TO DO: no column has a model's answers, and no label could be told" in errors
    options = ["--label", "x", "--score", "s", "--id", "request_id", "--time", "requested_at", "--entity", "region",
               "--task", "binary_classification", "--model", "shop"]  # fmt: skip
    code, out, errors = run("suggest", "sales.csv", *options)
    spec = read_spec(out)
    assert (code, "TO DO" in errors, spec.model) == (0, False, "shop")
    columns = spec.columns
    assert (columns.label, columns.score, columns.id) == ("x", "s", "request_id")
    assert (columns.time, columns.entity) == ("requested_at", "region")
    code, _, errors = run("suggest", "sales.csv", "--label", "y")
    assert (code, "the table has no column y" in errors) == (2, True)


def test_a_suggestion_is_written_over_a_file_only_by_force(run, tmp_path: Path) -> None:
    sales(300).to_csv(tmp_path / "sales.csv", index=False)
    (tmp_path / "spec.yaml").write_text("mine")
    code, _, errors = run("suggest", "sales.csv", "--output", "spec.yaml")
    assert (code, "spec.yaml exists: name a new file, or write over it with --force" in errors) == (2, True)
    assert (tmp_path / "spec.yaml").read_text() == "mine"
    assert run("suggest", "sales.csv", "--output", "spec.yaml", "--force")[0] == 0
    assert read_spec((tmp_path / "spec.yaml").read_text())


def test_what_a_suggestion_leaves_open_is_said_again_when_it_is_validated(run, tmp_path: Path) -> None:
    sales(300).to_csv(tmp_path / "sales.csv", index=False)
    run("suggest", "sales.csv", "--output", "spec.yaml")
    code, out, errors = run("validate", "spec.yaml")
    assert (code, "spec.yaml declares" in out) == (0, True)
    assert "spec.yaml: TO DO: score was taken for the model's answer" in " ".join(errors.split())
    _, out, _ = run("validate", "spec.yaml", "--json")
    assert json.loads(out)[0]["questions"][0].startswith("TO DO: score was taken")
