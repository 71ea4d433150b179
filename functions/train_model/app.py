"""Fit a version for a run that the policy started."""

from functools import partial

from steward.event_function import EventFunction
from steward.services.fail_run import note_error
from steward.services.train_model import train_model

handler = EventFunction(train_model, around=partial(note_error, stage="training"))
