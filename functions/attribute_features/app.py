"""Attribute a sample of a window's records to the features, by the artifact of the version that made them."""

from steward.queue_function import QueueFunction
from steward.services.attribute_features import attribute_features

handler = QueueFunction(attribute_features)
