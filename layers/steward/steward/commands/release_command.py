"""The command on a release or on changed guardrails: steps, ends, approvals, and reviews of overrides."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import SerializerFunctionWrapHandler, StringConstraints, model_serializer, model_validator

from steward.commands.command_base import Command, CommandReason
from steward.events import Event, OverrideAction, ReleaseOverrideProposed


class ReleaseCommand(Command):
    """A release is moved on, ended, approved, rejected or requested again, or an emergency override is reviewed."""

    publishes: ClassVar[type[Event]] = ReleaseOverrideProposed

    command: Literal["release"] = "release"
    action: OverrideAction
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")] | None = None
    evidence: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32})?$")] = ""
    emergency: bool = False
    subject: Literal["release", "guardrails"] = "release"
    reason: CommandReason

    @model_serializer(mode="wrap")
    def _as_earlier_releases(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is not said: the command line of an earlier release writes the same text."""
        usual = {"evidence": "", "emergency": False, "subject": "release"}
        return {name: value for name, value in write(self).items() if name not in usual or value != usual[name]}

    @model_validator(mode="after")
    def _fits_the_action(self) -> Self:
        if self.emergency and self.action != "promote":
            raise ValueError("emergency goes with promote alone; leave it out")
        if self.subject == "guardrails" and self.action not in {"approve", "reject", "request"}:
            raise ValueError("guardrails are approved, rejected or requested again; nothing else")
        if self.evidence and self.action != "approve":
            raise ValueError("evidence goes with approve alone; leave it out")
        return self

    @property
    def sentence(self) -> str:
        """What is asked for."""
        of = f" of {self.version}" if self.version else ""
        changed = "release" if self.subject == "release" else "changed guardrails"
        what = {"review": "review the emergency override"}.get(self.action, f"{self.action} the {changed}")
        how = " in an emergency, without approval" if self.emergency else ""
        evidence = f" (evidence {self.evidence})" if self.evidence else ""
        return f"asks to {what}{of}{how}{evidence}: {self.reason}"
