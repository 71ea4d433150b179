"""Turn an uploaded file into records and profiles; quarantine what cannot be used."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.events import ObjectCreated, ReleaseChanged, decode_if
from steward.runtime import Deliveries, Runtime, logger
from steward.stations.deferral import resume_uploads
from steward.stations.ingest import ingest_records

runtime = Runtime.from_environment()
processor = Deliveries()


def ingest(record: SQSRecord) -> None:
    """One message: an upload under inbox/, or a version took over that uploads may have waited for."""
    if released := decode_if(ReleaseChanged, record.body):
        resume_uploads(runtime, released)
        return
    created = ObjectCreated.decode(record.body, runtime.data.newest_version)
    logger.append_keys(correlation_id=created.correlation_id)
    runtime.announce(ingest_records(runtime, created))


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    """A batch of queue messages; those that fail are tried again, the others are done."""
    return process_partial_response(event=event, record_handler=ingest, processor=processor, context=context)
