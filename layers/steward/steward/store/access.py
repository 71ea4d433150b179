"""Explains why AWS refuses access to a deployment, with a remedy."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    TokenRetrievalError,
)

from steward import aws
from steward.errors import NoDeployment

_REMEDY = "set AWS_PROFILE and AWS_REGION for AWS; for the local stack run `make up` and `source .local/stack/env`"
_NO_KEY = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, TokenRetrievalError)
_KEY_REFUSED = {
    "AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidClientTokenId",
    "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip
NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


def describe_failure(error: ClientError | BotoCoreError) -> str:
    """Why AWS did not do what a command asked of a deployment that it had found, and what to do about it."""
    if isinstance(error, ClientError):
        code, answer = error.response["Error"]["Code"], error.response["Error"]["Message"].rstrip(".")
        if code in NOT_ALLOWED:
            return f"you may not do this: {error.operation_name}: {answer}; use a role that may, with AWS_PROFILE"
        if code not in _KEY_REFUSED:
            return f"AWS refuses {error.operation_name} ({code}: {answer}); `steward doctor` looks for what is wrong"
        return _describe_refusal("", error)
    return _describe_silence("what the command needs", error)


def no_deployment(stack: str, error: ClientError | BotoCoreError | ValueError) -> NoDeployment:
    """The error that says why a stack cannot be read: keys, region, network, rights, or that it is not there.

    Args:
        stack: its name.
        error: what AWS, or the way to it, answered; a ValueError where an address cannot be one.
    """
    return NoDeployment(
        _describe_refusal(stack, error)
        if isinstance(error, ClientError)
        else _describe_silence(f"stack {stack!r}", error)
    )


def _describe_silence(subject: str, error: BotoCoreError | ValueError) -> str:
    """Why AWS could not be asked."""
    answer = str(error).rstrip(".")
    match error:
        case ProfileNotFound():
            return f"{answer}: `aws configure list-profiles` lists those there are; {_REMEDY}"
        case NoRegionError():
            return f"no AWS region is set, so {subject} cannot be looked for: {_REMEDY}"
        case SSLError():
            return (
                f"the certificate of AWS's endpoint is not trusted ({answer}): set AWS_CA_BUNDLE to the certificate "
                "authority; `source .local/stack/env` does it for the local stack"
            )
        case HTTPClientError() | ConnectionError():
            return f"AWS cannot be reached ({answer}): is the local stack up, or the network down? {_REMEDY}"
    if isinstance(error, _NO_KEY):
        return f"there are no AWS credentials that work ({answer}): {_REMEDY}"
    return f"{subject} cannot be read ({answer}): {_REMEDY}"


def _describe_refusal(stack: str, error: ClientError) -> str:
    """Why AWS does not answer with the stack."""
    code, answer = error.response["Error"]["Code"], error.response["Error"]["Message"].rstrip(".")
    if code in _KEY_REFUSED:
        return f"AWS does not accept your credentials{_name_key()} ({code}: {answer}): log in again, or {_REMEDY}"
    if code in NOT_ALLOWED:
        return f"you may not read stack {stack!r} ({answer}): use a role that may, with AWS_PROFILE"
    if code == "ValidationError":
        return f"no stack {stack!r} is deployed in {_name_place()}: --stack or STEWARD_STACK names another; {_REMEDY}"
    return f"stack {stack!r} cannot be read in {_name_place()} ({code}: {answer}): {_REMEDY}"


def _name_key() -> str:
    """The access key that was used, which is no secret."""
    key = aws.access_key()
    return f", key {key}," if key else ""


def _name_place() -> str:
    """The region, the account and, where it is not AWS's own, the endpoint that were asked."""
    client = aws.cloudformation()
    endpoint = client.meta.endpoint_url
    at = "" if ".amazonaws.com" in endpoint else f" at {endpoint}"
    try:
        account = f" of account {aws.sts().get_caller_identity()['Account']}"
    except (ClientError, BotoCoreError):
        account = ""
    return f"region {client.meta.region_name}{account}{at}"
