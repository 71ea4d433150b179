"""What no linter looks for: pinned actions, no stored keys, and two pipelines that do the same."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PIPELINE = ROOT / "infra" / "pipeline"
OWN = ROOT / ".github" / "workflows"
WORKFLOWS = sorted([*(PIPELINE / "github").glob("*.yml"), *OWN.glob("*.yml")])
STAGES = ["development", "staging", "production"]


def jobs(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())["jobs"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_and_named_by_release(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text())
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_key_is_stored_and_only_jobs_of_an_environment_ask_for_an_identity(path: Path) -> None:
    text = path.read_text()
    assert "${{ secrets" not in text
    assert "aws-access-key-id" not in text
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    for job in jobs(path).values():
        assert ("id-token" in job.get("permissions", {})) == ("environment" in job)


def test_what_a_pull_request_runs_may_only_read() -> None:
    workflow = yaml.safe_load((OWN / "ci.yml").read_text())
    assert "pull_request" in workflow[True]  # YAML 1.1 reads `on` as a boolean
    assert not any("write" in str(job.get("permissions", "")) for job in workflow["jobs"].values())


def test_a_pull_request_runs_every_kind_of_test_and_builds_for_both_processors() -> None:
    found = jobs(OWN / "ci.yml")
    commands = {step["run"] for job in found.values() for step in job["steps"] if "run" in step}
    assert {f"make {name}" for name in ("check", "templates", "integration", "coverage", "e2e", "build")} < commands
    assert found["build"]["strategy"]["matrix"]["architecture"] == ["x86_64", "arm64"]
    assert ".venv/bin/python -m infra.deploy.sizes" in [step.get("run") for step in found["build"]["steps"]]
    assert set(found["passed"]["needs"]) == set(found) - {"passed"}


def test_only_the_job_that_publishes_may_write_and_it_runs_no_code_of_the_repository() -> None:
    found = jobs(OWN / "release.yml")
    assert [name for name, job in found.items() if "write" in str(job.get("permissions"))] == ["publish"]
    assert not any(
        "checkout" in step.get("uses", "") or "make" in step.get("run", "") for step in found["publish"]["steps"]
    )


def test_both_pipelines_deploy_the_same_stages_in_the_same_way() -> None:
    github = {name: str(job["steps"]) for name, job in jobs(PIPELINE / "github" / "deploy.yml").items()}
    aws = (PIPELINE / "codepipeline.yaml").read_text()
    assert list(github)[-3:] == STAGES
    for stage in STAGES:
        gradual = stage != "development"
        assert "infra/pipeline/deploy.sh steward" in github[stage]
        assert (" gradual" in github[stage]) == gradual
        variables = re.search(rf'"value":"{stage}"}}.*?"GRADUAL","value":"(\w*)"', aws, re.DOTALL)
        assert variables
        assert variables[1] == ("gradual" if gradual else "")
    for command in ("make test", "make build", 'pytest tests/e2e -m "not emulator and not benchmark"', "throwaway.py"):
        assert command in aws
        assert command in "".join(github.values())
    assert aws.index("Name: Staging") < aws.index("Name: Approve") < aws.index('${ProductionRoleArn}"}')


def test_production_waits_for_staging_and_staging_for_the_tests_in_development() -> None:
    needs = {name: job.get("needs") for name, job in jobs(PIPELINE / "github" / "deploy.yml").items()}
    assert needs["development"] == ["test", "build"]
    assert (needs["staging"], needs["production"]) == ("development", "staging")
