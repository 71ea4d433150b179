"""Turn an uploaded file into records and profiles; quarantine what cannot be used."""

from steward.events import ObjectCreated, ReleaseChanged
from steward.ingestion.deferral import resume_uploads
from steward.queue_function import QueueFunction
from steward.runtime import QueueSettings
from steward.services.ingest_records import ingest_records

handler = QueueFunction({ObjectCreated: ingest_records, ReleaseChanged: resume_uploads}, settings=QueueSettings)
