"""Check windows of a model against its baseline."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.check import check_window

runtime = Runtime.from_environment()
processor = Deliveries()


def check(record: SQSRecord) -> None:
    """One message: a batch, outcomes, a schedule or a person asks for a check."""
    cause = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=cause.correlation_id)
    runtime.announce(check_window(runtime, cause))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=check, processor=processor, context=context)
