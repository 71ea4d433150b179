"""Look at Steward itself, tell people what is wrong, and put back schedules that are gone."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.watch import watch_deployment

runtime = Runtime.from_environment()
processor = Deliveries()


def watch(record: SQSRecord) -> None:
    """One message: the hour is over. When it was sent is the moment that is looked at."""
    runtime.announce(watch_deployment(runtime, sent_at(record)))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=watch, processor=processor, context=context)
