"""`steward import-sagemaker`: what it writes, and what it says when it cannot."""

import re
import sys

import pytest

from steward.cli.app import main
from steward.spec.document import read_spec


@pytest.fixture
def run(monkeypatch, capsys, data):
    def _run(*options: object, statistics: str = "statistics.json", constraints: str = "constraints.json"):
        arguments = [data / statistics, data / constraints, "--model", "churn", "--owner", "crm@example.com", *options]
        monkeypatch.setattr(sys, "argv", ["steward", "import-sagemaker", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, " ".join(said.err.split())

    return _run


def test_the_declaration_goes_to_standard_output(run, data):
    code, written, said = run("--capture", data / "capture-csv.jsonl")

    assert (code, said) == (0, "")
    assert read_spec(written).capture.inputs == ["account_length", "voicemails", "day_minutes", "intl_plan"]


def test_or_into_a_file_that_is_not_there_yet(run, data, tmp_path):
    output = tmp_path / "churn.yaml"

    first, told, _ = run("--capture", data / "capture-csv.jsonl", "--output", output)
    text = output.read_text()
    again, _, said = run("--output", output)

    assert (first, again) == (0, 2)
    assert "steward push" in told
    assert read_spec(text).model == "churn"
    assert "is there already" in said
    assert output.read_text() == text


def test_a_folder_of_captures_is_looked_through(run, data, tmp_path):
    hour = tmp_path / "churn-endpoint/AllTraffic/2026/05/04/10"
    hour.mkdir(parents=True)
    (hour / "a.jsonl").write_bytes((data / "capture-csv.jsonl").read_bytes().rstrip())
    (hour / "b.jsonl").write_bytes((data / "capture-base64.jsonl").read_bytes())
    (hour / "notes.txt").write_text("nothing")

    code, written, _ = run("--capture", tmp_path)

    assert code == 0
    assert "no capture was given" not in written


def test_all_four_monitors_are_taken(run, data):
    code, written, _ = run(
        "--model-quality", data / "model-quality-constraints.json",
        "--model-quality-statistics", data / "model-quality-statistics.json",
        "--analysis", data / "bias-analysis.json",
        "--analysis", data / "explainability-analysis.json",
    )  # fmt: skip

    assert code == 0
    monitors = read_spec(written).monitors
    assert (monitors.recall.tolerance, monitors.fairness.minimum_disparate_impact) == (0.02, 0.71)


@pytest.mark.parametrize(
    ("options", "files", "said"),
    [
        (
            [],
            {"statistics": "constraints.json"},
            "constraints.json .given as statistics.json. is not what its monitor writes .*it has",
        ),
        ([], {"constraints": "statistics.json"}, "given as constraints.json. is not .*as statistics.json does"),
        (["--capture", "{data}/README.md"], {}, "no line of the captures can be used"),
        (["--capture", "{tmp}/empty.jsonl"], {}, "they are blank"),
        (["--capture", "{tmp}/binary.jsonl"], {}, "no line of the captures can be used"),
        (["--capture", "{data}/../../unit/sagemaker"], {}, r"has no file \*\.jsonl in it; copy some"),
        (["--analysis", "{data}/constraints.json"], {}, "neither bias metrics nor explanations"),
        (["--model-quality", "{data}/constraints.json"], {}, "none of binary_classification_constraints"),
        (["--output", "{tmp}/nowhere/churn.yaml"], {}, "cannot be written"),
        (["--model", "Churn Model"], {}, "model: 'Churn Model' is no name of a model: write "),
        (["--capture", "{tmp}/absent.jsonl"], {}, "does not exist"),
    ],
)
def test_what_is_wrong_is_said_with_exit_code_2(  # noqa: PLR0917 - fixtures and cases
    run, data, tmp_path, options, files, said
):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00\n\xff")

    code, written, told = run(*(option.format(data=data, tmp=tmp_path) for option in options), **files)

    assert (code, written) == (2, "")
    assert re.search(said, told), told
