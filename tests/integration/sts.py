"""STS as strict as AWS's: it answers nobody whose signature (AWS Signature Version 4) is not of the request that came.

Written after AWS's own description of the signing process, with nothing of botocore's or Steward's own, so that it
can judge them.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from steward import aws

from .deployment import Clock

SKEW = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/sts/aws4_request, "
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)

_NAMESPACE = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
_REFUSAL = (
    f"<ErrorResponse {_NAMESPACE}><Error><Type>Sender</Type><Code>{{code}}</Code>"
    "<Message>The signature is not confirmed.</Message></Error></ErrorResponse>"
)
_IDENTITY = (
    f"<GetCallerIdentityResponse {_NAMESPACE}><GetCallerIdentityResult><Arn>{{arn}}</Arn><UserId>AIDA</UserId>"
    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Refused(Exception):
    """The signature is not confirmed; the first argument is AWS's code for why."""


@dataclass(frozen=True)
class Person:
    """Someone with an access key, and with a session token if the key is temporary."""

    key: str
    secret: str
    arn: str
    token: str | None = None


def confirm(people: list[Person], headers: Mapping[str, str], body: str, now: datetime) -> str:
    """The ARN of who signed a POST to `/` with these headers, the host among them.

    Raises:
        Refused: nobody known did, or not now.
    """
    told = {name.lower(): value for name, value in headers.items()}
    claimed = _AUTHORIZATION.fullmatch(told.get("authorization", ""))
    if claimed is None:
        raise Refused("IncompleteSignature")
    person = next((known for known in people if known.key == claimed["key"]), None)
    if person is None or person.token != told.get("x-amz-security-token"):
        raise Refused("InvalidClientTokenId")
    names = claimed["names"].split(";")
    must = {"host"} | {name for name in told if name.startswith("x-amz-") and name != "x-amz-user-agent"}
    if not must <= set(names) or not set(names) <= set(told):
        raise Refused("SignatureDoesNotMatch")
    canonical = "\n".join(
        ["POST", "/", "", *(f"{name}:{told[name].strip()}" for name in names), "", ";".join(names), _sha256(body)]
    )
    scope = f"{claimed['day']}/{claimed['region']}/sts/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", told["x-amz-date"], scope, _sha256(canonical)])
    key = f"AWS4{person.secret}".encode()
    for part in (claimed["day"], claimed["region"], "sts", "aws4_request", to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    if key.hex() != claimed["signature"]:
        raise Refused("SignatureDoesNotMatch")
    signed_at = datetime.strptime(told["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if abs(now - signed_at) > SKEW or told["x-amz-date"][:8] != claimed["day"]:
        raise Refused("SignatureDoesNotMatch")
    return person.arn


@contextmanager
def strict(people: list[Person], clock: Clock) -> Iterator[list[AWSPreparedRequest]]:
    """Answer what goes to STS meanwhile, at the time of a deployment's clock; yields the requests that it gets."""
    requests: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        requests.append(request)
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        try:
            arn = confirm(people, {**headers, "Host": urlsplit(request.url).netloc}, body, clock.now)
        except Refused as error:
            return _response(request.url, HTTPStatus.FORBIDDEN, _REFUSAL.format(code=error))
        return _response(request.url, HTTPStatus.OK, _IDENTITY.format(arn=arn))

    events = aws.sts_unsigned().meta.events
    events.register_first("before-send.sts.GetCallerIdentity", answer)
    try:
        yield requests
    finally:
        events.unregister("before-send.sts.GetCallerIdentity", answer)


def _response(url: str, status: HTTPStatus, document: str) -> AWSResponse:
    raw: Any = BytesIO(document.encode())
    raw.stream = lambda **_: iter([raw.getvalue()])
    return AWSResponse(url, status, {"Content-Type": "text/xml"}, raw)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
