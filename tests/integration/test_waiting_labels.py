"""Labels without a time wait for their predictions, and are not lost when `join_labels` dies on the way."""

from contextlib import suppress
from datetime import datetime

import pytest

from steward import aws
from steward.events import BatchIngested, OutcomesUpdated
from tests.integration import lemons

from .deployment import Deployment, Objects, deployed
from .dying import WRITES, Died, dying

PREDICTIONS, LABELS = "inbox/lemons/predictions/", "inbox/lemons/labels/"
Trained = tuple[Objects, datetime]


def ready_to_join(steward: Deployment, *, labels_first: bool) -> BatchIngested:
    """Predictions of 60 rows, and labels without a time of those and of 10 more; the last batch, not yet joined."""
    sold = lemons.sales(1, first_day=14, rows_a_day=70)
    uploads = [
        (PREDICTIONS + "a.csv", lemons.predictions(sold.iloc[:60])),
        (LABELS + "a.csv", lemons.labels(sold, timed=False)),
    ]
    (first, early), (last, late) = reversed(uploads) if labels_first else uploads
    steward.upload(first, lemons.csv(early))
    steward.settle()
    version = steward.upload(last, lemons.csv(late))
    aws.sqs().purge_queue(QueueUrl=steward.queues["ingest_records"])
    steward.invoke("ingest_records", steward.message_of(last, version))
    steward._observe()
    aws.sqs().purge_queue(QueueUrl=steward.queues["join_labels"])
    return steward.told(BatchIngested)[-1]


def conclusions(steward: Deployment) -> tuple[object, ...]:
    """Outcomes, placed labels, those that still wait, and the events that tell of the outcomes."""
    (outcomes,) = steward.contents("outcomes/lemons/").values()
    told = {event.event_id for event in steward.told(OutcomesUpdated)}
    return outcomes, steward.contents("records/labels/"), steward.contents("records/waiting/"), told


@pytest.mark.parametrize("labels_first", [True, False])
def test_a_death_after_any_call_and_a_redelivery_join_every_label(
    first_champion: Trained, *, labels_first: bool
) -> None:
    with deployed(named_by_content=True) as steward:
        steward.restore(*first_champion)
        ingested = ready_to_join(steward, labels_first=labels_first)
        ready, now = steward.snapshot(), steward.clock.now
        with dying(after=0) as calls:
            assert steward.deliver("join_labels", ingested)
        steward._observe()
        undisturbed = conclusions(steward)
        assert steward.object(steward.keys("outcomes/lemons/")[0])["outcomes"]["labelled"] == 60
        writes = [place for place, operation in enumerate(calls, 1) if operation in WRITES]
        assert len(writes) >= 5
        for call in writes:  # a death after another call leaves what the one before it wrote
            steward.restore(ready, now)
            steward.published.clear()
            with suppress(Died), dying(after=call):
                steward.deliver("join_labels", ingested)
            assert steward.deliver("join_labels", ingested, attempt=2)
            steward._observe()
            assert conclusions(steward) == undisturbed, f"after call {call}, {calls[call - 1]}"
