"""Bring what CloudWatch knows of a model's resources into its inbox."""

from steward.queue_function import QueueFunction
from steward.stations.collect import collect_resources

handler = QueueFunction(collect_resources)
