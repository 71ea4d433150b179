"""Write a model's report and its page anew; keep a dated copy of them when a schedule asks for one."""

from functools import partial

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import ReportRequested, decode
from steward.runtime import Deliveries, Runtime, logger, sent_at
from steward.stations.render import keep, render

runtime = Runtime.from_environment()
processor = Deliveries()


def report(record: SQSRecord, rendered: set[str]) -> None:
    """One message: something changed, or a schedule is due. All that came in one batch is rendered once a model."""
    cause = decode(record.body, sent_at=sent_at(record))
    logger.append_keys(correlation_id=cause.correlation_id)
    if cause.model not in rendered:
        render(runtime, cause)
        rendered.add(cause.model)
    if isinstance(cause, ReportRequested):
        runtime.announce(keep(runtime, cause))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    handle = partial(report, rendered=set())
    return process_partial_response(event=event, record_handler=handle, processor=processor, context=context)
