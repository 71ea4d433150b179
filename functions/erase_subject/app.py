"""Erase the rows of a subject, and take those that come again out of the inbox."""

from steward.queue_function import (
    QueueFunction,
)  # first: once pydantic is loaded, Powertools loads models of all queues

# isort: split
from steward.events import ErasedRowsUploaded, ErasureRequested
from steward.runtime import ErasureSettings
from steward.services.erase_subject import erase_subject, remove_upload

handler = QueueFunction({ErasureRequested: erase_subject, ErasedRowsUploaded: remove_upload}, settings=ErasureSettings)
