"""Promote a version that passed its gates; refuse one that did not."""

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Runtime, logger, sent_at
from steward.stations.failure import ending_run
from steward.stations.release import release_model

runtime = Runtime.from_environment()
processor = BatchProcessor(event_type=EventType.SQS)


def release(record: SQSRecord) -> None:
    """One message: a version was judged."""
    judged = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=judged.correlation_id)
    with ending_run(runtime, judged, "release", attempt=int(record.attributes.approximate_receive_count)):
        runtime.announce([release_model(runtime, judged)])


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=release, processor=processor, context=context)
