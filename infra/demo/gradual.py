"""After the year: three gradual releases of a second model, an experiment, a canary, and one that is made to fail.

The flights are those of June as they were, in days. Made up are the moments at which the airline asks for a new
version, that it hears of arrivals on the same day, and a fault of its application, which inverts the last challenger's
scores. No gate sees that: gates score the version, and not what an application makes of it.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.demo.airline import Airline, csv
from infra.demo.loop import DemoStuck, Loop
from infra.local.process import ROOT
from steward.events import RetrainingProposed
from steward.experiments.experiment_result import ExperimentResult
from steward.releasing.release import Release
from steward.reporting.experiment_picture import draw_experiment
from steward.repositories import models
from steward.spec.document import read_spec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.bus import Bus

DECLARATION = Path(__file__).with_name("june-flights.yaml")
WATCHED = "  roll_back_on: [log_loss]\n"
EXPERIMENT = f"release:\n  mode: ab\n{WATCHED}  ab: {{metric: log_loss, smallest_effect: 0.03, duration: 21d}}\n"
CANARY = f"release:\n  mode: canary\n{WATCHED}  canary: {{steps: [0.2, 0.5], bake: 1d, minimum_rows: 100}}\n"
FIRST_DAY = datetime(2013, 6, 10, tzinfo=UTC)
_AT_ONCE, _DAY = timedelta(days=2), timedelta(days=1)
_LAST_DAY = datetime(2013, 7, 15, tzinfo=UTC)
_MODES = {"ab": "A/B", "canary": "canary"}
_DONE = {
    "start": ("began", "cyan"),
    "advance": ("advanced", "cyan"),
    "promote": ("promoted", "bold green"),
    "stop": ("ended", "bold red"),
}


@dataclass(frozen=True, slots=True)
class Flown:
    """Some days of flights: when they began, and how many each arm answered."""

    start: datetime
    end: datetime
    rows: dict[str, int]


@dataclass
class GradualReleases:
    """The second model, from its first version to the version that was rolled back.

    Attributes:
        flown: what was played, in order.
    """

    loop: Loop
    data: Bucket
    bus: Bus
    flights: pd.DataFrame
    flown: list[Flown] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the application, and name each flight's entity: what flies every day under one number."""
        self.declaration = DECLARATION.read_text()
        self.spec = read_spec((self.declaration + EXPERIMENT).encode())
        self.airline = Airline(self.data, self.spec)
        number = self.flights["flight_id"].str.split("-").str[3:6].str.join("-")
        self.flights = self.flights.assign(**{str(self.spec.columns.entity): number})
        self.today = FIRST_DAY

    def begin(self) -> None:
        """Make a first version from January and February, and bring the labelled flights of spring."""
        self._declare(EXPERIMENT)
        for name, start, end in (("winter", "2013-01-01", "2013-03-01"), ("spring", "2013-04-01", "2013-06-10")):
            columns = self.spec.columns
            wanted = [columns.id, columns.time, columns.label, columns.entity, *self.spec.features]
            rows = self._between(pd.Timestamp(start, tz="UTC"), pd.Timestamp(end, tz="UTC"))[wanted]
            self._settle(self.loop.upload(keys.inbox(self.spec.model, "reference", f"{name}.csv.gz"), csv(rows)))

    def experiment(self) -> ExperimentResult:
        """A version that learnt from spring, against the one that knows the winter, until one is shown to be better."""
        self._retrain("the first version knows the winter alone")
        release = self._running()
        while self._is_running(release):
            self._play(_AT_ONCE)
        return self.data.load(keys.experiment(self.spec.model, release.release, 0), ExperimentResult)

    def canary(self) -> None:
        """A version retrained with the days since, by steps."""
        self._declare(CANARY)
        self._retrain("to learn from June too")
        release = self._running()
        while self._is_running(release):
            self._play(_DAY)

    def harmed_canary(self) -> None:
        """Another one, whose scores the application inverts on purpose."""
        self._retrain("to learn from the newest days")
        release = self._running()
        while self._is_running(release):
            self._play(_DAY, inverted=True)

    def _declare(self, release: str) -> None:
        declaration = (self.declaration + release).encode()
        self._settle(self.loop.upload(keys.spec_upload(self.spec.model), declaration))

    def _retrain(self, reason: str) -> None:
        proposed = RetrainingProposed(
            occurred_at=datetime.now(UTC),
            model=self.spec.model,
            as_of=self.today,
            correlation_id=f"demo-retraining-{self.today:%d}",
            reason=reason,
            author="the demo",
        )
        self.bus.publish(proposed)
        self._settle(proposed.correlation_id)

    def _play(self, span: timedelta, *, inverted: bool = False) -> None:
        """Score some days' flights as the routing says, and hear of their arrivals."""
        start, end = self.today, self.today + span
        if end > _LAST_DAY:
            raise DemoStuck(f"the release of {self._running().versions[0]} has not ended by {end:%d %B}")
        flown, routing = self._between(start, end), models.routing(self.data, self.spec.model)
        answers = [routing.arm_of(entity) for entity in flown[self.spec.columns.entity]]
        versions = pd.Series([answer.version for answer in answers], index=flown.index)
        scores = np.full(len(flown), np.nan)
        for version in versions.unique():
            own = (versions == version).to_numpy()
            of_version = self.airline.score(version, flown[own])
            fault = inverted and version != routing.champion
            scores[own] = 1 - of_version if fault else of_version
        _wait_for_next_second(self._running())
        predictions = self.airline.predictions(versions, flown, scores)
        uploads = [
            self._upload("predictions", start, predictions),
            self._upload("labels", start, self.airline.labels(flown)),
        ]
        self.today = end
        self.flown.append(
            Flown(start, end, {str(version): int(rows) for version, rows in versions.value_counts().items()})
        )
        self._settle(*uploads)

    def _between(self, start: datetime, end: datetime) -> pd.DataFrame:
        departures = self.flights[self.spec.columns.time]
        return self.flights[(departures >= start) & (departures < end)]

    def _upload(self, kind: str, start: datetime, body: bytes) -> str:
        return self.loop.upload(keys.inbox(self.spec.model, kind, f"{start:%Y-%m-%d}.csv.gz"), body)

    def _settle(self, *uploads: str) -> None:
        for _ in self.loop.settle(uploads):
            pass

    def _running(self) -> Release:
        release = models.routing(self.data, self.spec.model).release
        if release is None:
            raise DemoStuck(f"no release of {self.spec.model} is running; see `steward watch {self.spec.model}`")
        return release

    def _is_running(self, release: Release) -> bool:
        now = models.routing(self.data, self.spec.model).release
        return now is not None and now.release == release.release


