"""Care for a model's store: remove what need not be kept, refuse uploads that waited too long for a version."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import MaintenanceRequested, decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.maintain import maintain_store

runtime = Runtime.from_environment()
processor = Deliveries()


def maintain(record: SQSRecord) -> None:
    """One message: a schedule, or somebody who asks for it."""
    cause = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=cause.correlation_id)
    if isinstance(cause, MaintenanceRequested):
        runtime.announce(maintain_store(runtime, cause))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=maintain, processor=processor, context=context)
