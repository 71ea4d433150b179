"""Fit a version for a run that the policy started."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.failure import ending_run
from steward.stations.train import train_model

runtime = Runtime.from_environment()
processor = Deliveries()


def train(record: SQSRecord) -> None:
    """One message: a run was requested."""
    request = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=request.correlation_id)
    delivery = int(record.attributes.approximate_receive_count)
    with ending_run(runtime, request, "training", attempt=delivery):
        runtime.announce([train_model(runtime, request, delivery=delivery)])


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=train, processor=processor, context=context)
