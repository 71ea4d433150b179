"""Attribute a sample of a window's records to the features, by the artifact of the version that made them."""

from steward.event_function import EventFunction
from steward.services.attribute_features import attribute_features

handler = EventFunction(attribute_features)
