"""A function is invoked and waited for: while it is throttled it is asked again; every other end says what it was."""

import io
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from steward import aws
from steward.store import functions
from steward.store.functions import NoAnswer, NotInvoked, invoke_now

ANSWER = {"Payload": io.BytesIO(b"{}")}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "it says why"}}, "Invoke")


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Mock:
    client = Mock()
    monkeypatch.setattr(aws, "functions_within", lambda seconds: client)
    monkeypatch.setattr(functions, "_PAUSE", 0)
    return client.invoke


def test_a_throttled_function_is_asked_again(invoke: Mock) -> None:
    invoke.side_effect = [refused("TooManyRequestsException"), refused("TooManyRequestsException"), ANSWER]
    invoke_now("arn", {"model": "lemons"}, seconds=60)
    assert [call.kwargs for call in invoke.call_args_list] == 3 * [
        {"FunctionName": "arn", "Payload": b'{"model": "lemons"}'}
    ]


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        (refused("TooManyRequestsException"), NoAnswer, "arn is throttled for 0 s"),
        (ReadTimeoutError(endpoint_url="https://lambda"), NoAnswer, "arn did not end within 0 s"),
        (refused("AccessDeniedException"), NotInvoked, "arn cannot be invoked: it says why"),
        (
            [{"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorType": "KeyError"}')}],
            NotInvoked,
            'arn failed: {"errorType": "KeyError"}; `steward doctor` shows what may be wrong',
        ),
    ],
)
def test_a_function_that_does_not_do_it_says_how_it_ended(invoke: Mock, answers, error, said) -> None:
    invoke.side_effect = answers
    with pytest.raises(error) as raised:
        invoke_now("arn", {}, seconds=0)
    assert str(raised.value) == said
