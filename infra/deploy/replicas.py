"""Whether S3 can copy a stack's buckets to the replicas that it is given."""

from collections.abc import Mapping

from infra.deploy.buckets import BucketClosed, BucketFacts, look_up_bucket
from infra.deploy.preflight import DeploymentRefused

PARAMETERS = ("ReplicaDataBucketArn", "ReplicaLedgerBucketArn")


def objections(data: BucketFacts, ledger: BucketFacts) -> list[str]:
    """Why two buckets cannot be replicas, each with a remedy; empty when they can."""
    found = [
        f"{bucket.name} does not keep versions, which S3 asks of a replica: aws s3api put-bucket-versioning --bucket "
        f"{bucket.name} --versioning-configuration Status=Enabled"
        for bucket in (data, ledger)
        if not bucket.versions
    ]
    if data.name == ledger.name:
        found.append(f"{data.name} cannot be the replica of both: one bucket each")
    if not ledger.locks:
        found.append(
            f"{ledger.name} has no Object Lock, which S3 asks of the replica of a bucket that has: aws s3api "
            f"put-object-lock-configuration --bucket {ledger.name} "
            "--object-lock-configuration ObjectLockEnabled=Enabled"
        )
    return found


def check_replicas(parameters: Mapping[str, str], region: str) -> str:
    """Look at the replicas that are asked for; what to say of them, empty where there are none.

    Args:
        parameters: the template's that were given.
        region: where the stack goes.

    Raises:
        DeploymentRefused: S3 would copy nothing to them.
    """
    arns = [parameters.get(name, "") for name in PARAMETERS]
    if not any(arns):
        return ""
    if not all(arns):
        raise DeploymentRefused(f"give {' and '.join(PARAMETERS)}, or neither: one without the other restores nothing")
    if parameters.get("KmsKeyArn") and not parameters.get("ReplicaKmsKeyArn"):
        raise DeploymentRefused("with KmsKeyArn, give ReplicaKmsKeyArn: a key of the replicas' region for the copies")
    try:
        data, ledger = (look_up_bucket(arn.rpartition(":")[2]) for arn in arns)
    except BucketClosed as error:  # a replica lets the stack's roles in, once it has them, and not who deploys
        return f"Whether S3 can copy to the replicas, only their owner can see, if that is another account: {error}."
    found = objections(data, ledger)
    if found:
        raise DeploymentRefused("\n".join(["S3 could not copy to the replicas:", *(f"- {one}" for one in found)]))
    near = [bucket.name for bucket in (data, ledger) if bucket.region == region]
    lost = f" {' and '.join(near)} would be lost with the region {region}." if near else ""
    apart = f" in {data.region}" if data.region != ledger.region else ""
    return f"S3 copies to {data.name}{apart} and {ledger.name} in {ledger.region}.{lost}"
