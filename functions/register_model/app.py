"""Accept or refuse an uploaded declaration, and make the model's schedules agree with it."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import ObjectCreated
from steward.runtime import Deliveries, Runtime, logger
from steward.stations.register import register_model

runtime = Runtime.from_environment()
processor = Deliveries()


def register(record: SQSRecord) -> None:
    """One message: an upload under specs/."""
    created = ObjectCreated.decode(record.body, runtime.data.newest_version)
    logger.append_keys(correlation_id=created.correlation_id)
    runtime.announce(register_model(runtime, created))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=register, processor=processor, context=context)
