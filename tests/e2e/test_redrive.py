"""`steward redrive` on the deployed stack: the function's own words, found in its log by the message's id."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from steward.events import CheckRequested
from tests.integration import lemons
from tests.integration.deployment import message

from .deployed import PATIENCE, Deployed
from .test_commands import run

MODEL = "quinces-to-come"


@pytest.fixture
def dead(listening: Deployed) -> Iterator[Deployed]:
    """A check of a model that nobody has declared yet has failed until its queue gave it up."""
    with listening.impatient("CheckWindow"):
        now = datetime.now(UTC)
        request = CheckRequested(occurred_at=now, model=MODEL, as_of=now, correlation_id="too-early")
        listening.sqs.send_message(QueueUrl=listening.queue("CheckWindow"), MessageBody=message(request))
        deadline = time.monotonic() + PATIENCE
        while not listening.depth(listening.dead_letters("CheckWindow")):
            assert time.monotonic() < deadline, "the message does not die"
            time.sleep(0.2)
        yield listening


def test_a_dead_letter_tells_its_reason_and_goes_round_again_when_it_is_mended(dead: Deployed) -> None:
    environment = dead.stack.environment
    shown = run(environment, "redrive", "check_window")
    assert shown.returncode == 1, shown.stdout + shown.stderr
    said = " ".join(shown.stdout.split())
    assert f"CheckRequested {MODEL} too-early" in said
    assert f"UnknownModel: no model '{MODEL}' is declared" in said, dead.stack.folder
    dead.upload(f"specs/{MODEL}.yaml", lemons.SPEC.replace("model: lemons", f"model: {MODEL}"))
    dead.rest(but=["CheckWindow"])
    sent = run(environment, "redrive", "check_window", "--send")
    assert sent.returncode == 0, sent.stdout + sent.stderr
    dead.rest()
    assert dead.depth(dead.dead_letters("CheckWindow")) == 0
    assert run(environment, "redrive").returncode == 0
