"""Turn an uploaded file into records and profiles; quarantine what cannot be used."""

from steward.queue_function import (
    QueueFunction,
)  # first: once pydantic is loaded, Powertools loads models of all queues

# isort: split
from steward.events import ObjectCreated, ReleaseChanged
from steward.runtime import QueueSettings
from steward.services.ingest_records import ingest_records
from steward.services.resume_uploads import resume_uploads

handler = QueueFunction({ObjectCreated: ingest_records, ReleaseChanged: resume_uploads}, settings=QueueSettings)
