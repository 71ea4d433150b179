"""Functions that only decide start fast: no numerical library is loaded, and little beyond boto3 and Powertools."""

import json
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
    "collect_resources", "accept_commands", "track_defects", "maintain_store", "render_reports", "watch_deployment",
)  # fmt: skip
SMALLEST = ("raise_alerts", "kick_retraining")
LIGHT_PACKAGES = {
    "annotated_types", "aws_lambda_powertools", "boto3", "botocore", "certifi", "dateutil", "jmespath", "pydantic",
    "pydantic_core", "rfc8785", "s3transfer", "six", "typing_extensions", "typing_inspection", "urllib3",
}  # fmt: skip
"""boto3 and Powertools, and what they need themselves."""
MOST_MODULES = 122
"""Of Steward's own, of which it has some 700."""
LEARNING = ("scipy", "skops", "sklearn")
WITHOUT_LEARNING = sorted(
    function["CodeUri"].strip("/").removeprefix("functions/")
    for function in resources("AWS::Serverless::Function").values()
    if {"Ref": "LayerLearn"} not in function["Layers"]
)


def environment(bytecode: Path | None = None) -> dict[str, str]:
    """What the template gives all functions together; and where asked, bytecode in a place of its own, as in layers."""
    given = [read_template()["Globals"], *resources("AWS::Serverless::Function").values()]
    variables: dict[str, object] = {}
    for function in given:
        variables |= function.get("Function", function)["Environment"]["Variables"]
    left_out = ("PYTHONDONTWRITEBYTECODE", "COVERAGE_")  # `make coverage` would load itself too
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {
        **inherited,
        **{name: value if isinstance(value, str) else "deployed" for name, value in variables.items()},
        "STEWARD_MODEL_METRICS": "off",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "AWS_DEFAULT_REGION": "us-east-1",
        **({"PYTHONPYCACHEPREFIX": str(bytecode)} if bytecode else {}),
    }


IMPORT_EACH = """
import json, os, sys
import aws_lambda_powertools, boto3

for process, folder in zip(sys.argv[1::2], sys.argv[2::2]):
    if process == "own" and os.fork():
        if os.wait()[1] != 0:
            sys.exit(f"{folder} cannot be imported")
        continue
    sys.path.insert(0, folder)
    import app
    print(json.dumps([os.path.basename(folder), *sys.modules]), flush=True)
    if process == "own":
        os._exit(0)
    sys.path.remove(folder)
    del sys.modules["app"]
"""
"""What every function loads is loaded once. A function of a queue then has a process that has loaded nothing else: its
modules are counted, and depend on what is imported first. The others share one, the light ones first: what is refused
to several is found where the first one loads it."""


@pytest.fixture(scope="session")
def loaded() -> dict[str, frozenset[str]]:
    """The modules that a process has loaded once it has imported a function's handler, by function.

    Only modules are counted, so it uses the bytecode that is there: to compile all again takes longest.
    """
    functions = {name: ROOT / "functions" / name for name in sorted({*LIGHT, *WITHOUT_LEARNING})}
    own = {name for name, folder in functions.items() if "steward.queue_function" in (folder / "app.py").read_text()}
    order = sorted(functions, key=lambda name: (name not in own, name not in LIGHT))
    each = [("own" if name in own else "shared", str(functions[name])) for name in order]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH, *(word for pair in each for word in pair)],
        env=environment(), check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {function: frozenset(modules) for function, *modules in lines}


@pytest.mark.parametrize("function", LIGHT)
def test_a_function_that_only_decides_loads_no_numerical_library(
    function: str, loaded: dict[str, frozenset[str]]
) -> None:
    assert loaded[function].isdisjoint(HEAVY)


@pytest.mark.parametrize("function", WITHOUT_LEARNING)
def test_the_template_engine_is_loaded_by_the_one_function_that_draws_pages(
    function: str, loaded: dict[str, frozenset[str]]
) -> None:
    assert ("jinja2" in loaded[function]) == (function == "render_reports")


@pytest.mark.parametrize("function", WITHOUT_LEARNING)
def test_a_function_without_the_learn_layer_asks_for_nothing_of_it(
    function: str, loaded: dict[str, frozenset[str]]
) -> None:
    assert loaded[function].isdisjoint(LEARNING)


@pytest.mark.parametrize("function", SMALLEST)
def test_a_function_of_the_core_loads_little_beyond_boto3_and_powertools(
    function: str, loaded: dict[str, frozenset[str]]
) -> None:
    """Packages and modules are counted; `make benchmark` measures the time."""
    packages = {name.partition(".")[0] for name in loaded[function]} - sys.stdlib_module_names
    assert {name for name in packages if not name.startswith("_")} <= {"app", "steward", *LIGHT_PACKAGES}
    assert len([name for name in loaded[function] if name.startswith("steward.")]) <= MOST_MODULES


@pytest.mark.parametrize("function", WITHOUT_LEARNING)
def test_models_of_other_queues_are_not_loaded(function: str, loaded: dict[str, frozenset[str]]) -> None:
    """Powertools' batch utilities load the parser's models of DynamoDB, Kinesis and Kafka where pydantic is loaded."""
    assert "aws_lambda_powertools.utilities.parser.models" not in loaded[function]
