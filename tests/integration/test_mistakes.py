"""What people do wrong at the first use is answered with what, where and remedy: shortly, by the right exit code."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import boto3
import pytest

from steward import aws
from steward.store.cloudformation import stack_outputs

from .deployment import Deployment, deployed
from .mistakes import ALL, SPEC, Mistake, rows, text
from .terminal import Ran, reached, run

LINES = 6


@pytest.fixture(scope="module")
def tiny() -> Iterator[Deployment]:
    """`tiny`, trained elsewhere, with a champion; its functions work while the command waits."""
    with deployed() as deployment:
        deployment.upload("specs/tiny.yaml", SPEC)
        deployment.settle()
        deployment.upload("inbox/tiny/reference/reference.csv", text(rows(1, 600, day=0, labelled=True)))
        deployment.settle()
        assert deployment.champion("tiny")
        assert not deployment.errors, deployment.errors
        with reached(deployment, working=True), patch.dict(os.environ, {"COLUMNS": "120"}):
            yield deployment


def give(line: str) -> Ran:
    words = shlex.split(line)
    return run(*words, *(["--patience", "1"] if words[0] == "push" and len(words) > 1 else []))


@pytest.mark.parametrize("mistake", ALL, ids=[mistake.what for mistake in ALL])
def test_a_mistake_is_answered(
    mistake: Mistake, tiny: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in mistake.files.items():
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    for line in mistake.before:
        assert give(line).code == 0
    ran = give(mistake.arguments)
    assert ran.code == mistake.code, ran.text
    for word in mistake.words:
        assert word in ran.text, (word, ran.text)
    assert len(ran.stdout.splitlines()) + len(ran.stderr.splitlines()) <= LINES, ran.stdout + ran.stderr
    assert not any(word in ran.text for word in ("Traceback", *mistake.never)), ran.text
    assert not tiny.errors, tiny.errors


@pytest.mark.parametrize(
    ("arguments", "setting", "words"),
    [
        (
            "status --stack other",
            ("AWS_DEFAULT_REGION", "us-east-1"),
            "no stack 'other' is deployed in region us-east-1",
        ),
        ("status", ("AWS_PROFILE", "nowhere"), "(nowhere) could not be found: `aws configure list-profiles`"),
        ("doctor", ("AWS_DEFAULT_REGION", None), "no AWS region is set"),
    ],
)
def test_settings_that_lead_to_no_deployment_are_answered(
    arguments: str, setting: tuple[str, str | None], words: str, tiny: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Number 74 of the review; `tests/unit/store/test_access.py` has the others of its kind."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr("steward.cli.deployment.stack_outputs", stack_outputs)
    name, value = setting
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    for client in (aws.cloudformation, aws.sts):
        client.cache_clear()
    ran = give(arguments)
    for client in (aws.cloudformation, aws.sts):
        client.cache_clear()
    assert (ran.code, ran.stdout) == (2, "")
    assert words in ran.text
    assert "`make up` and `source .local/stack/env`" in ran.text
    assert len(ran.stderr.splitlines()) <= LINES


def test_the_table_has_every_mistake_of_the_review_and_thirty_of_our_own() -> None:
    numbers = {int("".join(filter(str.isdigit, mistake.what.split()[0]))) for mistake in ALL if mistake.what[0] != "a"}
    assert numbers | {74} == set(range(1, 79))
    assert sum(mistake.what[0] == "a" for mistake in ALL) >= 30
