"""Promote a version that passed its gates, refuse one that did not; freeze, thaw and roll back."""

from steward.event_function import EventFunction
from steward.services.release_model import release_model

handler = EventFunction(release_model)