def _wait_for_next_second(release: Release) -> None:
    """Let the second in which the shares changed pass: S3 says when a file came in whole seconds."""
    time.sleep(max(0.0, (release.step.routed_at + timedelta(seconds=1) - datetime.now(UTC)).total_seconds()))


def show_releases(console: Console, releases: GradualReleases, folder: Path) -> None:
    """Play the three releases, and show what became of them."""
    began = time.monotonic()
    with console.status("Three gradual releases of a second model: an experiment, a canary, and one that fails ..."):
        releases.begin()
        result = releases.experiment()
        releases.canary()
        releases.harmed_canary()
    console.print(
        f"\nThree gradual releases of a second model, {releases.spec.model}, on June's real flights, a day a window. "
        "Made up: when a version is asked for, and a fault of the application, which inverts the last version's scores."
    )
    console.print(releases_table(releases))
    comparison = result.comparison(result.plan.challengers[0])
    rows = ", ".join(f"{arm} {figures.rows:,}" for arm, figures in result.arms.items())
    console.print(f"The experiment: {result.reason}. Flights until then: {rows}; looks: {len(comparison.looks)}.")
    picture = folder / "experiment.svg"
    picture.write_text(draw_experiment(result))
    console.print(f"Its picture: {picture.relative_to(ROOT)} (all releases in {time.monotonic() - began:.0f} s)")


def releases_table(releases: GradualReleases) -> Table:
    """What became of each release, change by change, with the flights that its challenger answered between them."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("June", "release of", "", "flights answered", "why"):
        table.add_column(name, no_wrap=name != "why")
    for release in models.routing(releases.data, releases.spec.model).releases:
        since = release.changes[0].as_of
        for change in release.changes:
            days = [part for part in releases.flown if since <= part.start < change.as_of]
            answered = sum(part.rows.get(change.version, 0) for part in days)
            first, since = change.action == "start", change.as_of
            done, style = _DONE[change.action]
            rolled_back = change.action == "stop" and release.mode == "canary"
            table.add_row(
                f"{change.as_of:%d}",
                f"{change.version}\n{_MODES[release.mode]}" if first else "",
                Text("rolled back" if rolled_back else done, style=style),
                f"{answered:,} of {sum(sum(part.rows.values()) for part in days):,}" if days else "",
                change.why,
                end_section=release.ended and change is release.changes[-1],
            )
    return table
