"""For applications that serve models: which arm an entity has, and the log of predictions, in a few lines.

Nothing raises into the application, and nothing heavy is imported: boto3 is loaded by a thread, at the first upload.
"""

from steward.client.prediction_log import Client, ClientStatus
from steward.client.traffic_reader import RoutedClient, ServingVersion
from steward.experiments.assignment import Assignment

__all__ = ["Assignment", "Client", "ClientStatus", "RoutedClient", "ServingVersion"]
