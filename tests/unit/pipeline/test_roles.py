"""The deploying role can do what CloudFormation does with roles, within a boundary that holds what functions use."""

from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
import yaml

from infra.deploy.preflight import LONGEST_NAME
from infra.pipeline.throwaway import PREFIX
from tests.integration.template import ROOT, _Loader, resources

PIPELINE = ROOT / "infra" / "pipeline"
HANDLERS = {
    "AWS::IAM::Role": {
        "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
        "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
    },
    "AWS::IAM::ManagedPolicy": {
        "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy",
        "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy", "iam:ListPolicyVersions",
    },
}  # fmt: skip
"""What CloudFormation calls to create, read, update and delete them: `handlers` of the two types in its registry."""
ESCALATES = {
    "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
}  # fmt: skip
"""Actions that know the condition key iam:PermissionsBoundary (Service Authorization Reference, "AWS IAM")."""


@cache
def template(name: str) -> dict[str, Any]:
    """One of the pipelines' templates, its short forms written out."""
    found: dict[str, Any] = yaml.load((PIPELINE / name).read_text(), Loader=_Loader)  # noqa: S506 - our own file
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements() -> list[dict[str, Any]]:
    (policy,) = template("roles.yaml")["Resources"]["ApplicationRole"]["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_cloudformation_may_make_change_and_remove_the_roles_and_policies_of_the_stack() -> None:
    allowed = {action for one in statements() if one["Effect"] == "Allow" for action in listed(one["Action"])}
    assert {kind: sorted(wanted - allowed) for kind, wanted in HANDLERS.items()} == {kind: [] for kind in HANDLERS}


def test_a_role_is_given_rights_within_the_boundary_alone() -> None:
    unbounded = [
        action
        for one in statements()
        if one["Effect"] == "Allow"
        and one.get("Condition") != {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}}
        for action in listed(one["Action"])
    ]
    assert ESCALATES.isdisjoint(unbounded)
    assert "iam:DeleteRolePermissionsBoundary" not in unbounded


def test_each_role_of_the_stack_can_be_handed_to_the_service_that_assumes_it() -> None:
    (passed,) = [one for one in statements() if one["Action"] == "iam:PassRole"]
    trusted = {
        service
        for role in resources("AWS::IAM::Role").values()
        for one in role["AssumeRolePolicyDocument"]["Statement"]
        for service in listed(one["Principal"]["Service"])
    }
    trusted.remove("batchoperations.s3.amazonaws.com")  # whoever makes a job hands it over, not who deploys
    assert trusted <= set(passed["Condition"]["StringEquals"]["iam:PassedToService"])


def test_the_deploying_role_changes_neither_the_boundary_nor_itself() -> None:
    (denied,) = [one for one in statements() if one["Effect"] == "Deny"]
    assert denied["Action"] == "iam:*"
    own = [one["Fn::Sub"].partition("${AWS::AccountId}:")[2] for one in denied["Resource"]]
    assert own == ["role/${AWS::StackName}-*", "policy/${AWS::StackName}-*"]


@pytest.mark.parametrize("role", sorted(resources("AWS::IAM::Role")))
def test_the_boundary_holds_every_action_of_the_application(role: str) -> None:
    document = template("roles.yaml")["Resources"]["Boundary"]["Properties"]["PolicyDocument"]
    bounds = [action for one in document["Statement"] for action in listed(one["Action"])]
    policies = [policy["PolicyDocument"] for policy in resources("AWS::IAM::Role")[role].get("Policies", [])]
    policies.append(resources("AWS::IAM::ManagedPolicy")["EveryFunction"]["PolicyDocument"])
    apart = resources("AWS::IAM::Policy").values()
    policies += [one["PolicyDocument"] for one in apart if {"Ref": role} in one["Roles"]]
    given = [one for document in policies for one in document["Statement"]]
    given = [one["Fn::If"][1] if "Fn::If" in one else one for one in given]
    used = {action for one in given for action in listed(one["Action"])}
    assert [action for action in sorted(used) if not any(fnmatchcase(action, bound) for bound in bounds)] == []


@pytest.mark.parametrize("name", ["roles.yaml", "codepipeline.yaml"])
def test_the_pipelines_take_no_longer_stack_name_than_make_deploy(name: str) -> None:
    assert template(name)["Parameters"]["Stack"]["AllowedPattern"] == f"[a-z][a-z0-9-]{{0,{LONGEST_NAME - 1}}}"


def test_the_names_of_throw_away_stacks_fit() -> None:
    """They end in the number of the pipeline's run."""
    text = (PIPELINE / "github" / "deploy.yml").read_text()
    assert text.count(f"{PREFIX}${{{{ github.run_number }}}}") == text.count(f"{PREFIX}$GITHUB_RUN_NUMBER") == 1
    assert f"{PREFIX}$CODEBUILD_BUILD_NUMBER" in (PIPELINE / "codepipeline.yaml").read_text()
    assert len(f"{PREFIX}9999999999") <= LONGEST_NAME


def test_each_step_of_codepipeline_has_an_hour_of_its_own() -> None:
    """A role that assumes a role gets a session of an hour at most (AWS STS, "Role chaining")."""
    commands = template("codepipeline.yaml")["Resources"]["Deploy"]["Properties"]["Source"]["BuildSpec"]
    for step in (
        "infra/pipeline/deploy.sh",
        ".venv/bin/pytest tests/e2e",
        ".venv/bin/python infra/pipeline/throwaway.py",
    ):
        lines = [line.strip() for line in commands.splitlines()]
        for at, line in enumerate(lines):
            if step in line:
                before = line.partition(step)[0] + " ".join(
                    one for one in lines[max(at - 2, 0) : at] if not one.startswith("#")
                )
                assert "become" in before, line
