"""Judge a version against the champion on rows that neither has seen, or the champion on labels that came since."""

from functools import partial

from steward.event_function import EventFunction
from steward.events import ChampionTestRequested, TrainingCompleted
from steward.services.evaluate_champion import evaluate_champion
from steward.services.fail_run import note_error
from steward.services.validate_model import validate_model

handler = EventFunction(
    {TrainingCompleted: validate_model, ChampionTestRequested: evaluate_champion},
    around=partial(note_error, stage="validation"),
)
