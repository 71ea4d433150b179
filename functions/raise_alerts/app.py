"""Move alert states, and tell the subscribers of the alert topic what moved."""

from steward.queue_function import QueueFunction
from steward.runtime import TopicSettings
from steward.services.raise_alerts import raise_alerts

handler = QueueFunction(raise_alerts, settings=TopicSettings)
