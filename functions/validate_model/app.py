"""Judge a version against the champion on rows that neither has seen, or the champion on labels that came since."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import ChampionTestRequested, decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.champion import test_champion
from steward.stations.failure import ending_run
from steward.stations.validate import validate_model

runtime = Runtime.from_environment()
processor = Deliveries()


def validate(record: SQSRecord) -> None:
    """One message: a version was made, or the champion is to be tested."""
    completed = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=completed.correlation_id)
    if isinstance(completed, ChampionTestRequested):
        runtime.announce([test_champion(runtime, completed)])
        return
    delivery = int(record.attributes.approximate_receive_count)
    with ending_run(runtime, completed, "validation", attempt=delivery):
        runtime.announce([validate_model(runtime, completed, delivery=delivery)])


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=validate, processor=processor, context=context)
