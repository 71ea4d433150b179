"""Who approves versions and changed guardrails, how many of them, and within which time."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from steward.spec.durations import Duration
from steward.spec.principals import Principal
from steward.spec.spec_section import SpecSection


class ApprovalPolicy(SpecSection):
    """Approvals: by people other than who asked (four eyes), of exact evidence, within a time of the wall clock."""

    required: Literal[1, 2] = Field(default=1, description="How many people must approve.")
    approvers: Annotated[list[Principal], Field(min_length=1)] | None = Field(
        default=None,
        description="ARNs of users and roles (`arn:aws:iam::*:role/risk-leads`), `*` and `?` as in IAM. Unset: "
        "everyone who may give the command.",
    )
    expires_after: Duration = Field(
        default=timedelta(days=7),
        description="From the request on, by the wall clock; what is not approved then is "
        "rejected, and can be requested again.",
    )
    review_within: Duration = Field(
        default=timedelta(days=7),
        description="How soon another person must review an emergency override, by the wall clock.",
    )
    personal_roles: list[Principal] = Field(
        default_factory=list,
        description="Roles whose trust policy lets a session have its person's name alone (`sts:RoleSessionName`), so "
        "that two of their sessions are two people. Those of IAM Identity Center always are; all sessions of any other "
        "role are one person.",
    )
