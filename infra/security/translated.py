"""What CloudFormation makes of a template: expanded by SAM, and its policies with every option on."""

import copy
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import intrinsics_multi_constructor

ACCOUNT, REGION = "123456789012", "us-east-1"
EXAMPLES: Mapping[str, Any] = {
    "EraseSubjectRoleArn": f"arn:aws:iam::{ACCOUNT}:role/erase-subject",
    "MaintainStoreRoleArn": f"arn:aws:iam::{ACCOUNT}:role/maintain-store",
    "OpenLineageApiKeyArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:marquez-6a1b2c",
    "ReplicaDataBucketArn": "arn:aws:s3:::data-replica",
    "ReplicaKmsKeyArn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/6a1b2c3d-0000-0000-0000-000000000001",
    "ReplicaLedgerBucketArn": "arn:aws:s3:::ledger-replica",
    "ReplicationRoleArn": f"arn:aws:iam::{ACCOUNT}:role/replication",
    "ActionBuses": [f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/other"],
    "BreakGlassRoles": [f"arn:aws:iam::{ACCOUNT}:role/break-glass"],
    "ConnectionArn": f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/6a1b2c3d-0000-0000-0000-000000000000",
    "DevelopmentRoleArn": f"arn:aws:iam::{ACCOUNT}:role/development",
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/6a1b2c3d-0000-0000-0000-000000000000",
    "PseudonymKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/6a1b2c3d-0000-0000-0000-000000000003",
    "SigningKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/6a1b2c3d-0000-0000-0000-000000000002",
    "PipelineRoleArn": f"arn:aws:iam::{ACCOUNT}:role/pipeline",
    "ProductionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/production",
    "StagingRoleArn": f"arn:aws:iam::{ACCOUNT}:role/staging",
}
"""Values of parameters that are empty by default, or have none."""

_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/steward/1",
    "AWS::StackName": "steward",
    "AWS::URLSuffix": "amazonaws.com",
}
_ARNS = {
    "AWS::Events::EventBus": f"events:{REGION}:{ACCOUNT}:event-bus/",
    "AWS::Events::Rule": f"events:{REGION}:{ACCOUNT}:rule/",
    "AWS::IAM::ManagedPolicy": f"iam::{ACCOUNT}:policy/",
    "AWS::KinesisFirehose::DeliveryStream": f"firehose:{REGION}:{ACCOUNT}:deliverystream/",
    "AWS::IAM::OIDCProvider": f"iam::{ACCOUNT}:oidc-provider/",
    "AWS::IAM::Role": f"iam::{ACCOUNT}:role/",
    "AWS::Lambda::Function": f"lambda:{REGION}:{ACCOUNT}:function:",
    "AWS::Logs::LogGroup": f"logs:{REGION}:{ACCOUNT}:log-group:",
    "AWS::S3::Bucket": "s3:::",
    "AWS::Scheduler::ScheduleGroup": f"scheduler:{REGION}:{ACCOUNT}:schedule-group/",
    "AWS::CodeBuild::Project": f"codebuild:{REGION}:{ACCOUNT}:project/",
}
_REFERENCED_BY_ARN = ("AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider", "AWS::SNS::Topic")
_ABSENT = object()


class _Loader(yaml.CSafeLoader):
    """One that knows the short forms; SAM's own function would teach them to every reader of YAML in the process."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def read(path: Path) -> dict[str, Any]:
    """A template as it is written, its short forms written out."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe one
    return found


def translate(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template without types of SAM, as it is deployed; one that has none stays as it is."""
    built: dict[str, Any] = copy.deepcopy(dict(template))
    if "Transform" not in built:
        return built
    for item in built["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in item.get("Properties", {}):
                item["Properties"][name] = "s3://built/x"
    parameters = {name: parameter.get("Default") for name, parameter in built["Parameters"].items()}
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):  # the translator asks where it is
        expanded: dict[str, Any] = transform(built, parameters, _NoPolicies())
    return expanded


class _NoPolicies:
    """In place of AWS's own managed policies, of which the templates name none to SAM."""

    def load(self) -> dict[str, str]:
        return {}


def policies(template: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document of a translated template, with every option on: the resource's logical id and the document.

    References are ARNs and names as they might be; parameters have their defaults, or an example.
    """
    for logical, item in template["Resources"].items():
        for document in _documents(_Values(template).settle(item.get("Properties", {}))):
            yield logical, document


def _documents(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        for one in part:
            yield from _documents(one)
    elif isinstance(part, dict) and "Statement" in part:
        yield part
    elif isinstance(part, dict):  # who assumes a role is no question of resources, which parliament asks of each
        yield from _documents([one for key, one in part.items() if key != "AssumeRolePolicyDocument"])


class _Values:
    """What references of one template stand for."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self._parameters, self._resources = template.get("Parameters", {}), template["Resources"]

    def settle(self, part: Any) -> Any:
        """A part of the template without references; of a choice, what is there if it is on."""
        if isinstance(part, list):
            return [one for one in map(self.settle, part) if one is not _ABSENT]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            ((name, argument),) = part.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        found = {key: self.settle(one) for key, one in part.items()}
        return {key: one for key, one in found.items() if one is not _ABSENT}

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "Fn::If":
                _, then, otherwise = argument
                chosen = self.settle(then)
                return self.settle(otherwise) if chosen is _ABSENT else chosen
            case "Ref":
                return self._reference(argument)
            case "Fn::GetAtt":
                logical, attribute = argument.split(".") if isinstance(argument, str) else argument
                return self._arn(logical) if attribute == "Arn" else f"{logical}.{attribute}"
            case "Fn::Sub":
                return self._substitute(argument)
        raise ValueError(f"the template uses {name}, which make security does not know")

    def _substitute(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            logical, _, attribute = found[1].partition(".")
            if attribute:
                return self._arn(logical) if attribute == "Arn" else f"{logical}.{attribute}"
            return str(self._reference(logical))

        return re.sub(r"\$\{([^!}][^}]*)\}", value, text)

    def _reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _ABSENT
        if name in self._parameters:
            return EXAMPLES.get(name) or self._parameters[name].get("Default") or name
        if name in self._resources:
            return self._arn(name) if self._resources[name]["Type"] in _REFERENCED_BY_ARN else name.lower()
        return _PSEUDO[name]

    def _arn(self, logical: str) -> str:
        kind = self._resources[logical]["Type"]
        service = kind.split("::")[1].lower()
        ending = ":*" if kind == "AWS::Logs::LogGroup" else ""
        return f"arn:aws:{_ARNS.get(kind, f'{service}:{REGION}:{ACCOUNT}:')}{logical.lower()}{ending}"
