"""Promote a version that passed its gates, refuse one that did not; freeze, thaw and roll back."""

from functools import partial

from steward.queue_function import QueueFunction
from steward.stations.failure import ending_run
from steward.stations.release import release_model

handler = QueueFunction(release_model, around=partial(ending_run, stage="release"))
