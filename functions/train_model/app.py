"""Fit a version for a run that the policy started."""

from functools import partial

from steward.queue_function import QueueFunction
from steward.stations.failure import ending_run
from steward.stations.train import train_model

handler = QueueFunction(train_model, around=partial(ending_run, stage="training"))
