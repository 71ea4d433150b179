"""Fit a version for a run that the policy started, or train a version again to compare it."""

from functools import partial

from steward.event_function import EventFunction
from steward.events import ReproductionRequested, TrainingRequested
from steward.services.fail_run import note_error
from steward.services.reproduce_training import reproduce_training
from steward.services.train_model import train_model

handler = EventFunction(
    {TrainingRequested: train_model, ReproductionRequested: reproduce_training},
    around=partial(note_error, stage="training"),
)
