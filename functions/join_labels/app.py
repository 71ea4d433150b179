"""Join labels with their predictions, and write the outcomes of each window touched."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.join import join_labels

runtime = Runtime.from_environment()
processor = Deliveries()


def join(record: SQSRecord) -> None:
    """One message: a batch of labels or predictions was ingested."""
    ingested = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=ingested.correlation_id)
    runtime.announce(join_labels(runtime, ingested))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=join, processor=processor, context=context)
