"""`make demo`: the whole loop on real flights, in a local stack of its own."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the machine's processors are for the functions
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console

from infra.demo.chart import save_chart
from infra.demo.defect import show_defect
from infra.demo.display import Display
from infra.demo.evidence import show_bundle
from infra.demo.gradual import GradualReleases, show_releases
from infra.demo.loop import DemoStuck, Loop
from infra.demo.play import Play
from infra.demo.timeline import timeline_table
from infra.local.process import ROOT, LocalStackError
from infra.local.stack import Stack, down, up
from steward.cli import audit
from steward.cli.deployment import Deployment
from steward.cli.report import download
from steward.events import AuditCompleted, AuditRequested, TrainingDeclined
from steward.governance.audit import Audit
from steward.ledger import verify
from steward.spec.document import read_spec

FOLDER = ROOT / ".local" / "demo"
DECLARATION = Path(__file__).with_name("flight-delays.yaml")
_WIDTH = 120
TITLE = "Steward looks after flight-delays, March to December 2013"


def main() -> None:
    """Play the year and show what happened."""
    console = Console()
    if console.width < _WIDTH:
        console = Console(width=_WIDTH)
    began = time.monotonic()
    console.print("Starting a fresh local stack and deploying the real template into it ...")
    try:
        down(FOLDER / "stack")
        stack = up(FOLDER / "stack")
        console.print(f"Deployed after {time.monotonic() - began:.0f} s. Playing 2013 as it was lived.")
        os.environ.update(stack.environment)
        show(console, stack, *played(console, stack))
    except (LocalStackError, DemoStuck) as error:
        sys.exit(f"The demo cannot go on: {error}")
    console.print(f"\nThe demo took {time.monotonic() - began:.0f} s.")


def played(console: Console, stack: Stack) -> tuple[Play, Deployment]:
    """Live every week."""
    deployment = Deployment.of(stack.name)
    declaration = DECLARATION.read_bytes()
    play = Play(Loop(stack), deployment.data, read_spec(declaration))
    with Display(console, len(play.weeks)) as display:
        for event in play.begin(declaration):
            display.event(event)
        for number in range(len(play.weeks)):
            for event in play.live(number):
                display.event(event)
                display.week(play.rows[-1], number)
            display.week(play.rows[-1], number + 1)
        for event in play.end():
            display.event(event)
    return play, deployment


def show(console: Console, stack: Stack, play: Play, deployment: Deployment) -> None:
    """The timeline, the chart, the ledger, the audit, and what to try next."""
    model = play.spec.model
    console.print(timeline_table(play.rows, TITLE))
    declined = sum(isinstance(event, TrainingDeclined) for event in play.loop.events)
    console.print(
        f"The policy held back {declined} more requests for a run; "
        f"the SNS subscription received {len(play.loop.messages)} messages, such as:"
    )
    for subject in [subject for subject in play.loop.messages if "firing" in subject][:3]:
        console.print(f"  {subject}", style="yellow")
    png, page = save_chart(play.rows, FOLDER, TITLE)
    show_defect(console, play, deployment)
    show_releases(console, GradualReleases(play.loop, deployment.data, deployment.bus, play.flights), FOLDER)
    entries = verify(deployment.ledger.entries(model))
    console.print(
        f"Ledger: {len(entries):,} entries, each bound to the one before it; the last is {entries[-1].hash[:16]}..."
    )
    console.print(audit.table(audited(play, deployment)))
    report = reported(play, deployment)
    show_bundle(console, stack, deployment, FOLDER)
    console.print(f"\nChart: {png.relative_to(ROOT)} and {page.relative_to(ROOT)}")
    console.print(f"The report on {model}: {report.relative_to(ROOT)}")
    console.print("\nThe stack is still running. Try next:")
    console.print(f"  source {(stack.folder / 'env').relative_to(ROOT)}")
    console.print(f"  .venv/bin/steward status {model}         how the model stands, and every alert")
    console.print(f"  .venv/bin/steward watch {model}          every decision of the year, from the ledger")
    console.print(
        f"  .venv/bin/steward defects {model}        errors in the data, and the versions that learnt from them"
    )
    console.print(f"  .venv/bin/steward report {model}         the report as it is by then, to show and to keep")
    console.print(f"  .venv/bin/steward audit {model}          check every invariant again")
    console.print("  make demo-tamper                        change one stored byte, and see who names it")
    console.print(f"  .venv/bin/python infra/local down --folder {stack.folder.relative_to(ROOT)}", style="dim")


def audited(play: Play, deployment: Deployment) -> Audit:
    """Ask the deployed function for an audit."""
    now = datetime.now(UTC)
    request = AuditRequested(occurred_at=now, as_of=now, model=play.spec.model, correlation_id="demo-audit")
    deployment.bus.publish(request)
    for event in play.loop.settle([request.correlation_id]):
        if isinstance(event, AuditCompleted):
            return Audit.model_validate_json(deployment.data.get_verified(event.stored))
    raise DemoStuck("the audit was asked for and did not come")


def reported(play: Play, deployment: Deployment) -> Path:
    """Bring the report on the model, once it knows of all that happened."""
    for _ in play.loop.settle([], reports=True):
        pass
    return download(deployment.data, play.spec.model, FOLDER / "report")


if __name__ == "__main__":
    main()
