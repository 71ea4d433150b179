"""Generated text is monitored like any output: prompt and response as text, what a judge says of them as a score."""

import json

import numpy as np
import pytest

from steward.events import AlertRaised, CheckCompleted, ReleaseChanged
from tests.integration import lemons

from .deployment import Deployment

SPEC = """\
model: answers
description: Answers customers' questions.
owner: support@example.com
task: text_generation
columns: {id: request, time: asked_at, latency: milliseconds}
features:
  prompt: text
  channel: categorical
outputs:
  response: text
  relevance: {type: numeric, minimum: 0, maximum: 1}
window: {length: 1d}
"""
WORDS = ("the", "parcel", "order", "refund", "has", "been", "sent", "today", "please", "wait", "for", "your", "card")


def answers(days: int, first: int, *, longer: float = 1.0, worse: float = 0.0, seed: int = 0) -> bytes:
    """A few hundred answers a day as JSON Lines."""
    random = np.random.default_rng([seed, first])
    lines = []
    for row in range(300 * days):
        moment = lemons.START + lemons.HOUR * (24 * first + 24 * days * row / (300 * days))
        prompt, response = (
            " ".join(random.choice(WORDS, max(1, int(random.gamma(5, scale))))) for scale in (2, 4 * longer)
        )
        lines.append(
            json.dumps(
                {
                    "request": f"r{first}-{row}",
                    "asked_at": moment.isoformat(),
                    "prompt": prompt,
                    "channel": str(random.choice(["mail", "chat"])),
                    "response": response,
                    "relevance": float(np.clip(random.beta(8, 2) - worse, 0, 1)),
                    "milliseconds": float(random.lognormal(6, 0.3)),
                }
            )
        )
    return "\n".join(lines).encode()


@pytest.fixture
def serving(steward: Deployment) -> Deployment:
    steward.upload("specs/answers.yaml", SPEC)
    steward.settle()
    steward.upload("inbox/answers/reference/first.jsonl", answers(10, 0))
    steward.settle()
    assert not steward.errors
    return steward


def test_reference_answers_are_adopted_as_the_first_version(serving: Deployment) -> None:
    (released,) = serving.told(ReleaseChanged)
    assert (released.stage, serving.champion("answers")) == ("champion", released.version)
    baseline = serving.object(f"models/answers/versions/{released.version}/baseline.json")
    assert {"response.length", "response.words", "relevance"} <= baseline["bins"]["outputs"].keys()
    assert {"prompt.length", "channel"} <= baseline["bins"]["features"].keys()


def test_longer_answers_of_less_relevance_are_told_of_by_name(serving: Deployment) -> None:
    for day in (10, 11):
        serving.upload(f"inbox/answers/predictions/{day}.jsonl", answers(1, day))
        serving.settle()
    assert not serving.told(AlertRaised)
    serving.upload("inbox/answers/predictions/12.jsonl", answers(1, 12, longer=1.6, worse=0.2))
    serving.settle()
    assert not serving.errors
    raised = {event.monitor: event for event in serving.told(AlertRaised)}
    assert "feature_drift" not in raised
    assert "`relevance` moved down by" in raised["score_drift"].summary
    check = serving.object(serving.told(CheckCompleted)[-1].stored.key)
    moved = {
        result["column"]
        for result in check["results"]
        if result["monitor"] == "score_drift" and result["status"] == "drift"
    }
    assert {"relevance", "response.length", "response.words"} <= moved
    assert "response.length" in raised["score_drift"].summary or "response.words" in raised["score_drift"].summary


def test_no_label_and_no_metric_of_one_is_asked_for(serving: Deployment) -> None:
    serving.upload("inbox/answers/predictions/10.jsonl", answers(1, 10))
    serving.settle()
    statuses = serving.told(CheckCompleted)[-1].statuses
    assert not {"label_leakage", "accuracy", "roc_auc", "log_loss"} & statuses.keys()
    assert statuses["validity"] == "ok"
    serving.upload("inbox/answers/labels/10.csv", "request,label\nr10-1,1\n")
    serving.settle()
    assert any("has no labels" in sent["Message"] for sent in serving.notifications)
