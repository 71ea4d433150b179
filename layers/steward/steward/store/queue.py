"""SQS: sends messages to queues."""

import json

from pydantic import JsonValue

from steward import aws
from steward.events import SOURCE, Event


class Queue:
    """One queue."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send_upload(self, bucket: str, key: str, version_id: str, sequencer: str = "", request: str = "") -> None:
        """Ask for an uploaded object version to be taken in again, in the shape of S3's own event.

        Args:
            bucket: where it is.
            key: the object's.
            version_id: which version of it.
            sequencer: its order within the second of its upload, where it is known.
            request: what tells this request from others, so that it is answered also where the answer is the same.
        """
        body = created_event(bucket, key, version_id, sequencer=sequencer, request=request)
        aws.sqs().send_message(QueueUrl=self.url, MessageBody=json.dumps(body))

    def send_event(self, event: Event, delay: int = 0) -> None:
        """Send an event as the bus would, to be delivered after so many seconds, 900 at most."""
        detail = event.model_dump(mode="json")
        body = json.dumps({"source": SOURCE, "detail-type": type(event).__name__, "detail": detail})
        aws.sqs().send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay)


def created_event(
    bucket: str, key: str, version_id: str, *, sequencer: str = "", request: str = ""
) -> dict[str, JsonValue]:
    """An uploaded object version in the shape of S3's own event."""
    stored: JsonValue = {"key": key, "version-id": version_id, "sequencer": sequencer, "request": request}
    detail: JsonValue = {"bucket": {"name": bucket}, "object": stored}
    return {"source": "steward", "detail-type": "Object Created", "detail": detail}
