"""Look at Steward itself, tell people what is wrong, and put back schedules that are gone."""

from steward.queue_function import QueueFunction
from steward.runtime import WatchSettings
from steward.services.watch_deployment import watch_deployment

handler = QueueFunction(watch_deployment, settings=WatchSettings)
