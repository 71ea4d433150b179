"""After the year: a day of wrong readings is reported, its flights withdrawn, the versions that learnt of them named.

The year itself is as it was; this part alone is made up, since nobody knows which readings of 2013 were wrong.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
from rich.console import Console

from infra.demo.airline import csv
from infra.demo.loop import DemoStuck
from infra.demo.play import Play
from steward.cli.defects import describe
from steward.cli.deployment import Deployment
from steward.defects.defect import Defect
from steward.events import CheckCompleted, DataCorrected, DefectChanged, DefectProposed, Event
from steward.spec.windows import Window
from steward.store import keys

DAY = datetime(2013, 7, 10, tzinfo=UTC)


def show_defect(console: Console, play: Play, deployment: Deployment) -> None:
    """Report the day, withdraw its flights, and show what Steward knows of it."""
    opened = _answer(_report(play, deployment), DefectChanged)
    correction = list(_withdraw(play, opened.defect))
    corrected = _answer(iter(correction), DataCorrected)
    checks = {event.window for event in correction if isinstance(event, CheckCompleted)}
    console.print(
        f"\nA day of wrong readings (made up): {corrected.rows:,} flights of {DAY:%d %B} are withdrawn for defect "
        f"{opened.defect}; checks made again: {', '.join(sorted(checks))}, of {len(play.weeks)} weeks."
    )
    stored = deployment.data.get(keys.defect(play.spec.model, opened.defect))
    for line in describe(Defect.model_validate_json(stored.body)):
        console.print(f"  {line}")


def _report(play: Play, deployment: Deployment) -> Iterator[Event]:
    now = datetime.now(UTC)
    proposed = DefectProposed(
        occurred_at=now,
        model=play.spec.model,
        as_of=now,
        correlation_id="demo-defect",
        source="person",
        severity="warning",
        title=f"the weather station was being repaired on {DAY:%d %B}",
        windows=[Window.containing(DAY, play.spec.window.length).id],
        author="the demo",
    )
    deployment.bus.publish(proposed)
    return play.loop.settle([proposed.correlation_id])


def _withdraw(play: Play, defect: str) -> Iterator[Event]:
    columns = play.spec.columns
    flown = pd.concat([part for _, part in play.weeks])
    ids = flown.loc[flown[columns.time].dt.date == DAY.date(), [columns.id, columns.time]]
    key = keys.correction_upload(play.spec.model, defect, "predictions", "readings.csv.gz", withdraws=True)
    return play.loop.settle([play.loop.upload(key, csv(ids))])


def _answer[Told: Event](events: Iterator[Event], kind: type[Told]) -> Told:
    found = [event for event in events if isinstance(event, kind)]
    if not found:
        raise DemoStuck(f"no {kind.__name__} came")
    return found[0]
