"""The one place that makes AWS clients."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from steward.errors import NoDeployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.credentials import Credentials
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": int(os.environ.get("STEWARD_ATTEMPTS", "5"))},
    connect_timeout=5,
    read_timeout=int(os.environ.get("STEWARD_READ_TIMEOUT", "60")),  # the template's is below the functions' own
    tcp_keepalive=True,
    max_pool_connections=32,  # an audit's readers read side by side, each eight objects at a time
    user_agent_extra="steward",
    s3={"addressing_style": "auto"},
)

_profile = SimpleNamespace(region=None)
"""The region of the profile that `profile` speaks as."""


def _region() -> str | None:
    """That of the profile that was named, or AWS_REGION, which botocore does not read; None leaves it to botocore."""
    return _profile.region or os.environ.get("AWS_REGION") or None


_making = Lock()

if TYPE_CHECKING:
    _client = boto3.client  # which knows the type of each client
else:

    def _client(*service: str, **settings: Any) -> Any:
        """Make a client; one at a time, as boto3's session must not be used by several threads at once."""
        with _making:
            return boto3.client(*service, **settings)


@cache
def s3() -> S3Client:
    """The client for S3; one a process."""
    return _client("s3", region_name=_region(), config=_CONFIG)


def s3_for_applications() -> S3Client:
    """A client of its own for an application that logs predictions: it gives up soon, and tries again itself."""
    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
    return _client("s3", region_name=_region(), config=_CONFIG.merge(config))


@cache
def events() -> EventBridgeClient:
    """The client for EventBridge; one a process."""
    return _client("events", region_name=_region(), config=_CONFIG)


@cache
def firehose() -> FirehoseClient:
    """The client for Firehose, which gives up soon: whoever sends records has another way; one a process."""
    soon = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    return _client("firehose", region_name=_region(), config=_CONFIG.merge(soon))


@cache
def sns() -> SNSClient:
    """The client for SNS; one a process."""
    return _client("sns", region_name=_region(), config=_CONFIG)


@cache
def sqs() -> SQSClient:
    """The client for SQS; one a process."""
    return _client("sqs", region_name=_region(), config=_CONFIG)


@cache
def cloudformation() -> CloudFormationClient:
    """The client for CloudFormation, which knows a deployment's outputs; one a process."""
    return _client("cloudformation", region_name=_region(), config=_CONFIG)


@cache
def cloudwatch() -> CloudWatchClient:
    """The client for CloudWatch; one a process."""
    return _client("cloudwatch", region_name=_region(), config=_CONFIG)


@cache
def logs() -> CloudWatchLogsClient:
    """The client for CloudWatch Logs; one a process."""
    return _client("logs", region_name=_region(), config=_CONFIG)


@cache
def functions() -> LambdaClient:
    """The client for Lambda; one a process."""
    return _client("lambda", region_name=_region(), config=_CONFIG)


def functions_within(seconds: float) -> LambdaClient:
    """A client for Lambda that asks once, and waits so long for the answer."""
    patient = Config(read_timeout=seconds, retries={"total_max_attempts": 1})
    return _client("lambda", region_name=_region(), config=_CONFIG.merge(patient))


@cache
def iam() -> IAMClient:
    """The client for IAM; one a process."""
    return _client("iam", region_name=_region(), config=_CONFIG)


@cache
def kms() -> KMSClient:
    """The client for KMS, which signs; one a process."""
    return _client("kms", region_name=_region(), config=_CONFIG)


@cache
def scheduler() -> EventBridgeSchedulerClient:
    """The client for EventBridge Scheduler; one a process."""
    return _client("scheduler", region_name=_region(), config=_CONFIG)


@cache
def secrets() -> SecretsManagerClient:
    """The client for Secrets Manager; one a process."""
    return _client("secretsmanager", region_name=_region(), config=_CONFIG)


@cache
def ssm() -> SSMClient:
    """The client for Systems Manager, which keeps parameters; one a process."""
    return _client("ssm", region_name=_region(), config=_CONFIG)


@cache
def sts_unsigned() -> STSClient:
    """The client for STS that signs nothing: it carries signatures that others made; one a process.

    Plain regional endpoints, whatever a profile prefers, so that who signs and who verifies mean the same host.
    """
    plain = Config(signature_version=UNSIGNED, use_fips_endpoint=False, use_dualstack_endpoint=False)
    return _client("sts", region_name=_region(), config=_CONFIG.merge(plain))


@cache
def sts() -> STSClient:
    """The client for STS, which knows who asks; one a process."""
    return _client("sts", region_name=_region(), config=_CONFIG)


def credentials() -> Credentials | None:
    """What requests are signed with; None where there is nothing."""
    return boto3.Session().get_credentials()


def access_key() -> str:
    """The id of the key that requests are signed with; empty without credentials."""
    found = credentials()
    return found.access_key or "" if found else ""


@contextmanager
def profile(name: str | None) -> Iterator[None]:
    """Speak with the credentials and the region of a profile of the AWS configuration meanwhile.

    Args:
        name: of the profile; None changes nothing.

    Raises:
        NoDeployment: the configuration has no such profile.
    """
    if name is None:
        yield
        return
    try:
        _begin(name)
    except ProfileNotFound as error:
        raise NoDeployment(f"the AWS configuration has no profile {name!r}; `aws configure list-profiles`") from error
    try:
        yield
    finally:
        _begin(None)


def _begin(name: str | None) -> None:
    """Let go of every client, and make those after it in a session of this profile, in its region where it has one."""
    _profile.region = botocore.session.Session(profile=name).get_scoped_config().get("region") if name else None
    boto3.setup_default_session(profile_name=name, region_name=_profile.region)
    for client in (
        s3,
        events,
        sns,
        sqs,
        cloudformation,
        cloudwatch,
        firehose,
        functions,
        iam,
        kms,
        logs,
        scheduler,
        secrets,
        ssm,
        sts,
        sts_unsigned,
    ):
        client.cache_clear()
