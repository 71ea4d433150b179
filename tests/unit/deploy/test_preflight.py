"""`make deploy` says where it goes and chooses quotas before it builds, and refuses what would fail later."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from infra.deploy.__main__ import ENVIRONMENT, main
from infra.deploy.key import main as print_key_policy
from infra.deploy.pin import main as pin
from infra.deploy.preflight import LONGEST_NAME, RESERVED, UNRESERVED, Account
from steward import aws
from tests.integration.template import ROOT, read_template, resources

NEW, NEWER, OLD = 10, 112, 1000
FOUND = "eu-central-1 staging AccountQuotas=small"


class FakeAws:
    """Answers of Lambda, STS and CloudFormation."""

    def __init__(self, concurrency: int, reserved: int = 0, parameters: dict[str, str] | None = None) -> None:
        self.concurrency, self.reserved, self.parameters = concurrency, reserved, parameters
        self.meta = boto3.client("lambda", region_name="eu-central-1").meta

    def get_account_settings(self) -> dict[str, Any]:
        left = self.concurrency - self.reserved
        return {"AccountLimit": {"ConcurrentExecutions": self.concurrency, "UnreservedConcurrentExecutions": left}}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ann"}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        if self.parameters is None:
            said = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": said}, "DescribeStacks")
        found = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        return {"Stacks": [{"Parameters": found}]}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch):
    def use(fake: FakeAws) -> None:
        for client in ("functions", "sts", "cloudformation"):
            monkeypatch.setattr(aws, client, lambda: fake)

    return use


@pytest.mark.parametrize(
    ("fake", "chosen"),
    [
        (FakeAws(NEW), "small"),
        (FakeAws(NEWER), "small"),
        (FakeAws(NEWER + 1), "standard"),
        (FakeAws(OLD), "standard"),
        (FakeAws(OLD, reserved=890), "small"),
        (FakeAws(OLD, reserved=900, parameters={"AccountQuotas": "standard"}), "standard"),
        (FakeAws(OLD, reserved=900, parameters={"AccountQuotas": "small"}), "small"),
    ],
    ids=["new", "one too few", "just enough", "old", "others reserve", "reserved before", "not reserved before"],
)
def test_quotas_are_chosen_by_what_is_left_to_reserve(
    answer, fake: FakeAws, chosen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(fake)
    main(["steward"])
    said = capsys.readouterr()
    assert said.out == f"eu-central-1 production AccountQuotas={chosen}\n"
    assert "Account 123456789012, region eu-central-1, as arn:aws:iam::123456789012:user/ann" in said.err
    assert f"allows {fake.concurrency} concurrent executions" in said.err


def test_quotas_that_were_given_are_not_chosen(answer, capsys: pytest.CaptureFixture[str]) -> None:
    answer(FakeAws(NEW))
    main(["steward", "AlertEmail=a@example.com", "AccountQuotas=standard"])
    assert capsys.readouterr().out == "eu-central-1 production\n"


@pytest.mark.parametrize(
    ("given", "deployed", "environment"),
    [([], None, "production"), ([], {"Environment": "staging"}, "staging"), (["Environment=dev"], None, "dev")],
    ids=["new", "deployed before", "given"],
)
def test_what_is_made_is_tagged_with_the_environment_that_the_stack_will_have(
    answer, given: list[str], deployed: dict[str, str] | None, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(FakeAws(OLD, parameters=deployed))
    main(["steward", *given])
    said = capsys.readouterr()
    assert said.out.split()[1] == environment
    assert f"steward:environment={environment}" in said.err
    assert read_template()["Parameters"]["Environment"]["Default"] == ENVIRONMENT


def test_what_sam_is_told_by_default_is_tagged_with_the_environment_that_it_deploys() -> None:
    told = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]["deploy"]["parameters"]
    assert told["parameter_overrides"] == f"Environment={ENVIRONMENT}"
    assert told["tags"] == f"steward:environment={ENVIRONMENT}"


def test_what_is_reserved_is_what_the_template_reserves() -> None:
    functions = resources("AWS::Serverless::Function").values()
    reserved = [one["Fn::If"][1] for function in functions if (one := function.get("ReservedConcurrentExecutions"))]
    assert [one for one in reserved if not isinstance(one, int)] == [{"Ref": "ServingConcurrency"}]  # 0 by default
    assert sum(one for one in reserved if isinstance(one, int)) == RESERVED


def test_a_name_that_is_too_long_is_refused_before_aws_is_asked(answer) -> None:
    name = "s" * LONGEST_NAME
    with pytest.raises(SystemExit, match=f"has {LONGEST_NAME + 1} characters, and may have {LONGEST_NAME}"):
        main([f"{name}s"])
    answer(FakeAws(OLD))
    main([name])


def test_what_aws_refuses_is_said_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    aws.functions.cache_clear()
    with pytest.raises(SystemExit, match=r"^nothing was deployed: no AWS region is set.*AWS_REGION"):
        main(["steward"])
    with pytest.raises(SystemExit, match=r"^no AWS region is set.*AWS_REGION"):  # it deploys nothing, and only prints
        print_key_policy(["steward"])


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_PROFILE": "frankfurt"}, "eu-central-1"),
        ({"AWS_PROFILE": "frankfurt", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_PROFILE": "frankfurt", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"}, "eu-north-1"),
    ],
)
def test_the_region_is_that_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], region: str
) -> None:
    (tmp_path / "config").write_text("[profile frankfurt]\nregion = eu-central-1\n")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AWS_CONFIG_FILE": str(tmp_path / "config"), **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    aws.functions.cache_clear()
    assert aws.functions().meta.region_name == region
    aws.functions.cache_clear()


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """`make deploy` with commands in the place of uv and SAM that write down how they were called."""
    for name in ("Makefile", "uv.lock", "pyproject.toml", ".python-version"):
        shutil.copy(ROOT / name, tmp_path)
    log = tmp_path / "log"
    tools = {
        "bin/uv": f'case "$*" in *infra.deploy\\ *) echo "{FOUND}"; exit ${{REFUSES:-0}};; esac',
        ".local/tools/sam/bin/sam": "",
    }
    for name, answer in tools.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/bash\necho "${{0##*/}} $* [$AWS_DEFAULT_REGION]" >> {log}\n{answer}\n')
        path.chmod(0o755)
    for name in (".venv", ".local/tools/sam", ".local/tools/emulator"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / ".synced").touch()

    def run(*arguments: str, **variables: str) -> tuple[int, list[str]]:
        kept = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
        environment = {**kept, "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", **variables}
        done = subprocess.run(
            ["make", "deploy", *arguments], cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        return done.returncode, log.read_text().splitlines()

    return run


@pytest.mark.parametrize("guided", [(), ("GUIDED=1",)], ids=["plain", "guided"])
def test_make_deploys_what_it_built_where_the_settings_point_with_the_parameters_given(
    made, guided: tuple[str, ...]
) -> None:
    code, calls = made(
        "PARAMETERS=AlertEmail=a@example.com LogLevel=DEBUG", "STACK=mine", *guided, STEWARD_ARCHITECTURE="x86_64"
    )
    assert code == 0
    asked, built, pinned, deployed = calls
    assert "infra.deploy mine AlertEmail=a@example.com LogLevel=DEBUG" in asked
    assert built.startswith("sam build --parameter-overrides Architecture=x86_64")
    assert pinned.startswith("uv run python -m infra.deploy.pin .aws-sam/build/template.yaml x86_64")
    overrides = "Architecture=x86_64 AccountQuotas=small AlertEmail=a@example.com LogLevel=DEBUG"
    questions = "--guided " if guided else ""
    assert deployed == (
        f"sam deploy {questions}--stack-name mine --region eu-central-1 --tags steward:environment=staging "
        f"--parameter-overrides {overrides} []"
    )


def test_make_builds_nothing_where_the_preflight_refuses(made) -> None:
    code, calls = made(REFUSES="1")
    assert code != 0
    assert len(calls) == 1


def test_a_built_template_takes_no_other_architecture_than_its_own(tmp_path: Path) -> None:
    built = tmp_path / "template.yaml"
    parameter = {"Type": "String", "Default": "arm64", "AllowedValues": ["arm64", "x86_64"]}
    built.write_text(yaml.safe_dump({"Parameters": {"Architecture": parameter}, "Resources": {}}))
    pin([str(built), "x86_64"])
    changed = yaml.safe_load(built.read_text())["Parameters"]["Architecture"]
    assert changed == {"Type": "String", "Default": "x86_64", "AllowedValues": ["x86_64"]}


@pytest.mark.parametrize(
    ("memory", "concurrency"), [(3008, NEW), (3008, NEWER), (10240, OLD)], ids=["new", "newer", "old"]
)
def test_an_account_takes_the_template_with_the_quotas_that_are_chosen_for_it(memory: int, concurrency: int) -> None:
    """Lambda refuses more memory than the account's quota, and to leave fewer than its minimum unreserved."""
    account = Account("1", "arn", "eu-central-1", concurrency, concurrency, deployed=False, reserves=False)
    room = account.quotas == "standard"

    def chosen(value: Any) -> Any:
        return value["Fn::If"][1 if room else 2] if isinstance(value, dict) else value

    functions = resources("AWS::Serverless::Function").values()
    assert max(chosen(function.get("MemorySize", 0)) for function in functions) <= memory
    reserved = [chosen(function.get("ReservedConcurrentExecutions", 0)) for function in functions]
    kept = sum(one for one in reserved if isinstance(one, int))
    assert kept == (RESERVED if room else 0)
    assert concurrency - kept >= min(UNRESERVED, concurrency)
