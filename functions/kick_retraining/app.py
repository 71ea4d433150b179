"""Ask the retraining policy whether to start a run; record its answer."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.kick import kick_retraining

runtime = Runtime.from_environment()
processor = Deliveries()


def kick(record: SQSRecord) -> None:
    """One message: an alert, new labels, a schedule or a person asks for a run."""
    cause = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=cause.correlation_id)
    runtime.announce(kick_retraining(runtime, cause))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=kick, processor=processor, context=context)
