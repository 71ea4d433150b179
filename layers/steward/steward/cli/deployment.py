"""The deployment that the command line speaks to, found by the name of its stack."""

from dataclasses import dataclass
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.errors import StewardError
from steward.store.bucket import Bucket
from steward.store.bus import Bus
from steward.store.ledger import Ledger


class NoDeployment(StewardError):
    """There is no stack of this name, or AWS cannot be reached."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The doors of one deployed stack."""

    data: Bucket
    ledger: Ledger
    bus: Bus

    @classmethod
    def of(cls, stack: str) -> Self:
        """Find a deployment.

        Raises:
            NoDeployment: there is none; the message says how to get one.
        """
        try:
            (found,) = aws.cloudformation().describe_stacks(StackName=stack)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            raise NoDeployment(
                f"no stack {stack!r} is deployed where your AWS settings point ({error}). For the local one: "
                "run `make up` and `source .local/stack/env`; for AWS: set AWS_PROFILE and AWS_REGION"
            ) from error
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        return cls(
            data=Bucket(outputs["DataBucketName"]),
            ledger=Ledger(Bucket(outputs["LedgerBucketName"]), "cli"),
            bus=Bus(outputs["BusName"]),
        )

    def models(self) -> list[str]:
        """Every declared model."""
        return list(self.data.folders("models/"))
