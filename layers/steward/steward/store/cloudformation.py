"""CloudFormation: outputs of a deployed stack, and what was found to differ from its template."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.store.access import NOT_ALLOWED, no_deployment


def stack_outputs(stack: str) -> dict[str, str]:
    """The outputs of a stack, by name.

    Raises:
        NoDeployment: there is no such stack, or AWS cannot be asked; the message says which and what to do.
    """
    try:
        (found,) = aws.cloudformation().describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError, ValueError) as error:
        raise no_deployment(stack, error) from error
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


@dataclass(frozen=True, slots=True)
class DetectedDrift:
    """What CloudFormation's newest drift detection of a stack found.

    Attributes:
        resources: the logical ID and the kind of each resource that is not as the template has it.
    """

    checked_at: datetime
    resources: tuple[tuple[str, str], ...]


class DriftUnknown(Exception):
    """CloudFormation does not say what its newest drift detection found.

    Attributes:
        refused: whether that is for want of rights.
    """

    def __init__(self, error: ClientError) -> None:
        answer = error.response["Error"]
        super().__init__(f"CloudFormation refuses {error.operation_name} ({answer['Code']})")
        self.refused = answer["Code"] in NOT_ALLOWED


def detected_drift(stack_id: str) -> DetectedDrift | None:
    """The newest drift detection of a stack; None where there was none.

    Raises:
        DriftUnknown: CloudFormation does not tell.
    """
    client = aws.cloudformation()
    try:
        (found,) = client.describe_stacks(StackName=stack_id)["Stacks"]
        noted = found.get("DriftInformation", {})
        checked = noted.get("LastCheckTimestamp")
        if checked is None or noted.get("StackDriftStatus") not in {"IN_SYNC", "DRIFTED"}:
            return None
        asked: dict[str, Any] = {"StackName": stack_id, "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
        drifted: list[tuple[str, str]] = []
        while noted["StackDriftStatus"] == "DRIFTED":
            page = client.describe_stack_resource_drifts(**asked)
            drifted += [(one["LogicalResourceId"], one["ResourceType"]) for one in page["StackResourceDrifts"]]
            if "NextToken" not in page:
                break
            asked["NextToken"] = page["NextToken"]
    except ClientError as error:
        raise DriftUnknown(error) from error
    return DetectedDrift(checked, tuple(sorted(drifted)))
