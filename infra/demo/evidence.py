"""The end of the demo: what an auditor gets, verified by the script in it, in an environment without Steward."""

import json
import shutil
import subprocess
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from infra.local.process import ROOT, TOOLS
from infra.local.stack import Stack
from steward.cli.audit_bundle import write_bundle
from steward.cli.deployment import Deployment

BARE = TOOLS / "emulator" / "bin" / "python"
"""An environment that has `cryptography`, and no Steward."""
_SHOWN = 4


def show_bundle(console: Console, stack: Stack, deployment: Deployment, folder: Path) -> None:
    """Have a checkpoint written, pack a bundle, and verify it."""
    began = time.monotonic()
    write_checkpoint(stack)
    bundle = pack(stack, deployment, folder)
    code, said = verify(bundle)
    entries = [line for line in said if " flight-delays " in line and line.startswith("holds")]
    console.print(f"\nAn audit bundle: {bundle.relative_to(ROOT)}; what its verify.py says, without Steward:")
    for line in entries[-_SHOWN:]:
        console.print(f"  {line[:110]}", style="dim")
    for line in said[said.index("") + 1 :] if "" in said else said[-_SHOWN:]:
        console.print(f"  {line}", style="green" if code == 0 else "red")
    console.print(f"  (made and verified in {time.monotonic() - began:.0f} s)")


def write_checkpoint(stack: Stack) -> None:
    """Do what the clock does once a day."""
    tick = {
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "detail": {},
        "time": f"{datetime.now(UTC):%FT%TZ}",
    }
    invoked = stack.client("lambda").invoke(
        FunctionName=stack.outputs["AuditModelsFunctionName"], Payload=json.dumps(tick)
    )
    if "FunctionError" in invoked:
        raise RuntimeError(f"audit_models failed: {invoked['Payload'].read()!r}")


def pack(stack: Stack, deployment: Deployment, folder: Path) -> Path:
    """Make a bundle of all models, and unpack it; the folder."""
    archive, bundle = folder / "evidence.zip", folder / "evidence"
    archive.unlink(missing_ok=True)
    shutil.rmtree(bundle, ignore_errors=True)
    write_bundle(deployment, stack.name, archive, model=None, since=None, made_at=datetime.now(UTC))
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(bundle)
    return bundle


def verify(bundle: Path, *options: str) -> tuple[int, list[str]]:
    """The exit code of the bundle's script, and its lines."""
    command = [str(BARE), "-I", str(bundle / "verify.py"), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.returncode, [*done.stdout.splitlines(), *done.stderr.splitlines()]
