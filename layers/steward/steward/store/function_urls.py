"""Requests to a function URL, signed as its caller."""

import os
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from steward import aws

_SECONDS = 60
"""As long as a function that starts may take."""


class UrlAnswer(NamedTuple):
    """What a function URL answers."""

    status: int
    headers: dict[str, str]
    body: bytes


class FunctionUrl:
    """Sends requests to one URL, over connections that it keeps.

    Args:
        url: as the stack's output names it.
        credentials: of botocore; those of the AWS settings when None.
    """

    def __init__(self, url: str, credentials: Any = None) -> None:
        self._url = url.rstrip("/")
        self._credentials = credentials
        verify: Any = os.environ.get("AWS_CA_BUNDLE") or True
        self._session = URLLib3Session(verify=verify, timeout=_SECONDS)

    def post(self, path: str, body: bytes) -> UrlAnswer:
        """Send JSON.

        Raises:
            botocore.exceptions.BotoCoreError: there are no credentials, or nobody answers.
        """
        client = aws.functions()
        credentials = self._credentials or aws.credentials()
        if credentials is None:
            raise NoCredentialsError
        url = f"{self._url}{path}"
        request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
        SigV4Auth(credentials, "lambda", client.meta.region_name).add_auth(request)
        if os.environ.get("AWS_ENDPOINT_URL"):  # an emulator, which knows the function by its host
            request.headers["Host"] = urlsplit(url).netloc
            request.url = f"{client.meta.endpoint_url.rstrip('/')}{urlsplit(url).path}"
        answer = self._session.send(request.prepare())
        return UrlAnswer(answer.status_code, dict(answer.headers), answer.content)
