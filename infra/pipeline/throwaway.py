"""Remove a stack of the end-to-end tests, with the buckets that the template keeps.

`python infra/pipeline/throwaway.py STACK` does so for names that begin with `steward-e2e-` only: nobody is to lose a
ledger by a slip of the finger.
"""

import argparse
import sys
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

PREFIX = "steward-e2e-"
BUCKETS = ("AccessLogBucket", "DataBucket", "LedgerBucket")


def remove(stack: str) -> None:
    """Delete the stack, then everything in its buckets and the buckets. Nothing happens if it was never made.

    Args:
        stack: its name, which begins with `steward-e2e-`.

    Raises:
        SystemExit: it is called something else.
    """
    if not stack.startswith(PREFIX):
        sys.exit(f"{stack} is not a stack of the end-to-end tests: their names begin with {PREFIX}")
    cloudformation = boto3.client("cloudformation")
    try:
        pages = list(cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        print(f"there is no stack {stack}")
        return
    buckets = [
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["LogicalResourceId"] in BUCKETS and resource["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)
    for bucket in buckets:
        empty(bucket)


def empty(bucket: str) -> None:
    """Delete every version of every object, those under retention too, and the bucket."""
    s3 = boto3.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        named: list[ObjectIdentifierTypeDef] = [
            {"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions
        ]
        if named:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True}, BypassGovernanceRetention=True)
    s3.delete_bucket(Bucket=bucket)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack")
    remove(parser.parse_args().stack)
