"""Bring what CloudWatch knows of a model's resources into its inbox."""

from steward.event_function import EventFunction
from steward.services.collect_resources import collect_resources

handler = EventFunction(collect_resources)
