"""A version that comes from another environment is accepted once, wherever `accept_version` dies."""

from contextlib import suppress

from steward import aws
from steward.cli.version_export import ExportedVersion, upload
from steward.events import ValidationCompleted
from steward.promotion.transfer import Transfer
from steward.store.bucket import Bucket

from .deployment import EPOCH, Deployment
from .dying import WRITES, Died, dying
from .test_accept_version import AUTHOR, production, staged  # noqa: F401


def test_a_death_behind_any_write_of_accept_version_changes_nothing(
    production: Deployment,  # noqa: F811
    staged: ExportedVersion,  # noqa: F811
) -> None:
    data = Bucket(production.data, production.name)
    upload(data, staged, author=AUTHOR, sent_at=EPOCH, over=None)
    aws.sqs().purge_queue(QueueUrl=production.queues["accept_version"])
    key = f"promotions/lemons/{staged.version}.json"
    assert Transfer.model_validate_json(data.get(key).body).version == staged.version
    message = production.message_of(key, data.newest_version(key))
    ready, now = production.snapshot(), production.clock.now
    with dying(after=0) as calls:
        assert not production.invoke("accept_version", message)["batchItemFailures"]
    undisturbed = conclusions(production)
    assert undisturbed[0] == [staged.version]
    writes = [number for number, operation in enumerate(calls, 1) if operation in WRITES]
    assert len(writes) >= 10
    for call in writes:
        production.restore(ready, now)
        production.published.clear()
        with suppress(Died), dying(after=call):
            production.invoke("accept_version", message)
        assert not production.invoke("accept_version", message, attempt=2)["batchItemFailures"]
        assert conclusions(production) == undisturbed, f"after call {call}, {calls[call - 1]}"


def conclusions(steward: Deployment) -> tuple[object, ...]:
    """What was accepted and told, what is stored of it but for the names of versions of objects, and the ledger."""
    steward._observe()
    run = steward.object(steward.keys("runs/lemons/")[0])
    told = sorted({event.version for event in steward.told(ValidationCompleted)})
    entries = [(entry.action, entry.subject) for entry in steward.entries("lemons")]
    return told, run["stage"], steward.keys("models/lemons/"), entries
