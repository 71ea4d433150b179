"""Write down errors in the data, follow them to their end, and tell of those that are overdue."""

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Runtime, logger, sent_at
from steward.stations.track import track_defects

runtime = Runtime.from_environment()
processor = BatchProcessor(event_type=EventType.SQS)


def track(record: SQSRecord) -> None:
    """One message: a finding, what a person asks for, a correction, a new version, or a schedule."""
    cause = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=cause.correlation_id)
    runtime.announce(track_defects(runtime, cause))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=track, processor=processor, context=context)
