"""Accept or refuse a version that another environment sent."""

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import ObjectCreated
from steward.runtime import Runtime, logger
from steward.stations.accept import accept_version

runtime = Runtime.from_environment()
processor = BatchProcessor(event_type=EventType.SQS)


def accept(record: SQSRecord) -> None:
    """One message: an upload under promotions/."""
    created = ObjectCreated.decode(record.body, runtime.data.newest_version)
    logger.append_keys(correlation_id=created.correlation_id)
    runtime.announce([accept_version(runtime, created)])


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=accept, processor=processor, context=context)
