"""Notes what is asked of AWS, as IAM sees it, and by whom."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from steward.store.stored_objects import ABSENT, error_code

from .calls import requests
from .policies import Request

type Asked = dict[str, set[Request]]
"""The requests of each function or command."""


@contextmanager
def recorded(running: Callable[[], str], asked: Asked) -> Iterator[None]:
    """Note what is asked meanwhile.

    Args:
        running: says who asks; nobody whose requests count where it is empty.
        asked: is added to.
    """
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        absent = False
        try:
            return call(client, operation, parameters)
        except ClientError as error:
            absent = error_code(error) in ABSENT and "Key" in parameters
            raise
        finally:
            if running() and client.meta.service_model.service_name != "sts":  # STS verifies whoever asks
                asked.setdefault(running(), set()).update(requests(operation, parameters, absent=absent))

    with patch.object(BaseClient, "_make_api_call", noted):
        yield
