"""The deployment that the command line speaks to, found by the name of its stack."""

from dataclasses import dataclass
from typing import Self

from steward.store.bucket import Bucket
from steward.store.bus import Bus
from steward.store.ledger import Ledger
from steward.store.outputs import stack_outputs
from steward.store.queue import Queue


@dataclass(frozen=True, slots=True)
class Deployment:
    """The doors of one deployed stack."""

    data: Bucket
    ledger: Ledger
    bus: Bus
    commands: Queue
    outputs: dict[str, str]

    @classmethod
    def of(cls, stack: str) -> Self:
        """Find a deployment.

        Raises:
            NoDeployment: there is none; the message says how to get one.
        """
        outputs = stack_outputs(stack)
        environment = outputs.get("EnvironmentName", "production")  # stacks from before environments had names
        return cls(
            data=Bucket(outputs["DataBucketName"], environment),
            ledger=Ledger(Bucket(outputs["LedgerBucketName"]), "cli"),
            bus=Bus(outputs["BusName"]),
            commands=Queue(outputs["AcceptCommandsQueueUrl"]),
            outputs=outputs,
        )

    def models(self) -> list[str]:
        """Every declared model."""
        return list(self.data.folders("models/"))
