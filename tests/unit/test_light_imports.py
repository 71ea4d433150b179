"""Functions that only decide start fast: no numerical library is loaded, and little beyond boto3 and Powertools."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.integration.template import read_template, resources

Loaded = Callable[[str], frozenset[str]]
ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("arro3", "numpy", "pandas", "scipy", "skops", "sklearn")
LIGHT = (
    "register_model", "raise_alerts", "kick_retraining", "release_model", "accept_version", "audit_models",
    "collect_resources", "accept_commands", "track_defects", "maintain_store", "render_reports", "watch_deployment",
)  # fmt: skip
SMALLEST = ("raise_alerts", "kick_retraining")
LIGHT_PACKAGES = {
    "annotated_types", "aws_lambda_powertools", "boto3", "botocore", "certifi", "dateutil", "jmespath", "pydantic",
    "pydantic_core", "rfc8785", "s3transfer", "six", "typing_extensions", "typing_inspection", "urllib3",
}  # fmt: skip
"""boto3 and Powertools, and what they need themselves."""
MOST_MODULES = 70
"""Of Steward's own, of which it has some 440."""
LEARNING = ("scipy", "skops", "sklearn")
WITHOUT_LEARNING = sorted(
    function["CodeUri"].strip("/").removeprefix("functions/")
    for function in resources("AWS::Serverless::Function").values()
    if {"Ref": "LayerLearn"} not in function["Layers"]
)


def environment(bytecode: Path, folder: Path) -> dict[str, str]:
    """What the template gives the function of a folder, and bytecode in a place of its own, as the layers ship it."""
    variables = dict(read_template()["Globals"]["Function"]["Environment"]["Variables"])
    for function in resources("AWS::Serverless::Function").values():
        if function["CodeUri"].strip("/") == f"functions/{folder.name}":
            variables |= function["Environment"]["Variables"]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **inherited,
        "POWERTOOLS_SERVICE_NAME": "a_function",
        **{name: value if isinstance(value, str) else "deployed" for name, value in variables.items()},
        "STEWARD_MODEL_METRICS": "off",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPYCACHEPREFIX": str(bytecode),
    }


def run(code: str, bytecode: Path, folder: Path = ROOT) -> str:
    """What a fresh interpreter prints, with a function's folder first on its path."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"]
    return subprocess.run(command, env=environment(bytecode, folder), check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The modules that a fresh interpreter has loaded once it has imported a function's handler."""
    bytecode = tmp_path_factory.mktemp("bytecode")

    @cache
    def modules(function: str) -> frozenset[str]:
        return frozenset(run("import app; print(*sys.modules)", bytecode, function_folder(function)).split())

    return modules


@pytest.mark.parametrize("function", LIGHT)
def test_a_function_that_only_decides_loads_no_numerical_library(function: str, loaded: Loaded) -> None:
    assert loaded(function).isdisjoint(HEAVY)


@pytest.mark.parametrize("function", WITHOUT_LEARNING)
def test_the_template_engine_is_loaded_by_the_one_function_that_draws_pages(function: str, loaded: Loaded) -> None:
    assert ("jinja2" in loaded(function)) == (function == "render_reports")


@pytest.mark.parametrize("function", WITHOUT_LEARNING)
def test_a_function_without_the_learn_layer_asks_for_nothing_of_it(function: str, loaded: Loaded) -> None:
    assert loaded(function).isdisjoint(LEARNING)


@pytest.mark.parametrize("function", SMALLEST)
def test_a_function_of_the_core_loads_little_beyond_boto3_and_powertools(function: str, loaded: Loaded) -> None:
    """Packages and modules are counted; `make benchmark` measures the time."""
    packages = {name.partition(".")[0] for name in loaded(function)} - sys.stdlib_module_names
    assert {name for name in packages if not name.startswith("_")} <= {"app", "steward", *LIGHT_PACKAGES}
    assert len([name for name in loaded(function) if name.startswith("steward.")]) <= MOST_MODULES


def function_folder(function: str) -> Path:
    return ROOT / "functions" / function
