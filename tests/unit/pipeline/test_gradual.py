"""The gradual template is the same application, whose functions CodeDeploy releases and alarms roll back."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from infra.pipeline.gradual import ALIAS, gradual
from tests.integration.template import read_template, resources

COMMIT = "0" * 40
FUNCTIONS = sorted(resources("AWS::Serverless::Function"))


class NoPolicies(ManagedPolicyLoader):
    """The template names no managed policy by its short name."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, str]:
        return {}


def translated(template: dict[str, Any]) -> dict[str, Any]:
    """What CloudFormation is given."""
    built = copy.deepcopy(template)
    for item in built["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in item.get("Properties", {}):
                item["Properties"][name] = "s3://built/x"
    parameters = {name: parameter.get("Default") for name, parameter in built["Parameters"].items()}
    return transform(built, parameters, NoPolicies())["Resources"]


@pytest.fixture(scope="module", autouse=True)
def region() -> Iterator[None]:
    """The translator asks where it is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    return translated(gradual(read_template(), COMMIT))


def of_type(found: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: item for name, item in found.items() if item["Type"] == kind}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_codedeploy_shifts_each_function_and_its_alarm_rolls_back(released: dict[str, Any], function: str) -> None:
    alias = released[f"{function}Alias{ALIAS}"]
    assert alias["Properties"]["Name"] == ALIAS
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    group = released[update["DeploymentGroupName"]["Ref"]]["Properties"]
    assert group["AlarmConfiguration"] == {"Enabled": True, "Alarms": [{"Name": {"Ref": f"{function}Errors"}}]}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    alarm = released[f"{function}Errors"]["Properties"]
    assert {"Name": "Resource", "Value": {"Fn::Sub": f"${{{function}}}:{ALIAS}"}} in alarm["Dimensions"]
    (version,) = [value["Value"] for value in alarm["Dimensions"] if value["Name"] == "ExecutedVersion"]
    assert version == {"Fn::GetAtt": [f"{function}Version{COMMIT[:10]}", "Version"]}
    assert released[version["Fn::GetAtt"][0]]["Type"] == "AWS::Lambda::Version"


def test_every_queue_wakes_the_released_function(released: dict[str, Any]) -> None:
    sources = of_type(released, "AWS::Lambda::EventSourceMapping").values()
    assert len(sources) == len(FUNCTIONS)
    assert {item["Properties"]["FunctionName"]["Ref"] for item in sources} == {
        f"{name}Alias{ALIAS}" for name in FUNCTIONS
    }


def test_every_role_is_within_the_boundary(released: dict[str, Any]) -> None:
    roles = of_type(released, "AWS::IAM::Role")
    assert "CodeDeployRole" in roles
    given = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    assert [name for name, role in roles.items() if role["Properties"].get("PermissionsBoundary") != given] == []


def test_another_release_publishes_every_function(released: dict[str, Any]) -> None:
    again = translated(gradual(read_template(), "1" * 40))
    first, second = (set(of_type(found, "AWS::Lambda::Version")) for found in (released, again))
    assert len(first) == len(second) == len(FUNCTIONS)
    assert not first & second


def test_the_template_itself_has_neither_versions_nor_codedeploy() -> None:
    plain = translated(read_template())
    kinds = {item["Type"] for item in plain.values()}
    assert not kinds & {"AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::CodeDeploy::DeploymentGroup"}


def test_nothing_else_changes(released: dict[str, Any]) -> None:
    plain, template = translated(read_template()), read_template()
    assert gradual(template, COMMIT) == gradual(read_template(), COMMIT)
    assert "TrafficShift" not in template["Parameters"]
    touched = ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function")
    different = {
        name for name, item in plain.items() if released.get(name) != item and item["Type"] not in touched
    }  # fmt: skip
    assert different == set()
    for name, item in of_type(plain, "AWS::Lambda::Function").items():
        without = {key: value for key, value in released[name]["Properties"].items() if key != "Description"}
        assert without == {key: value for key, value in item["Properties"].items() if key != "Description"}


@pytest.mark.parametrize("release", ["", "v1.2.3", "0" * 9, "latest", "0" * 65])
def test_a_release_is_named_by_its_commit(release: str) -> None:
    with pytest.raises(ValueError, match="a release is named by its commit"):
        gradual(read_template(), release)
