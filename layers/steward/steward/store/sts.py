"""STS: who the caller is, and who signed a request."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.errors import NoDeployment, NotProven, StewardError

_CALL = "before-call.sts.GetCallerIdentity"
_BUSY = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled", "TooManyRequestsException"}


class NoCredentials(StewardError):
    """There is nothing to sign with."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature (AWS Signature Version 4), whose it is, and the token of temporary credentials."""

    access_key_id: str
    session_token: str | None
    signature: str


def caller_identity() -> str:
    """The ARN of whoever the AWS settings belong to.

    Raises:
        NoDeployment: AWS cannot be reached, or does not know them.
    """
    try:
        return aws.sts().get_caller_identity()["Arn"]
    except (ClientError, BotoCoreError) as error:
        raise NoDeployment(f"AWS does not say who you are ({error}): set AWS_PROFILE and AWS_REGION") from error


def region() -> str:
    """The region whose STS is asked."""
    return aws.sts_unsigned().meta.region_name


def sign(body: str, headers: Callable[[str | None], Mapping[str, str]]) -> Signature:
    """Sign a request to STS with whatever credentials are in use here, without sending it.

    Args:
        body: of the request.
        headers: all to be signed but the host, `X-Amz-Date` among them, for the session token of the credentials.

    Raises:
        NoCredentials: there are no credentials.
    """
    found = boto3.Session().get_credentials()
    credentials = found.get_frozen_credentials() if found else None
    if credentials is None or not credentials.access_key:
        raise NoCredentials("there are no AWS credentials to sign the command with: set AWS_PROFILE, or log in")
    signed = headers(credentials.token)
    request = AWSRequest(method="POST", url=f"{aws.sts_unsigned().meta.endpoint_url}/", data=body, headers=signed)
    request.context["timestamp"] = signed["X-Amz-Date"]
    signer = SigV4Auth(credentials, "sts", region())
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return Signature(credentials.access_key, credentials.token, signature)


def signer_identity(body: str, headers: Mapping[str, str]) -> str:
    """The ARN of who signed a `GetCallerIdentity` request. STS of this region is asked, and nobody else.

    Args:
        body: of the request, to the byte.
        headers: all of it but the host, with `Authorization`.

    Raises:
        NotProven: STS does not take it for a signature of this request, at this time.
        botocore.exceptions.BotoCoreError, ClientError: STS cannot be asked now; try again.
    """
    try:
        with _with_signature(body, headers):
            return aws.sts_unsigned().get_caller_identity().get("Arn", "")
    except ClientError as error:
        if _is_transient(error):
            raise
        answer = error.response["Error"]
        raise NotProven(
            f"AWS does not confirm the signature ({answer['Code']}): {answer.get('Message', '')}"
        ) from error


@contextmanager
def _with_signature(body: str, headers: Mapping[str, str]) -> Iterator[None]:
    """Have the next request say what was signed, to the byte, whatever botocore would have written."""

    def put(params: dict[str, Any], **_: object) -> None:
        params["body"] = body
        params["headers"].update(headers)

    events = aws.sts_unsigned().meta.events
    events.register(_CALL, put)
    try:
        yield
    finally:
        events.unregister(_CALL, put)


def _is_transient(error: ClientError) -> bool:
    """Whether the answer is a trouble of STS's, and says nothing of the signature."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", HTTPStatus.INTERNAL_SERVER_ERROR)
    return error.response["Error"]["Code"] in _BUSY or not (
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    )
