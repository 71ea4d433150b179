"""What the roles of the template may do, where no emulator shows what AWS would answer."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from .template import resources

ROLES = resources("AWS::IAM::Role")
OBJECTS = "${DataBucket.Arn}/"
KNOWN_TO_BE_THERE = {
    "inbox/*/telemetry/cloudwatch/*",  # asked for after S3 refused to write it a second time, as are the reports
    "reports/*/sagemaker/*",
}


def statements(role: str) -> Iterator[dict[str, Any]]:
    for policy in ROLES[role].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def readable(role: str) -> set[str]:
    named = [
        resource.get("Fn::Sub", "")
        for statement in statements(role)
        if "s3:GetObject" in several(statement["Action"])
        for resource in several(statement["Resource"])
        if isinstance(resource, dict)
    ]
    return {name.removeprefix(OBJECTS) for name in named if name.startswith(OBJECTS)}


def listable(role: str) -> set[str]:
    found: set[str] = set()
    for statement in statements(role):
        if "s3:ListBucket" in several(statement["Action"]):
            found |= set(several(statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", "*")))
    return found


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_may_list_wherever_it_asks_for_what_may_be_missing(role: str) -> None:
    """S3 tells that a key is missing to those alone who may list it; for others access is denied."""
    asked = readable(role) - KNOWN_TO_BE_THERE
    refused = {place for place in asked if not any(fnmatchcase(place, pattern) for pattern in listable(role))}
    assert not refused


def test_the_roles_of_functions_that_read_records_are_looked_at() -> None:
    assert readable("IngestRecordsRole") >= {"inbox/*", "models/*", "records/*"}
    assert listable("IngestRecordsRole") >= {"inbox/*", "models/*", "records/*"}
