"""What is known of a bucket that a stack adopts, or that S3 copies one to."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.preflight import DeploymentRefused
from steward import aws
from steward.store import bucket_protection
from steward.store.access import describe_failure

_US_EAST_1 = "us-east-1"
_UNSET = {"NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError"}
_GONE = {"404", "NoSuchBucket"}
_CLOSED = {"403", "AccessDenied"}


class BucketClosed(DeploymentRefused):
    """Whoever asks may not look at a bucket."""


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """One bucket, as far as an adoption or a replication depends on it.

    Attributes:
        versions: whether it keeps every version of an object.
        locks: whether it has Object Lock.
        retention: the mode and days that new objects are locked for; None where they are not.
        private: whether public access is blocked, and the bucket's owner owns every object.
        replica: ARN of the bucket that S3 copies it to; None where it copies nothing.
    """

    name: str
    region: str
    versions: bool
    locks: bool
    retention: tuple[str, int] | None
    private: bool
    replica: str | None = None


def look_up_bucket(name: str) -> BucketFacts:
    """Ask S3 for what is known of a bucket.

    Raises:
        DeploymentRefused: there is none of this name.
        BucketClosed: whoever asks may not look at it, as at most buckets of another account.
    """
    client = aws.s3()
    try:
        region: str | None = client.get_bucket_location(Bucket=name)["LocationConstraint"]
        return BucketFacts(
            name=name,
            region=region or _US_EAST_1,
            versions=client.get_bucket_versioning(Bucket=name).get("Status") == "Enabled",
            locks=bucket_protection.has_object_lock(name),
            retention=bucket_protection.retention(name),
            private=_is_private(name),
            replica=bucket_protection.replica_arn(name),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise DeploymentRefused(f"there is no bucket {name!r}: `aws s3 ls` lists those there are") from error
        kind = BucketClosed if error.response["Error"]["Code"] in _CLOSED else DeploymentRefused
        raise kind(f"the bucket {name!r} cannot be looked at: {describe_failure(error)}") from error


def stop_copying(bucket: BucketFacts) -> bool:
    """Remove the replication that a removed stack left behind; whether there was any.

    CloudFormation would leave it there: neither the import nor the template without replicas names it.
    """
    if bucket.replica is None:
        return False
    aws.s3().delete_bucket_replication(Bucket=bucket.name)
    return True


def owning_stack(bucket: str) -> str | None:
    """The living stack that a bucket belongs to; None where there is none."""
    try:
        found = aws.cloudformation().describe_stack_resources(PhysicalResourceId=bucket)["StackResources"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    living = [one["StackName"] for one in found if not one["ResourceStatus"].startswith("DELETE")]
    return living[0] if living else None


def _is_private(name: str) -> bool:
    try:
        blocked: Any = aws.s3().get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        owned = aws.s3().get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNSET:
            raise
        return False
    return all(blocked.values()) and owned[0]["ObjectOwnership"] == "BucketOwnerEnforced"
