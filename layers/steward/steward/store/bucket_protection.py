"""How a bucket's objects are protected: Object Lock, and replication."""

from botocore.exceptions import ClientError

from steward import aws

_NO_LOCK = "ObjectLockConfigurationNotFoundError"
_NO_REPLICA = "ReplicationConfigurationNotFoundError"


def has_object_lock(bucket: str) -> bool:
    """Whether a bucket has Object Lock, with a default retention or without."""
    return _lock(bucket) is not None


def retention(bucket: str) -> tuple[str, int] | None:
    """The mode and the days that new objects are locked for; None where they are not."""
    default = (_lock(bucket) or {}).get("Rule", {}).get("DefaultRetention")  # type: ignore[attr-defined]
    return (default["Mode"], default.get("Days", 0) + 365 * default.get("Years", 0)) if default else None


def _lock(bucket: str) -> dict[str, object] | None:
    try:
        return dict(aws.s3().get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"])
    except ClientError as error:
        if error.response["Error"]["Code"] != _NO_LOCK:
            raise
        return None


def replica_arn(bucket: str) -> str | None:
    """The bucket that S3 copies this one to; None where it copies nothing."""
    try:
        rules = aws.s3().get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != _NO_REPLICA:
            raise
        return None
    return next((rule["Destination"]["Bucket"] for rule in rules if rule["Status"] == "Enabled"), None)


def replication_status(bucket: str, key: str) -> str | None:
    """How far S3 is with copying the newest version of an object; None where it is not to be copied, or not there."""
    try:
        return aws.s3().head_object(Bucket=bucket, Key=key).get("ReplicationStatus")
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
            raise
        return None
