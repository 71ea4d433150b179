"""Judge a version against the champion on rows that neither has seen, or the champion on labels that came since."""

from functools import partial

from steward.events import ChampionTestRequested, TrainingCompleted
from steward.queue_function import QueueFunction
from steward.services.evaluate_champion import evaluate_champion
from steward.services.fail_run import ending_run
from steward.services.validate_model import validate_model

handler = QueueFunction(
    {TrainingCompleted: validate_model, ChampionTestRequested: evaluate_champion},
    around=partial(ending_run, stage="validation"),
)
