"""What subscribers of the alert topic receive."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from steward.events import (
    AlertRaised,
    AlertResolved,
    AuditCompleted,
    BatchRejected,
    CollectionFailed,
    DefectOverdue,
    Event,
    ModelRejected,
    ReleaseChanged,
    RunFailed,
)
from steward.spec.windows import Window

_SUBJECT_LENGTH = 100
"""SNS takes subjects of fewer than 100 characters, ASCII, that begin with no blank."""


class Message(BaseModel):
    """One notification: a subject, plain text for people, and attributes for subscription filter policies."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    subject: str
    text: str
    attributes: dict[str, str]


def alerts_message(changes: Sequence[AlertRaised | AlertResolved]) -> Message:
    """One message for all monitors that one check moved."""
    first = changes[0]
    raised = [change for change in changes if isinstance(change, AlertRaised)]
    resolved = [change for change in changes if isinstance(change, AlertResolved)]
    headline = "; ".join(
        part
        for part in (
            f"firing: {', '.join(change.monitor for change in raised)}" if raised else "",
            f"resolved: {', '.join(change.monitor for change in resolved)}" if resolved else "",
        )
        if part
    )
    lines = [f"Model {first.model}, version {first.version}, window {_span(first.window)}", ""]
    for change in changes:
        lines.append(f"{'FIRING' if isinstance(change, AlertRaised) else 'resolved'}  {change.monitor}")
        lines.append(f"  {change.summary}")
    lines += ["", f"Correlation id {first.correlation_id}"]
    return Message(
        subject=_subject(f"{first.model}: {headline}"),
        text="\n".join(lines),
        attributes={
            "model": first.model,
            "state": "firing" if raised else "resolved",
            "monitor": ",".join(change.monitor for change in changes),
        },
    )


def notice(event: Event) -> Message | None:
    """The message for an event that people should know of; None for one that needs none."""
    match event:
        case RunFailed():
            subject, text = "retraining failed", f"Run {event.run} failed in {event.stage}: {event.message}"
        case BatchRejected():
            subject, text = "file rejected", f"{event.source}\n{event.message}\nThe file is kept where it was uploaded."
        case ModelRejected():
            problems = "\n".join(event.problems)
            subject, text = (
                "declaration rejected",
                f"{event.source}\n{problems}\nThe declaration in force is unchanged.",
            )
        case CollectionFailed():
            subject, text = "resources cannot be read", event.message
        case AuditCompleted(passed=False):
            subject, text = (
                "audit failed",
                f"Invariants that do not hold: {', '.join(event.failed)}\n{event.stored.key}",
            )
        case DefectOverdue():
            subject, text = f"defect overdue: {event.defect}", event.summary
        case ReleaseChanged(stage="champion"):
            subject, text = f"champion is now {event.version}", event.summary
        case _:
            return None
    return Message(
        subject=_subject(f"{event.model}: {subject}"),
        text=f"{text}\n\nAs of {event.as_of:%Y-%m-%d %H:%M} UTC. Correlation id {event.correlation_id}",
        attributes={"model": event.model, "state": "notice", "monitor": type(event).__name__},
    )


def _span(identifier: str) -> str:
    window = Window.parse(identifier)
    return f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"


def _subject(text: str) -> str:
    plain = "".join(character if character.isascii() and character.isprintable() else "?" for character in text)
    plain = plain.lstrip()
    return plain if len(plain) < _SUBJECT_LENGTH else f"{plain[: _SUBJECT_LENGTH - 4]}..."
