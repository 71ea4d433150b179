"""Promote a version that passed its gates, refuse one that did not; freeze, thaw and roll back."""

from contextlib import nullcontext

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import ValidationCompleted, decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.failure import ending_run
from steward.stations.release import release_model

runtime = Runtime.from_environment()
processor = Deliveries()


def release(record: SQSRecord) -> None:
    """One message: a version was judged, somebody asks to freeze or roll back, or time has come further."""
    cause = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=cause.correlation_id)
    judged = isinstance(cause, ValidationCompleted)
    attempt = int(record.attributes.approximate_receive_count)
    with ending_run(runtime, cause, "release", attempt=attempt) if judged else nullcontext():
        runtime.announce(release_model(runtime, cause))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=release, processor=processor, context=context)
