"""What subscribers hear: of a year of flights, of models that break, and by chance in many years."""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from steward.alerting.inhibition import monitors_to_notify
from steward.alerting.inputs import exceedance
from steward.alerting.model_alerts import ModelAlerts
from steward.events import ObjectRef
from steward.monitoring.check import Check
from steward.repositories.check_summaries import summarize_check
from steward.results import MetricResult
from steward.spec.windows import Window

from .bounds import print_bounds
from .promotions import print_promotions
from .tables import print_breaks, print_years
from .year import Judged, Year

NOWHERE = ObjectRef(key="nowhere", version_id="v", sha256="0" * 64)
WALL = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Heard:
    """One notification: when it came, of which window, and of what."""

    came: Window
    window: Window
    version: str
    changes: dict[str, str]
    audible: set[str]

    @property
    def raises(self) -> bool:
        """Whether it is an alert, and not an all clear with news of lesser alerts."""
        return any(self.changes[name] != "resolved" for name in self.audible)


@dataclass
class Week:
    """One week as it truly was.

    Attributes:
        degraded: whether the log loss is above the interval of the holdout's, 95 %.
        worse: default metrics whose figure is farther from the holdout's than the default tolerance.
        loss, bound: the log loss, and the upper end of that interval.
    """

    window: Window
    version: str
    degraded: bool
    worse: set[str]
    loss: float
    bound: float


@dataclass
class Episode:
    """Degraded weeks in a row, of one version."""

    weeks: list[Week] = field(default_factory=list)


def replay(year: Year) -> tuple[list[Week], list[Heard], int]:
    """The weeks, what was heard, and how many messages there would be were each change of each alert told by itself."""
    alerts, weeks, heard, every_change = ModelAlerts(model="flight-delays"), [], [], 0
    for number, judged in enumerate(year.checks()):
        cause, now = f"check {number}", WALL + timedelta(minutes=number)
        check = _check(year, judged)
        if not judged.labelled_rows:
            alerts = alerts.with_champion(judged.version)
        alerts = alerts.with_check(summarize_check(check, NOWHERE, year.spec, judged.came.end)).with_leases(
            year.spec, cause, "chain", now
        )
        while claims := alerts.leases_of(cause):
            news = {name: claim.announcement for name, claim in claims.items()}
            every_change += len(news)
            if speaking := monitors_to_notify(news, alerts, year.spec.alerting.notify_at):
                changes = {name: announced.change for name, announced in news.items()}
                heard.append(Heard(judged.came, judged.window, judged.version, changes, set(speaking)))
            alerts = alerts.with_sent(news, now).with_leases(year.spec, cause, "chain", now)
        if judged.labelled_rows:
            weeks.append(_week(judged))
    return weeks, heard, every_change


def episodes(weeks: list[Week]) -> Iterator[Episode]:
    """The real episodes of degradation."""
    present = Episode()
    for week in weeks:
        if present.weeks and (not week.degraded or week.version != present.weeks[-1].version):
            yield present
            present = Episode()
        if week.degraded:
            present.weeks.append(week)
    if present.weeks:
        yield present


def _check(year: Year, judged: Judged) -> Check:
    return Check(
        model=year.spec.model,
        version=judged.version,
        window=judged.window.id,
        as_of=judged.window.end,
        batches=["predictions"],
        label_batches=["labels"] if judged.labelled_rows else [],
        baseline=NOWHERE,
        outcomes=NOWHERE if judged.labelled_rows else None,
        spec=NOWHERE,
        rows=judged.rows,
        labelled_rows=judged.labelled_rows,
        results=judged.results,
    )


def _week(judged: Judged) -> Week:
    loss = _log_loss(judged.results)
    assert loss.value is not None
    assert judged.holdout_high is not None
    worse = {
        str(one.monitor)
        for one in judged.results
        if one.precision and one.segment is None and (exceedance(one) or 0.0) > 1
    }
    degraded = loss.value > judged.holdout_high
    return Week(judged.window, judged.version, degraded, worse, loss.value, judged.holdout_high)


def _log_loss(results: list[MetricResult]) -> MetricResult:
    return next(one for one in results if one.monitor == one.statistic == "log_loss" and one.segment is None)


def table(title: str, year: Year) -> str:
    """The figures of one year, as the page of benchmarks has them."""
    weeks, heard, every_change = replay(year)
    raised = [one for one in heard if one.raises]
    degraded = {(week.window, week.version) for week in weeks if week.degraded}
    worse = {(week.window, week.version): week.worse for week in weeks}
    ranking = [one for one in raised if (one.window, one.version) not in degraded]
    outside = [one for one in raised if not one.audible & worse.get((one.window, one.version), set())]
    found = list(episodes(weeks))
    of_each = [
        sum((one.window, one.version) in {(week.window, week.version) for week in episode.weeks} for one in raised)
        for episode in found
    ]
    lines = [
        f"| {title} | |",
        f"| weeks with labels | {len(weeks)} |",
        f"| degraded in log loss, in any default metric | {len(degraded)}, {sum(bool(week.worse) for week in weeks)} |",
        f"| episodes of degraded log loss | {len(found)} |",
        f"| alert notifications | {len(raised)} |",
        f"| the most in one episode (promised: 1) | {max(of_each, default=0)} |",
        f"| of a metric that is not degraded (promised: 0) | {len(outside)} |",
        f"| in weeks whose log loss is not degraded | {len(ranking)} |",
        f"| episodes that were told of | {sum(count > 0 for count in of_each)} of {len(found)} |",
        f"| all clear | {len(heard) - len(raised)} |",
        f"| changes of single alerts, which the bus and the ledger have | {every_change} |",
    ]
    for episode, count in zip(found, of_each, strict=True):
        worst = max(week.loss - week.bound for week in episode.weeks)
        first, last = episode.weeks[0].window.start, episode.weeks[-1].window.start
        print(f"  {first:%m-%d} to {last:%m-%d}: {len(episode.weeks)} weeks, {worst:.3f} above at worst: {count} told")
    for one in heard:
        when = f"in the week of {one.came.start:%m-%d} of {one.window.start:%m-%d}"
        print(f"  heard {when}: {one.changes} by {sorted(one.audible)}")
    return "\n".join(lines)


def flights() -> None:
    """Print the tables of the year of flights."""
    for title, every in (("never retrained", None), ("a new champion every 8 weeks", 8)):
        print(title)
        print(table(title, Year(retrain_every=every)))


def main() -> None:
    """Print the tables that are asked for."""
    asked = ArgumentParser(description=__doc__)
    asked.add_argument(
        "what", nargs="?", choices=("flights", "breaks", "bounds", "years", "promotions"), default="flights"
    )
    asked.add_argument("--count", type=int, default=300, help="runs of each cell, or years")
    given = asked.parse_args()
    match given.what:
        case "flights":
            flights()
        case "breaks":
            print_breaks(given.count)
        case "bounds":
            print_bounds()
        case "years":
            print_years(given.count)
        case "promotions":
            print_promotions(given.count)


if __name__ == "__main__":
    main()
