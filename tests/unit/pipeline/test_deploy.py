"""One deployment of the pipelines: parameters of the environment and of the call, and what the preflight chose."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.template import ROOT

TOOL = '#!/bin/bash\nprintf "%s\\n" "${0##*/} $*" >> "$LOG"\n'


@pytest.fixture
def deploy(tmp_path: Path):
    script = tmp_path / "infra" / "pipeline" / "deploy.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "infra" / "pipeline" / "deploy.sh", script)
    answers = {
        ".venv/bin/python": '[[ $* == *gradual.py* ]] && echo gradual.yaml || { echo "$FOUND"; exit "${REFUSES:-0}"; }',
        ".local/tools/sam/bin/sam": "",
    }
    for name, answer in answers.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(TOOL + answer)
        path.chmod(0o755)
    log = tmp_path / "log"

    def run(*arguments: str, **variables: str) -> tuple[int, list[str]]:
        environment = {
            "PATH": os.environ["PATH"],
            "LOG": str(log),
            "FOUND": "eu-central-1 staging AccountQuotas=small",
            **variables,
        }
        done = subprocess.run([script, *arguments], env=environment, check=False)
        return done.returncode, log.read_text().splitlines()

    return run


def overrides(call: str) -> list[str]:
    return call.partition("--parameter-overrides ")[2].partition(" --tags")[0].split()


def test_what_the_environment_and_the_call_say_is_deployed(deploy) -> None:
    parameters = "PermissionsBoundary=arn:b AlertEmail=a@example.com"
    code, calls = deploy("steward", "staging", "c0ffee0000", "LogLevel=DEBUG", PARAMETERS=parameters)
    asked, deployed = calls
    assert code == 0
    given = ["Architecture=arm64", "Environment=staging", *parameters.split(), "LogLevel=DEBUG"]
    assert asked == f"python -m infra.deploy steward {' '.join(given)}"
    assert overrides(deployed) == [*given, "AccountQuotas=small"]
    assert "--stack-name steward --region eu-central-1 " in deployed


def test_quotas_that_are_given_stay(deploy) -> None:
    code, calls = deploy(
        "steward", "staging", "c0ffee0000", "gradual", FOUND="eu-west-1 staging", PARAMETERS="AccountQuotas=standard"
    )
    assert code == 0
    assert overrides(calls[-1]) == ["Architecture=arm64", "Environment=staging", "AccountQuotas=standard"]
    assert "--template-file gradual.yaml" in calls[-1]


def test_nothing_is_deployed_where_the_preflight_refuses(deploy) -> None:
    code, calls = deploy("steward", "staging", "c0ffee0000", REFUSES="1")
    assert code == 1
    assert not any(call.startswith("sam") for call in calls)
