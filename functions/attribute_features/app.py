"""Attribute a sample of a window's records to the features, by the artifact of the version that made them."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.attribute import attribute_features

runtime = Runtime.from_environment()
processor = Deliveries()


def attribute(record: SQSRecord) -> None:
    """One message: a schedule asks for the windows that closed lately, or somebody for one of them."""
    request = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=request.correlation_id)
    runtime.announce(attribute_features(runtime, request))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=attribute, processor=processor, context=context)
