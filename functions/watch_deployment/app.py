"""Look at Steward itself, tell people what is wrong, and put back schedules that are gone."""

from steward.event_function import EventFunction
from steward.runtime import WatchSettings
from steward.services.watch_deployment import watch_deployment

handler = EventFunction(watch_deployment, settings=WatchSettings)
