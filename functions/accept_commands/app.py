"""Carry out what people ask for, once it is proven who they are and that they may."""

from steward.queue_function import QueueFunction
from steward.services.accept_commands import accept_commands

handler = QueueFunction(accept_commands, decode=lambda message, _: message)
