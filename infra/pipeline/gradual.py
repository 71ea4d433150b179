"""The built template, with traffic that shifts to a new release little by little, and back when an alarm rings.

`python infra/pipeline/gradual.py .aws-sam/build/template.yaml COMMIT` writes `gradual.yaml` beside it. It is the same
application; each function gets an alias that CodeDeploy shifts, and an alarm on the errors of its new version. Those of
the version before count for nothing: a release that mends a failing function is not rolled back because the old one
fails. Decision 0013 says why the template itself has neither.
"""

import argparse
import copy
import re
from pathlib import Path
from typing import Any

import yaml

ALIAS = "live"
SHIFTS = [
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
]
"""CodeDeploy's ready-made configurations for Lambda."""

PARAMETERS = {
    "TrafficShift": {
        "Type": "String",
        "Default": "Linear10PercentEvery1Minute",
        "AllowedValues": SHIFTS,
        "Description": "How CodeDeploy shifts messages to a new release.",
    },
}
_ROLE = "CodeDeployRole"
_RELEASE = r"[0-9a-f]{10,64}"

Template = dict[str, Any]


def gradual(template: Template, release: str) -> Template:
    """The template whose functions are released by CodeDeploy.

    A release publishes every function, also those whose own code is as before: what they do is in the layers, and what
    they are told is in parameters.

    Args:
        template: what `sam build` wrote, as plain data.
        release: what it is of: the commit. Its first ten digits name the functions' versions.

    Raises:
        ValueError: it is no commit.
    """
    if not re.fullmatch(_RELEASE, release):
        raise ValueError(f"a release is named by its commit, 10 to 64 hexadecimal digits, and not {release!r}")
    changed = copy.deepcopy(template)
    changed["Parameters"] = changed.get("Parameters", {}) | copy.deepcopy(PARAMETERS)
    functions = [name for name, item in template["Resources"].items() if item["Type"] == "AWS::Serverless::Function"]
    for name in functions:
        changed["Resources"][name]["Properties"] |= {
            "AutoPublishAlias": ALIAS,
            "AutoPublishCodeSha256": release,
            "DeploymentPreference": {
                "Type": {"Ref": "TrafficShift"},
                "Alarms": [{"Ref": f"{name}Errors"}],
                "Role": {"Fn::GetAtt": [_ROLE, "Arn"]},
            },
        }
        changed["Resources"][f"{name}Errors"] = _alarm(name)
        asynchronous = changed["Resources"][name]["Properties"].get("EventInvokeConfig")
        if asynchronous:
            changed["Resources"][f"{name}Newest"] = _retries(name, asynchronous)
    for item in changed["Resources"].values():
        if item["Type"] in _INVOKING:
            item["Properties"] = _invoke_released(item["Properties"], functions)
    commands = changed["Outputs"]["AcceptCommandsArn"]  # people invoke it, too
    commands["Value"] = _invoke_released(commands["Value"], functions)
    changed["Resources"][_ROLE] = _role()
    return changed


_INVOKING = {
    "AWS::Events::Rule", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::Lambda::Permission",
    "AWS::Serverless::Function",
}  # fmt: skip
"""The resources that name functions in order to have them invoked."""


def _invoke_released(part: Any, functions: list[str]) -> Any:
    """Replace functions by their aliases, which lead to what is released."""
    if isinstance(part, list):
        return [_invoke_released(one, functions) for one in part]
    if not isinstance(part, dict):
        return part
    for name in functions:
        arns = ({"Fn::GetAtt": [name, "Arn"]}, {"Fn::GetAtt": f"{name}.Arn"}, {"Ref": name})
        if part in arns:
            return {"Ref": f"{name}.Alias"}
    return {key: _invoke_released(value, functions) for key, value in part.items()}


def _retries(function: str, asynchronous: dict[str, Any]) -> dict[str, Any]:
    """The same retries and destination for the newest code, which is invoked with dead letters."""
    failure = asynchronous["DestinationConfig"]["OnFailure"]
    return {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": {"Ref": function},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": asynchronous["MaximumRetryAttempts"],
            "MaximumEventAgeInSeconds": asynchronous["MaximumEventAgeInSeconds"],
            "DestinationConfig": {"OnFailure": {"Destination": failure["Destination"]}},
        },
    }


def _role() -> dict[str, Any]:
    """The role of CodeDeploy: the one that SAM would make has no permissions boundary."""
    assume = {
        "Effect": "Allow",
        "Principal": {"Service": "codedeploy.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policy = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "PermissionsBoundary": {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]},
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]},
            "ManagedPolicyArns": [{"Fn::Sub": policy}],
        },
    }


def _alarm(function: str) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": f"The new release of {function} fails; CodeDeploy goes back to the release before.",
            "Namespace": "AWS/Lambda",
            "MetricName": "Errors",
            "Dimensions": [
                {"Name": "FunctionName", "Value": {"Ref": function}},
                {"Name": "Resource", "Value": {"Fn::Sub": f"${{{function}}}:{ALIAS}"}},
                {"Name": "ExecutedVersion", "Value": {"Fn::GetAtt": [function, "Version.Version"]}},
            ],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        },
    }


def main() -> None:
    """Write `gradual.yaml` beside the built template."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("built", type=Path, help="the template that `sam build` wrote")
    parser.add_argument("release", help="the commit that it was built from")
    arguments = parser.parse_args()
    built: Path = arguments.built
    target = built.with_name("gradual.yaml")
    changed = gradual(yaml.safe_load(built.read_text()), arguments.release)
    target.write_text(yaml.safe_dump(changed, sort_keys=False, width=120))
    print(target)


if __name__ == "__main__":
    main()
