"""Notifications as chat rooms take them: the custom notifications of Amazon Q Developer in chat applications."""

from typing import Literal

from pydantic import ConfigDict, Field

from steward.alerting.notification import Notification
from steward.documents import InputHidingModel

_TITLE, _DESCRIPTION, _STEP, _SUMMARY = 250, 4000, 350, 250
"""What the service shows; longer texts are cut here rather than there."""

SIGNS = {"critical": "🔴", "warning": "🟠", "info": "🔵"}


class ChatContent(InputHidingModel):
    """What is shown."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    textType: Literal["client-markdown"] = "client-markdown"  # noqa: N815 - the service's own name
    title: str
    description: str
    nextSteps: list[str]  # noqa: N815 - the service's own name
    keywords: list[str]


class ChatMetadata(InputHidingModel):
    """What it belongs to: notifications of one thread are shown as one."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    threadId: str  # noqa: N815 - the service's own name
    summary: str
    eventType: str  # noqa: N815 - the service's own name
    relatedResources: list[str]  # noqa: N815 - the service's own name
    additionalContext: dict[str, str]  # noqa: N815 - the service's own name


class ChatNotification(InputHidingModel):
    """A custom notification, version 1.0 of its schema; whatever else comes over the topic, the service drops.

    Source: Amazon Q Developer in chat applications, administrator guide, Custom notifications.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    version: Literal["1.0"] = "1.0"
    source: Literal["custom"] = "custom"
    id: str
    content: ChatContent
    metadata: ChatMetadata = Field(description="The thread is the model's and the version's.")


def chat_notification(notification: Notification) -> ChatNotification:
    """A notification for Slack, Teams or Chime."""
    lines = [f"*{one.change.upper()}* `{one.monitor}` ({one.severity})\n{one.summary}" for one in notification.alerts]
    if notification.cause:
        lines.append(f"*Likely cause*: {notification.cause}")
    lines += [f"*Steward*: {done}" for done in notification.done]
    if notification.alerts and notification.report:
        lines.append(f"*Report*: {notification.report}")
    version = notification.alerts[0].version if notification.alerts else ""
    return ChatNotification(
        id=notification.id,
        content=ChatContent(
            title=_truncate(f"{SIGNS[notification.severity]} {notification.subject}", _TITLE),
            description=_truncate("\n".join(lines) or notification.text, _DESCRIPTION),
            nextSteps=[_truncate(f"`{command}`", _STEP) for command in notification.commands],
            keywords=[notification.model, notification.severity, *notification.monitors][:10],
        ),
        metadata=ChatMetadata(
            threadId="-".join(part for part in (notification.model, version) if part),
            summary=_truncate(notification.subject, _SUMMARY),
            eventType="/".join(notification.states),
            relatedResources=[notification.check.key] if notification.check else [],
            additionalContext={
                "model": notification.model,
                "severity": notification.severity,
                "correlation_id": notification.correlation_id,
            },
        ),
    )


def _truncate(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
