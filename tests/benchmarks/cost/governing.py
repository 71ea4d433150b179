"""What people ask for once a month: a retraining that another person approves, and the erasure of a record.

An erasure reads all that is stored, so that what it takes is scaled to a month's uploads, the reference rows too.
"""

from datetime import timedelta

from steward.erasure.erasure_work import SETTLING
from steward.events import ErasureRequested, ReleaseOverrideProposed, RetrainingProposed, SubjectErased
from steward.privacy.pseudonym import pseudonym
from steward.releasing.routing import Routing
from steward.store.pseudonym_key import PseudonymKey
from tests.benchmarks.cost.counting import Meter
from tests.benchmarks.cost.playing import MODEL, SPEC, START, frame, parquet
from tests.integration.dealers import with_key
from tests.integration.deployment import Deployment

APPROVED = (
    SPEC.replace("holdout_span: 3d}", "holdout_span: 3d, minimum_new_labels: 0, cool_down: 1h, on_alerts: []}")
    + "validation: {minimum_gain: -1.0}\napprovals: {required: 1}\n"
)
ANN, BEN = (f"arn:aws:iam::123456789012:user/{name}" for name in ("ann", "ben"))


def retrain(steward: Deployment, meter: Meter) -> None:
    """Have a version trained on more reference rows, and approved."""
    meter.phase = "retrain"
    first = steward.champion(MODEL)
    now = steward.clock.now
    steward.upload(f"specs/{MODEL}.yaml", APPROVED)
    reference = frame(now - timedelta(days=60), timedelta(days=14), 20_000, 2, labelled=True)
    steward.upload(f"inbox/{MODEL}/reference/second.parquet", parquet(reference))
    steward.settle()  # the rows ask for a training by themselves, or else the person does
    header = {"occurred_at": now, "model": MODEL, "as_of": now}
    steward.publish(RetrainingProposed(**header, correlation_id="month-1", reason="a month has passed", author=ANN))
    steward.settle()
    request = Routing.model_validate(steward.object(f"models/{MODEL}/routing.json")).releases[-1].request
    assert request
    steward.publish(
        ReleaseOverrideProposed(
            **header, correlation_id="month-2", action="approve", reason="looked at it", author=BEN,
            evidence=request.subject.evidence,
        )
    )  # fmt: skip
    steward.settle()
    assert steward.champion(MODEL) != first


def erase(steward: Deployment, meter: Meter) -> None:
    """Erase one record, which is looked for in everything that is stored."""
    with_key(steward)
    meter.phase = "erase"
    key = PseudonymKey(steward.arns["pseudonym_key"]).of_model(MODEL)
    now = steward.clock.now
    found = f"{START:%Y%m%d%H%M}-{round(START.timestamp())}-7"
    asked = ErasureRequested(
        occurred_at=now, model=MODEL, as_of=now, correlation_id="month-3", record=True, reason="request 1", author=ANN,
        subject=pseudonym(key, found),
    )  # fmt: skip
    assert steward.deliver("erase_subject", asked), steward.errors
    steward.clock.pass_by(SETTLING)
    assert steward.deliver("erase_subject", asked, copy="later"), steward.errors
    steward.settle()
    assert steward.told(SubjectErased)[-1].rows > 0
