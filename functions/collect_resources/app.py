"""Bring what CloudWatch knows of a model's resources into its inbox."""

from steward.queue_function import QueueFunction
from steward.services.collect_resources import collect_resources

handler = QueueFunction(collect_resources)
