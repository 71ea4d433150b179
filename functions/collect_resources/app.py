"""Bring what CloudWatch knows of a model's resources into its inbox."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.collect import collect_resources

runtime = Runtime.from_environment()
processor = Deliveries()


def collect(record: SQSRecord) -> None:
    """One message: a schedule or a person asks for telemetry."""
    request = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=request.correlation_id)
    runtime.announce(collect_resources(runtime, request))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=collect, processor=processor, context=context)
