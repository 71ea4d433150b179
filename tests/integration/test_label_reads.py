"""Labels are joined with one read of each file, and what comes in between is not lost."""

from collections import Counter

import pytest

from steward import aws
from steward.events import BatchIngested, OutcomesUpdated
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment

SOLD = lemons.sales(1, first_day=14, rows_a_day=80)
FILES = 4


def second_version(steward: Deployment) -> str:
    """Another version, with the parts of the first."""
    champion = steward.champion("lemons")
    for key in steward.keys(f"models/lemons/versions/{champion}/"):
        target = key.replace(champion, "another")
        aws.s3().copy_object(Bucket=steward.data, Key=target, CopySource={"Bucket": steward.data, "Key": key})
    return "another"


def upload(steward: Deployment, versions: list[str]) -> BatchIngested:
    """Predictions in four files, by turns of these versions, then the labels of all; what was told of these."""
    for part in range(FILES):
        scored = lemons.predictions(SOLD.iloc[part::FILES], versions[part % len(versions)])
        steward.upload(f"inbox/lemons/predictions/{part}.csv", lemons.csv(scored))
        steward.settle()
    steward.upload("inbox/lemons/labels/14.csv", lemons.csv(lemons.labels(SOLD)))
    steward.settle()
    assert not steward.errors, steward.errors
    return next(event for event in reversed(steward.told(BatchIngested)) if event.kind == "labels")


@pytest.mark.parametrize("segmented", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_each_file_is_read_once_however_many_versions_there_are(
    trained: Deployment, *, several: bool, segmented: bool
) -> None:
    if segmented:
        trained.upload("specs/lemons.yaml", f"{lemons.SPEC}segments: [make]\n")
        trained.settle()
    versions = [trained.champion("lemons"), *([second_version(trained)] if several else [])]
    labels = upload(trained, versions)
    told = {event.version: event for event in trained.told(OutcomesUpdated)}
    assert {version: event.labelled_rows for version, event in told.items()} == dict.fromkeys(
        versions, len(SOLD) // len(versions)
    )
    with lemons.keys_read() as read:
        assert trained.deliver("join_labels", labels)
    records = Counter(key for key in read if key.startswith(("records/predictions/", "records/labels/")))
    assert records == Counter([*trained.keys("records/predictions/"), *trained.keys("records/labels/")])
    assert len(records) == FILES + 1
    assert not [key for key in read if key.endswith("baseline.json")], "the bins of a version are read once a process"


def test_of_two_writers_the_one_that_read_less_looks_again(
    trained: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(trained, [trained.champion("lemons")])
    exchange, came = Bucket.update_with_ref, []

    def overtaken(self: Bucket, key: str, *rest: object) -> object:
        if key.startswith("outcomes/") and not came:
            came.append(key)
            late = lemons.labels(SOLD.iloc[:5]).assign(lemon=1)
            trained.upload("inbox/lemons/labels/late.csv", lemons.csv(late))
            trained.settle()
        return exchange(self, key, *rest)  # type: ignore[arg-type]

    labels = next(event for event in trained.told(BatchIngested) if event.kind == "labels")
    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "update_with_ref", overtaken)
        assert trained.deliver("join_labels", labels)
    (key,) = came
    assert len(trained.object(key)["label_batches"]) == 2, "what was written meanwhile is joined too"
