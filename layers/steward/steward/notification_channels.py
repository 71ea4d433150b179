"""Publishes a notification to the alert topic and the chat topic."""

from steward.alerting.notification import Notification
from steward.runtime import Runtime, TopicSettings
from steward.store.topic import Topic


def publish(runtime: Runtime[TopicSettings], notification: Notification) -> None:
    """Send a notification to the alert topic, and to the chat rooms' where the deployment has one."""
    document = notification.model_dump_json()
    Topic(runtime.settings.alert_topic).publish(
        subject=notification.subject,
        text=notification.text,
        document=document,
        attributes=notification.attributes,
    )
    if runtime.settings.chat_topic:
        from steward.alerting.chat import chat_notification  # noqa: PLC0415 - few deployments have chat rooms

        chat = chat_notification(notification).model_dump_json()
        Topic(runtime.settings.chat_topic).publish_document(chat, notification.attributes)
