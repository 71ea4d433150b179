"""Carry out what people ask for, once it is proven who they are and that they may."""

from steward.event_function import EventFunction
from steward.services.accept_commands import accept_commands, read_sending

handler = EventFunction(accept_commands, decode=read_sending)
