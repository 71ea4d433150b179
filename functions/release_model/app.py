"""Promote a version that passed its gates, refuse one that did not; freeze, thaw and roll back."""

from functools import partial

from steward.queue_function import QueueFunction
from steward.services.fail_run import ending_run
from steward.services.release_model import release_model

handler = QueueFunction(release_model, around=partial(ending_run, stage="release"))
