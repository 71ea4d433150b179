"""Finds the deployment that the command line works with, by stack name."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self

from steward.errors import UnknownModel
from steward.events import DEPLOYMENT, NO_MODEL
from steward.repositories import models
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.bus import Bus
from steward.store.cloudformation import stack_outputs
from steward.store.ledger import Ledger

_LISTED = 8
"""Models that a message names."""
_OTHER_CHAINS = (DEPLOYMENT, NO_MODEL)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The doors of one deployed stack.

    Attributes:
        commands: the ARN of the function that takes commands.
    """

    data: Bucket
    ledger: Ledger
    bus: Bus
    commands: str
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
            commands=outputs["AcceptCommandsArn"],
            outputs=outputs,
        )

    def models(self) -> list[str]:
        """Every declared model, removed ones included."""
        return list(self.data.list_prefixes(keys.models()))

    def require(self, model: str, *, for_history: bool = False, active: bool = False) -> Self:
        """The deployment itself, once it is seen to know a model: every command that takes one asks this first.

        It lists, and reads nothing unless the model is to be active: who may only send commands can read no
        declaration.

        Args:
            model: the name that was given.
            for_history: only its ledger is read, so whatever has one will do (files came before a declaration, or
                concern no model), and so will an uploaded declaration, whether it was refused or is still to be read.
            active: it is asked to do something, so a model that was removed will not do.

        Raises:
            UnknownModel: it is not declared; the message has the nearest names.
            RemovedModel: it was removed, and is to be active.
        """
        if next(self.data.list(keys.spec_revisions(model)), None) is not None:
            if active:
                models.current_spec(self.data, model)
            return self
        if for_history and (model in _OTHER_CHAINS or self.ledger.length(model)):
            return self
        if next(self.data.list(keys.spec_upload(model)), None) is not None:
            if for_history:
                return self
            raise UnknownModel(
                f"no model {model!r} is declared: its declaration {keys.spec_upload(model)} was refused or is still "
                f"being read; `steward watch {model}` shows which"
            )
        raise UnknownModel(f"no model {model!r} is declared{_hint(model, self.models())}")


def _hint(model: str, declared: Sequence[str]) -> str:
    """What may have been meant, for the end of a sentence."""
    near = get_close_matches(model.lower(), declared)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    if not declared:
        return ": none is, yet; upload a declaration with `steward push MODEL.yaml`"
    more = f" and {len(declared) - _LISTED} more" if len(declared) > _LISTED else ""
    return f"; declared are {', '.join(declared[:_LISTED])}{more}"
