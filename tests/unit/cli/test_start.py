"""Commands that need no deployment start fast: they load nothing that they do not use. Modules are counted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nightly import nightly
from tests.unit.examples import SPEC

AWS = {"boto3", "botocore", "aws_lambda_powertools", "steward.aws", "steward.store"}
LEARNING = {"scipy", "sklearn", "skops", "joblib"}
TABLES = {"numpy", "pandas", "arro3"}
RUN = """
import sys
from steward.cli.app import main
sys.argv = ["steward", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    print("\\nmodules", ended.code or 0, *sys.modules)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small tables and a declaration."""
    for name in ("before.csv", "after.csv"):
        (tmp_path / name).write_text("x,kind\n" + "".join(f"{at % 17}.5,{'abc'[at % 3]}\n" for at in range(200)))
    (tmp_path / "lemons.yaml").write_text(SPEC)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("--version",), AWS | LEARNING | TABLES | {"rich", "pydantic"}),
        (("--help",), AWS | LEARNING | TABLES | {"pydantic"}),
        (("validate", "lemons.yaml"), AWS | LEARNING | TABLES),
        (
            ("compare", "before.csv", "after.csv", "--json"),
            AWS | LEARNING | {"pandas", "steward.spec.model", "yaml", "rich"},
        ),
        (("suggest", "before.csv"), AWS | LEARNING | {"pandas", "rich", "steward.profiles.profile"}),
        *nightly(
            (("status", "--help"), LEARNING | TABLES),
            (("compare", "before.csv", "after.csv"), AWS | LEARNING | {"pandas", "steward.spec.model", "yaml"}),
        ),
    ],
)
def test_a_command_loads_nothing_that_it_does_not_use(folder: Path, arguments, absent) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    last = done.stdout.splitlines()[-1].split()
    assert last[:2] == ["modules", "0"], done.stderr
    assert absent.isdisjoint(last)
