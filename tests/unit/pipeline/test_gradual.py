"""The gradual template is the same application, whose functions CodeDeploy releases and alarms roll back."""

from typing import Any

import pytest

from infra.pipeline.gradual import ALIAS, gradual
from infra.security.translated import translate
from tests.integration.template import asynchronous, read_template, resources, with_queues

COMMIT = "0" * 40
FUNCTIONS = sorted(resources("AWS::Serverless::Function"))


def translated(template: dict[str, Any]) -> dict[str, Any]:
    """The resources that CloudFormation is given."""
    return translate(template)["Resources"]


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
    assert len(sources) == len(with_queues())
    assert {item["Properties"]["FunctionName"]["Ref"] for item in sources} == {
        f"{name}Alias{ALIAS}" for name in with_queues()
    }


def test_whatever_invokes_a_function_without_a_queue_invokes_the_released_one(released: dict[str, Any]) -> None:
    targets = [target["Arn"] for rule in of_type(released, "AWS::Events::Rule").values() for target in
               rule["Properties"]["Targets"]]  # fmt: skip
    variables = released["RegisterModel"]["Properties"]["Environment"]["Variables"]
    schedules = [arn for name, arn in variables.items() if name.endswith("_TARGET_ARN")]
    statements = released["ScheduleRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = [item["Properties"]["FunctionName"] for item in of_type(released, "AWS::Lambda::Permission").values()]
    named = [
        *targets,
        *schedules,
        *(arn for statement in statements for arn in statement.get("Resource", [])),
        *allowed,
    ]
    for name in asynchronous():
        assert {"Ref": f"{name}Alias{ALIAS}"} in named
        assert {"Fn::GetAtt": [name, "Arn"]} not in named
        assert {"Ref": name} not in named


def test_people_invoke_the_released_function(released: dict[str, Any]) -> None:
    alias = {"Ref": f"AcceptCommandsAlias{ALIAS}"}
    statements = released["PeopleWhoCommand"]["Properties"]["PolicyDocument"]["Statement"]
    assert [one["Resource"] for one in statements if one.get("Sid") == "Send"] == [alias]
    outputs = gradual(read_template(), COMMIT)["Outputs"]
    assert outputs["AcceptCommandsArn"]["Value"] == {"Ref": "AcceptCommands.Alias"}


def test_what_fails_is_retried_and_kept_in_the_released_and_in_the_newest_code(released: dict[str, Any]) -> None:
    found: dict[str, dict[str, Any]] = {}
    for item in of_type(released, "AWS::Lambda::EventInvokeConfig").values():
        settings = dict(item["Properties"])
        found.setdefault(settings.pop("FunctionName")["Ref"], {})[settings.pop("Qualifier")] = settings
    assert sorted(found) == sorted(asynchronous())
    for configured in found.values():
        assert list(configured) == [ALIAS, "$LATEST"] or list(configured) == ["$LATEST", ALIAS]
        assert configured[ALIAS] == configured["$LATEST"]


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


def without_aliases(part: Any) -> Any:
    """A part of a template in which a function and its alias are named alike."""
    if isinstance(part, list):
        return [without_aliases(one) for one in part]
    if not isinstance(part, dict):
        return part
    for name in FUNCTIONS:
        if part in ({"Ref": name}, {"Fn::GetAtt": [name, "Arn"]}, {"Ref": f"{name}Alias{ALIAS}"}):
            return name
    return {key: without_aliases(value) for key, value in part.items()}


def test_nothing_else_changes(released: dict[str, Any]) -> None:
    plain, template = translated(read_template()), read_template()
    assert gradual(template, COMMIT) == gradual(read_template(), COMMIT)
    assert "TrafficShift" not in template["Parameters"]
    different = {
        name for name, item in plain.items() if without_aliases(released.get(name)) != without_aliases(item)
    }  # fmt: skip
    described = {*FUNCTIONS, *of_type(plain, "AWS::Lambda::EventInvokeConfig")}  # by the commit, and for the alias
    assert different <= described
    for name, item in of_type(plain, "AWS::Lambda::Function").items():
        without, before = (without_aliases(one["Properties"]) | {"Description": ""} for one in (released[name], item))
        assert without == before


@pytest.mark.parametrize("release", ["", "v1.2.3", "0" * 9, "latest", "0" * 65])
def test_a_release_is_named_by_its_commit(release: str) -> None:
    with pytest.raises(ValueError, match="a release is named by its commit"):
        gradual(read_template(), release)
