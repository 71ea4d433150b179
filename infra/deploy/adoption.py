"""Whether a new stack can adopt the buckets of a removed one, and their import into it."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, WaiterError

from infra.deploy.buckets import BucketFacts, look_up_bucket, owning_stack
from infra.deploy.preflight import DeploymentRefused
from steward import aws
from steward.errors import DocumentTooNew, ObjectMissing
from steward.selfcheck.schema_versions import SchemaVersions
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.kinds import schema_versions

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef

TEMPLATE = Path(__file__).with_name("adopted.yaml")
_BLOCKED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_WAITS: "WaiterConfigTypeDef" = {"Delay": 5, "MaxAttempts": 120}


@dataclass(frozen=True, slots=True)
class Store:
    """The two buckets of one deployment, and what is noted in them.

    Attributes:
        used_by: the living stack that each bucket belongs to, by the bucket's name.
        environment: what the functions that wrote there were set to; None where nothing says so.
        key: ARN of the KMS key that what is stored is encrypted with; None for none of a customer's.
        newest: the highest schema version of each kind of document that may be there.
    """

    data: BucketFacts
    ledger: BucketFacts
    used_by: Mapping[str, str]
    environment: str | None
    key: str | None
    newest: Mapping[str, int]


def look_up_store(data: str, ledger: str) -> Store:
    """Look at the buckets, and at what is stored in them.

    Raises:
        DeploymentRefused: one is not there, or is not what it is given as.
    """
    found = {name: look_up_bucket(name) for name in (data, ledger)}
    owners = {name: owner for name in found if (owner := owning_stack(name))}
    store = Bucket(data)
    if not next(iter(store.list_prefixes(keys.models())), None):
        raise DeploymentRefused(
            f"the bucket {data!r} has no model under {keys.models()}: it is no data bucket to adopt"
        )
    if next(iter(Bucket(ledger).list_prefixes(keys.models())), None):
        raise DeploymentRefused(
            f"{ledger!r} is a data bucket: give the data bucket first, and the ledger bucket second"
        )
    try:
        written = store.load(keys.schema_versions(), SchemaVersions).store
    except ObjectMissing:
        written = {}
    except DocumentTooNew as error:
        raise DeploymentRefused(f"{data!r}: {error}") from error
    return Store(found[data], found[ledger], owners, *_written_by(store), written)


def _written_by(store: Bucket) -> tuple[str | None, str | None]:
    """The environment whose functions wrote a declaration, and the key that it is encrypted with."""
    for model in store.list_prefixes(keys.models()):
        for listed in store.list(keys.spec_revisions(model)):
            encrypted = aws.s3().head_object(Bucket=store.name, Key=listed.key).get("SSEKMSKeyId")
            return store.get(listed.key).environment, encrypted
    return None, None


def objections(store: Store, stack: str, region: str, parameters: Mapping[str, str]) -> list[str]:
    """Why a store cannot be adopted, each with a remedy; empty when it can.

    Args:
        store: as it was found.
        stack: that adopts it; it may have imported the buckets already.
        region: where the new stack goes.
        parameters: the template's that were given.
    """
    found = [
        objection for bucket in (store.data, store.ledger) for objection in _of_bucket(bucket, store, stack, region)
    ]
    if not store.ledger.locks:
        found.append(
            f"{store.ledger.name} has no Object Lock, so its entries could be changed: aws s3api "
            f"put-object-lock-configuration --bucket {store.ledger.name} "
            "--object-lock-configuration ObjectLockEnabled=Enabled"
        )
    mode = parameters.get("LedgerRetentionMode", "GOVERNANCE")
    if store.ledger.retention and store.ledger.retention[0] == "COMPLIANCE" != mode:
        found.append(f"{store.ledger.name} locks in mode COMPLIANCE: add LedgerRetentionMode=COMPLIANCE to PARAMETERS")
    environment = parameters.get("Environment", "production")
    if store.environment not in (None, environment):
        found.append(
            f"{store.data.name} was written in environment {store.environment!r}, whose records {environment!r} would "
            f"refuse: add Environment={store.environment} to PARAMETERS"
        )
    if store.key not in (None, parameters.get("KmsKeyArn")):
        found.append(
            f"{store.data.name} is encrypted with {store.key}, without which the new stack could read nothing: add "
            f"KmsKeyArn={store.key} to PARAMETERS"
        )
    newer = {kind: version for kind, version in store.newest.items() if version > schema_versions().get(kind, 0)}
    if newer:
        kinds = ", ".join(f"{kind} of schema version {version}" for kind, version in sorted(newer.items()))
        found.append(
            f"{store.data.name} may hold {kinds}, which this release cannot read: deploy the one that wrote it"
        )
    return found


def _of_bucket(bucket: BucketFacts, store: Store, stack: str, region: str) -> Iterator[str]:
    name = bucket.name
    if bucket.region != region:
        yield (f"{name} is in {bucket.region}, and the stack goes to {region}: set AWS_REGION")
    if store.used_by.get(name, stack) != stack:
        yield (f"{name} belongs to the stack {store.used_by[name]}: remove that first; its buckets stay")
    if not bucket.versions:
        yield (
            f"{name} does not keep versions: aws s3api put-bucket-versioning --bucket {name} "
            "--versioning-configuration Status=Enabled; what was overwritten is lost, and `steward audit` says what"
        )
    if not bucket.private:
        blocked = ",".join(f"{one}=true" for one in _BLOCKED)
        yield (
            f"{name} may be public, or others may own its objects: aws s3api put-public-access-block "
            f"--bucket {name} --public-access-block-configuration {blocked}; aws s3api "
            f"put-bucket-ownership-controls --bucket {name} "
            "--ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'"
        )


def describe_store(store: Store) -> str:
    """What is adopted, in a sentence."""
    mode, days = store.ledger.retention or ("none", 0)
    return (
        f"Adopting {store.data.name} and {store.ledger.name} in {store.data.region}: environment "
        f"{store.environment or 'production'}, ledger locked in mode {mode} for {days} days."
    )


def import_buckets(stack: str, data: str, ledger: str) -> None:
    """Make a stack that has the two buckets and nothing else; nothing where it has them already.

    Raises:
        DeploymentRefused: the stack exists without them, or CloudFormation does not import them.
    """
    if {owning_stack(data), owning_stack(ledger)} == {stack}:
        return
    client = aws.cloudformation()
    change_set = f"adopt-{uuid.uuid4().hex[:12]}"  # one that was refused keeps its name
    try:
        client.create_change_set(
            StackName=stack,
            ChangeSetName=change_set,
            ChangeSetType="IMPORT",
            TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
            ResourcesToImport=[
                {
                    "ResourceType": "AWS::S3::Bucket",
                    "LogicalResourceId": logical,
                    "ResourceIdentifier": {"BucketName": bucket},
                }
                for logical, bucket in (("DataBucket", data), ("LedgerBucket", ledger))
            ],
        )
        ready = client.get_waiter("change_set_create_complete")
        ready.wait(StackName=stack, ChangeSetName=change_set, WaiterConfig=_WAITS)
        client.execute_change_set(StackName=stack, ChangeSetName=change_set)
        client.get_waiter("stack_import_complete").wait(StackName=stack, WaiterConfig=_WAITS)
    except ClientError as error:
        told = error.response["Error"]["Message"]
        raise DeploymentRefused(f"the buckets were not imported into {stack!r}: {told}") from error
    except WaiterError as error:
        answer = error.last_response
        told = answer.get("StatusReason") or str(error)
        raise DeploymentRefused(f"the buckets were not imported into {stack!r}: {told}") from error


def refuse_unadoptable(store: Store, stack: str, region: str, parameters: Mapping[str, str]) -> None:
    """Raise with every objection, if there is one.

    Raises:
        DeploymentRefused: there is.
    """
    found = objections(store, stack, region, parameters)
    if found:
        raise DeploymentRefused("\n".join(["nothing was adopted:", *(f"- {one}" for one in found)]))
