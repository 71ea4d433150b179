"""Carry out what people ask for, once it is proven who they are and that they may."""

from steward.queue_function import QueueFunction
from steward.services.accept_commands import QueueMessage, accept_commands

handler = QueueFunction(
    accept_commands, decode=lambda record, _: QueueMessage(body=record.body, message=record.message_id)
)
