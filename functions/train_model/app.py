"""Fit a version for a run that the policy started."""

from functools import partial

from steward.queue_function import QueueFunction
from steward.services.fail_run import ending_run
from steward.services.train_model import train_model

handler = QueueFunction(train_model, around=partial(ending_run, stage="training"))
