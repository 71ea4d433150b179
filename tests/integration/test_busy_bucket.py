"""S3 may answer a conditional write with 409: ask again, it does not say that the object exists."""

from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from pydantic import BaseModel

from steward import aws
from steward.errors import Conflict
from steward.store.bucket import Bucket

from .deployment import Deployment


class Tally(BaseModel):
    """A state."""

    count: int = 0


def counted(present: Tally | None) -> Tally:
    return Tally(count=(present or Tally()).count + 1)


def answering(code: str, times: int) -> Any:
    """S3, saying so many times that it is busy."""
    put, said = aws.s3().put_object, []

    def busy(**wanted: Any) -> Any:
        if len(said) < times:
            said.append(code)
            raise ClientError({"Error": {"Code": code, "Message": "try again"}}, "PutObject")
        return put(**wanted)

    return patch.object(aws.s3(), "put_object", busy)


def test_a_create_that_found_s3_busy_is_asked_again(steward: Deployment) -> None:
    with answering("ConditionalRequestConflict", 2):
        stored = Bucket(steward.data).create_if_absent("runs/a.json", b"a")
    assert Bucket(steward.data).get_verified(stored) == b"a"


def test_a_create_never_replaces_what_came_while_s3_was_busy(steward: Deployment) -> None:
    Bucket(steward.data).put("runs/a.json", b"first")
    with answering("ConditionalRequestConflict", 1), pytest.raises(Conflict):
        Bucket(steward.data).create("runs/a.json", b"second")


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "PreconditionFailed", "NoSuchKey"])
def test_a_state_is_changed_once_though_others_were_first(steward: Deployment, code: str) -> None:
    bucket = Bucket(steward.data)
    bucket.update("runs/tally.json", Tally, counted)
    with answering(code, 2):
        assert bucket.update("runs/tally.json", Tally, counted) == Tally(count=2)
