"""Carry out what people ask for, once it is proven who they are and that they may."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.runtime import Deliveries, Runtime, logger
from steward.stations.command import accept_commands

runtime = Runtime.from_environment()
processor = Deliveries()


def accept(record: SQSRecord) -> None:
    """One message: a person's command, and the proof of who gave it."""
    answer = accept_commands(runtime, record.body, message=record.message_id)
    logger.info("command", verdict=answer.verdict, author=answer.author, reason=answer.reason)


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=accept, processor=processor, context=context)
