"""Accept or refuse an uploaded declaration, or remove a model, and make the model's schedules agree with that."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import SOURCE, ObjectCreated, RemovalProposed, decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.register import register_model
from steward.stations.remove import remove_model

runtime = Runtime.from_environment()
processor = Deliveries()


def register(record: SQSRecord) -> None:
    """One message: an upload under specs/, or a person asks for a model to be removed."""
    if record.json_body["source"] == SOURCE:
        proposed = decode(record.body, sent_at=sent_at(record))
        logger.append_keys(correlation_id=proposed.correlation_id)
        if isinstance(proposed, RemovalProposed):
            runtime.announce(remove_model(runtime, proposed))
        return
    created = ObjectCreated.decode(record.body, runtime.data.newest_version)
    logger.append_keys(correlation_id=created.correlation_id)
    runtime.announce(register_model(runtime, created))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=register, processor=processor, context=context)
