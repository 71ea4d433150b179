"""Move alert states, and tell the subscribers of the alert topic what moved."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.alert import raise_alerts

runtime = Runtime.from_environment()
processor = Deliveries()


def alert(record: SQSRecord) -> None:
    """One message: a check, a release, an audit or a failure."""
    cause = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=cause.correlation_id)
    raise_alerts(runtime, cause)


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=alert, processor=processor, context=context)
