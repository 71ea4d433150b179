"""Proof of a command's author: a signed STS request that the verifier rebuilds.

The pattern is that of the AWS login of HashiCorp Vault (`X-Vault-AWS-IAM-Server-ID`) and of aws-iam-authenticator
(`x-k8s-aws-id`): who gives a command signs a `GetCallerIdentity` request with headers that bind it to this command and
this deployment, and the verifier has AWS answer it. Both were once led the other way by requests that others had formed
(CVE-2020-16250, CVE-2022-2385), so here no request travels: a proof is a signature and what must go with it, and
everything that was signed, from host to body, is what the verifier itself takes it to be.
"""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, StringConstraints

from steward.documents import InputHidingModel

BODY = "Action=GetCallerIdentity&Version=2011-06-15"
COMMAND_HEADER = "X-Steward-Command"
DEPLOYMENT_HEADER = "X-Steward-Deployment"

_CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
_ALGORITHM = "AWS4-HMAC-SHA256"


class Proof(InputHidingModel):
    """A signature of the request (AWS Signature Version 4), and what of the request the verifier cannot know.

    Attributes:
        access_key_id: whose secret it was signed with.
        session_token: goes with temporary credentials; worth nothing without their secret.
        signature: 64 hexadecimal digits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_]{1,128}$")]
    session_token: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,8192}$")] | None = None
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def stamp(signed_at: datetime) -> str:
    """A moment as Signature Version 4 writes it."""
    return f"{signed_at:%Y%m%dT%H%M%SZ}"


def signed_headers(digest: str, deployment: str, signed_at: datetime, session_token: str | None) -> dict[str, str]:
    """The headers that are signed, beside the host that the client adds.

    Args:
        digest: of the command.
        deployment: which deployment is to carry it out: the name of its data bucket, which no other has.
        signed_at: in UTC.
        session_token: that of the credentials.
    """
    token = {"X-Amz-Security-Token": session_token} if session_token else {}
    return {
        "Content-Type": _CONTENT_TYPE,
        "X-Amz-Date": stamp(signed_at),
        **token,
        COMMAND_HEADER: digest,
        DEPLOYMENT_HEADER: deployment,
    }


def request_headers(digest: str, deployment: str, signed_at: datetime, proof: Proof, region: str) -> dict[str, str]:
    """The headers of the request that a proof must be the signature of, with that signature."""
    headers = signed_headers(digest, deployment, signed_at, proof.session_token)
    names = ";".join(sorted(name.lower() for name in ("Host", *headers)))
    scope = f"{signed_at:%Y%m%d}/{region}/sts/aws4_request"
    credential = f"Credential={proof.access_key_id}/{scope}"
    authorization = f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={proof.signature}"
    return {**headers, "Authorization": authorization}
