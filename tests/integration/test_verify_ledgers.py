"""`audit_models` on its clock: checkpoints of all ledgers, signed, and what was done to them since the one before."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from steward import aws
from steward.events import AuditCompleted, AuditRequested, LedgersVerified
from steward.ledger.checkpoints import Checkpoint

from .deployment import Deployment

CLOCK = json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})


@pytest.fixture
def key(trained: Deployment) -> Iterator[str]:
    """An asymmetric key that the deployment signs with."""
    made = aws.kms().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    use_key(trained, made)
    yield made
    use_key(trained, "")


def use_key(steward: Deployment, arn: str) -> None:
    function = steward.handlers["audit_models"].handler
    settings = function.runtime.settings.model_copy(update={"signing_key_arn": arn})
    object.__setattr__(function.runtime, "settings", settings)


def tick(steward: Deployment, *, times: int = 1) -> LedgersVerified:
    """A day is over."""
    steward.clock.pass_by(timedelta(days=1))
    for _ in range(times):
        assert not steward.invoke("audit_models", CLOCK)["batchItemFailures"], steward.errors
    steward.settle()
    return steward.told(LedgersVerified)[-1]


def checkpoints(steward: Deployment) -> list[Checkpoint]:
    stored = steward.contents("_checkpoints/", steward.ledger)
    return [Checkpoint.model_validate_json(body) for body in stored.values()]


def audit(steward: Deployment, *, whole: bool) -> AuditCompleted:
    steward.clock.pass_by(timedelta(minutes=1))
    now = steward.clock.now
    steward.deliver(
        "audit_models", AuditRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="t", whole=whole)
    )
    steward.settle()
    return steward.told(AuditCompleted)[-1]


def put(steward: Deployment, key: str, body: bytes) -> None:
    aws.s3().put_object(Bucket=steward.ledger, Key=key, Body=body)


def delete(steward: Deployment, key: str) -> None:
    aws.s3().delete_object(Bucket=steward.ledger, Key=key)


def change_covered(steward: Deployment) -> None:
    key = "lemons/0000000003.json"
    body = steward.contents(key, steward.ledger)[key]
    put(steward, key, body.replace(b'"subject":"', b'"subject":"x', 1))


def remove_last(steward: Deployment) -> None:
    delete(steward, f"lemons/{len(steward.entries('lemons')):010d}.json")


def remove_marker(steward: Deployment) -> None:
    entry = steward.entries("lemons")[-1]
    delete(steward, f"lemons/decisions/{entry.action}/{entry.identity}")


def remove_model(steward: Deployment) -> None:
    for key in steward.keys("lemons/", steward.ledger):
        for one in aws.s3().list_object_versions(Bucket=steward.ledger, Prefix=key)["Versions"]:
            aws.s3().delete_object(Bucket=steward.ledger, Key=key, VersionId=one["VersionId"])


def test_a_checkpoint_covers_all_ledgers_and_each_follows_the_one_before(trained: Deployment) -> None:
    first, second = tick(trained), tick(trained, times=3)
    assert (first.checkpoint, second.checkpoint) == (1, 2)
    assert first.passed
    one, other = checkpoints(trained)
    assert other.check(2).previous == one.digest == first.digest
    assert {head.model for head in other.heads} == {"_deployment", "lemons"}
    head = trained.entries("lemons")[-1]
    assert (other.head_of("lemons").sequence, other.head_of("lemons").hash) == (head.sequence, head.hash)
    recorded = [entry for entry in trained.entries("_deployment") if entry.action == "ledgers_verified"]
    assert [entry.evidence[0].key for entry in recorded] == trained.keys("_checkpoints/", trained.ledger)
    assert trained.notifications == []


def test_a_checkpoint_is_signed_by_the_key_of_the_deployment(trained: Deployment, key: str) -> None:
    tick(trained)
    (checkpoint,) = checkpoints(trained)
    public = load_der_public_key(aws.kms().get_public_key(KeyId=key)["PublicKey"])
    signature = base64.b64decode(checkpoint.envelope.signatures[0].sig)
    public.verify(signature, checkpoint.envelope.signed_bytes, ec.ECDSA(hashes.SHA256()))
    assert tick(trained).passed


def test_a_checkpoint_that_someone_else_signed_is_found(trained: Deployment, key: str) -> None:
    tick(trained)
    use_key(trained, aws.kms().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"])
    tick(trained)  # a new key of the deployment is no tampering: the ledger has the checkpoint before
    assert trained.told(LedgersVerified)[-1].passed
    (_, second) = checkpoints(trained)
    forged = Checkpoint.following(second, second.heads, ledger=trained.ledger, at=second.written_at, signer=None)
    put(trained, "_checkpoints/c0000000003.json", forged.model_dump_json().encode())
    found = tick(trained)
    assert any("checkpoint 3 is not signed" in problem for problem in found.news)


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (remove_model, "the whole ledger of lemons"),
        (lambda steward: delete(steward, "_checkpoints/c0000000001.json"), "checkpoint 1 was removed"),
        (lambda steward: put(steward, "_checkpoints/c0000000001.json", b"{}"), "checkpoint 1 was changed"),
        (remove_last, "of lemons was removed at the end"),
        (remove_marker, "of lemons is not marked"),
    ],
    ids=["model removed", "checkpoint removed", "checkpoint changed", "cut", "marker removed"],
)
def test_tampering_is_named_to_people_once_and_stays_found(
    trained: Deployment, tamper: Callable[[Deployment], None], says: str
) -> None:
    tick(trained)
    if tamper in (remove_last, remove_marker):
        audit(trained, whole=False)  # something that no checkpoint covers yet
    tamper(trained)
    found = tick(trained)
    assert not found.passed
    (notification,) = trained.notifications
    assert notification["Subject"] == "_deployment: the ledger was tampered with"
    assert says in json.loads(notification["Message"])["text"]
    assert says in "\n".join(found.problems)
    assert not tick(trained).passed
    assert len(trained.notifications) == 1


def test_a_ledger_that_is_too_long_for_one_day_is_covered_over_several(trained: Deployment) -> None:
    length = len(trained.entries("lemons"))
    with patch("steward.services.verify_ledgers._MOST_ENTRIES", 3):
        heads = [tick(trained) and checkpoints(trained)[-1].head_of("lemons").sequence for _ in range(length)]
    assert heads[0] == 3
    assert heads == sorted(heads)
    assert heads[-1] == length
    assert all(event.passed for event in trained.told(LedgersVerified))


def test_an_audit_begins_at_the_last_checkpoint_and_each_ledger_is_read_whole_every_seventh_day(
    trained: Deployment,
) -> None:
    tick(trained)
    change_covered(trained)
    event = audit(trained, whole=False)
    assert event.passed
    report = trained.object(event.stored.key)
    assert report["checkpoint"] == 1
    assert report["ledger_examined"] < report["ledger_entries"]
    event = audit(trained, whole=True)
    assert event.failed == ["ledger_chain"]
    (finding,) = [one for one in trained.object(event.stored.key)["findings"] if one["invariant"] == "ledger_chain"]
    assert finding["message"].startswith("entry 3 of lemons was")
    text = json.loads(trained.notifications[-1]["Message"])["text"]
    assert "Ledger: entry 2, " in text  # the last one that nothing contradicts
    ticks = [tick(trained) for _ in range(7)]
    (when,) = [at for at, found in enumerate(ticks) if found.news]  # one day of seven is this model's
    assert ticks[when].news[0].startswith("entry 3 of lemons was")
