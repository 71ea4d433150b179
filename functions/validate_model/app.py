"""Judge a version against the champion on rows that neither has seen, or the champion on labels that came since."""

from functools import partial

from steward.events import ChampionTestRequested, TrainingCompleted
from steward.queue_function import QueueFunction
from steward.stations.champion import test_champion
from steward.stations.failure import ending_run
from steward.stations.validate import validate_model

handler = QueueFunction(
    {TrainingCompleted: validate_model, ChampionTestRequested: test_champion},
    around=partial(ending_run, stage="validation"),
)
