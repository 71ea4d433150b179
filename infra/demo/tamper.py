"""`make demo-tamper`: one byte of the demo's ledger is changed, and everybody who can see it says where.

The policy of the bucket refuses that to everybody. So this intruder removes it first, as who owns an account can.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console

from infra.demo.evidence import pack, verify, write_checkpoint
from infra.demo.loop import Loop
from infra.local.process import ROOT
from infra.local.stack import Stack, status
from steward.cli import audit
from steward.cli.deployment import Deployment
from steward.events import AuditCompleted, AuditRequested
from steward.governance.audit import Audit

FOLDER = ROOT / ".local" / "demo"
MODEL = "flight-delays"
PLACE = 12


def main() -> None:
    """Tamper, and show who names it."""
    console = Console()
    stack = status(FOLDER / "stack")
    if stack is None:
        sys.exit("The demo's stack is not running: run `make demo` first.")
    began = time.monotonic()
    os.environ.update(stack.environment)
    deployment = Deployment.of(stack.name)
    loop = Loop(stack)
    write_checkpoint(stack)
    key, before, after = change_byte(stack)
    console.print(f"Changed one byte of s3://{deployment.ledger.bucket.name}/{key}: {before!r} is {after!r} now.")
    _, said = verify(pack(stack, deployment, FOLDER), "--quiet")
    console.print("\nverify.py of a bundle says:")
    for line in said:
        console.print(f"  {line[:160]}", style="red" if "BROKEN" in line else "")
    now = datetime.now(UTC)
    request = AuditRequested(
        occurred_at=now, as_of=now, model=MODEL, whole=True, correlation_id=f"demo-tamper-{time.time_ns()}"
    )
    deployment.bus.publish(request)
    found = [event for event in loop.settle([request.correlation_id]) if isinstance(event, AuditCompleted)]
    report = deployment.data.load(found[-1].stored, Audit)
    console.print(audit.table(report))
    console.print("Subscribers got: " + "; ".join(loop.messages), style="yellow")
    console.print(f"\nIt took {time.monotonic() - began:.0f} s. `make demo` begins anew.")


def change_byte(stack: Stack) -> tuple[str, str, str]:
    """Change one letter of an entry where it is stored; the key, and the letter before and after."""
    s3, bucket = stack.client("s3"), stack.outputs["LedgerBucketName"]
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    key = f"{MODEL}/{PLACE:010d}.json"
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    summary = json.loads(body)["summary"]
    at = body.index(json.dumps(summary, ensure_ascii=False).encode()) + 1
    other = b"X" if body[at : at + 1] != b"X" else b"Y"
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=key, Body=body[:at] + other + body[at + 1 :])
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    return key, body[at : at + 1].decode(), other.decode()


if __name__ == "__main__":
    main()
