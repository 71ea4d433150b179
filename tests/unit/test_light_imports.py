"""Functions that only decide start fast: no numerical library is loaded, and little beyond boto3 and Powertools."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.template import read_template, resources

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("arro3", "numpy", "pandas", "scipy", "skops", "sklearn")
LIGHT = (
    "register_model", "raise_alerts", "kick_retraining", "release_model", "accept_version", "audit_models",
    "collect_resources", "accept_commands", "track_defects", "render_reports", "watch_deployment",
)  # fmt: skip
TIMED = ("raise_alerts", "kick_retraining")
LEARNING = ("scipy", "skops", "sklearn")
WITHOUT_LEARNING = sorted(
    function["CodeUri"].strip("/").removeprefix("functions/")
    for function in resources("AWS::Serverless::Function").values()
    if {"Ref": "LayerLearn"} not in function["Layers"]
)
FEWEST_ROUNDS, MOST_ROUNDS = 3, 12


def environment(bytecode: Path) -> dict[str, str]:
    """What the template gives every function, and bytecode in a place of its own, as the layers ship it."""
    variables = read_template()["Globals"]["Function"]["Environment"]["Variables"]
    literal = {name: value for name, value in variables.items() if isinstance(value, str)}
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **inherited,
        **literal,
        "STEWARD_DATA_BUCKET": "data",
        "STEWARD_LEDGER_BUCKET": "ledger",
        "STEWARD_BUS": "steward",
        "POWERTOOLS_SERVICE_NAME": "a_function",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPYCACHEPREFIX": str(bytecode),
    }


def run(code: str, bytecode: Path, folder: Path = ROOT) -> str:
    """What a fresh interpreter prints, with a function's folder first on its path."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"]
    return subprocess.run(command, env=environment(bytecode), check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytecode")


@pytest.mark.parametrize("function", LIGHT)
def test_a_function_that_only_decides_loads_no_numerical_library(function: str, bytecode: Path) -> None:
    printed = run(
        f"import app; print([name for name in {HEAVY} if name in sys.modules])", bytecode, function_folder(function)
    )
    assert printed.strip() == "[]"


@pytest.mark.parametrize("function", WITHOUT_LEARNING)
def test_the_template_engine_is_loaded_by_the_one_function_that_draws_pages(function: str, bytecode: Path) -> None:
    printed = run("import app; print('jinja2' in sys.modules)", bytecode, function_folder(function))
    assert printed.strip() == str(function == "render_reports")


@pytest.mark.parametrize("function", WITHOUT_LEARNING)
def test_a_function_without_the_learn_layer_asks_for_nothing_of_it(function: str, bytecode: Path) -> None:
    printed = run(
        f"import app; print([name for name in {LEARNING} if name in sys.modules])", bytecode, function_folder(function)
    )
    assert printed.strip() == "[]"


@pytest.mark.alone
def test_a_cold_import_costs_at_most_twice_that_of_boto3_and_powertools(bytecode: Path) -> None:
    """Processor time, the best of alternated runs, and of more of them while other programs get in the way."""
    best = dict.fromkeys(("bare", *TIMED), float("inf"))
    ratios: dict[str, float] = {}
    for done in range(MOST_ROUNDS):
        if done >= FEWEST_ROUNDS and max(ratios.values()) <= 2:
            break
        best["bare"] = min(best["bare"], import_seconds("boto3, aws_lambda_powertools", bytecode))
        for function in TIMED:
            best[function] = min(best[function], import_seconds("app", bytecode, function_folder(function)))
            ratios[function] = best[function] / best["bare"]
    print(f"boto3 and Powertools {best['bare']:.3f} s, times {ratios}")
    assert max(ratios.values()) <= 2, ratios


def function_folder(function: str) -> Path:
    return ROOT / "functions" / function


def import_seconds(modules: str, bytecode: Path, folder: Path = ROOT) -> float:
    code = f"import time; start = time.process_time()\nimport {modules}\nprint(time.process_time() - start)"
    return float(run(code, bytecode, folder))
