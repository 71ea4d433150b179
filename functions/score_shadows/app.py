"""Score the rows that were answered with the versions that only shadow."""

from steward.event_function import EventFunction
from steward.services.score_shadows import score_shadows

handler = EventFunction(score_shadows)
