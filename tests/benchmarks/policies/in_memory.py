"""Whether functions decide as a backtest does: `python -m tests.benchmarks.policies.in_memory`.

The flights' year on moto: every function's own handler, wired by the template's rules, works on AWS in memory, as in
integration tests, so that no container is needed. The airline of the demo scores each week with the champion; labels
come a week later. Prints the runs of both, and keeps them in `live.json`.
"""

import json
import resource
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from infra.demo.airline import Airline, csv
from infra.demo.flights import load_flights, reference, weeks
from steward.retraining.policy_decision import PolicyDecision
from steward.spec.document import read_spec
from steward.store import keys
from steward.store.bucket import Bucket
from tests.benchmarks.policies.__main__ import DECLARATION
from tests.benchmarks.policies.live import compare_runs, rehearsed_runs, runs_of
from tests.integration.deployment import Deployment, deployed

LEFT_OUT = ("render_reports", "audit_models", "attribute_features", "watch_deployment")
"""Functions that no decision waits for."""
KEPT = Path(__file__).parent / "live.json"


def play(steward: Deployment, weeks_at_most: int | None = None) -> Iterator[None]:
    """The year, week by week."""
    spec, flights = read_spec(DECLARATION.read_bytes()), load_flights()
    columns, data = spec.columns, Bucket(steward.data)
    airline = Airline(data, spec)
    for name in LEFT_OUT:
        steward.queues.pop(name)
    steward.upload(keys.spec_upload(spec.model), DECLARATION.read_bytes())
    steward.settle()
    first = reference(flights)[[columns.id, columns.time, str(columns.label), *spec.features]]
    steward.upload(keys.inbox(spec.model, "reference", "first.csv.gz"), csv(first))
    steward.settle()
    before: list[tuple[str, bytes]] = []
    for week, flown in list(weeks(flights))[:weeks_at_most]:
        version = airline.champion()
        scored = airline.predictions(version, flown, airline.score(version, flown))
        steward.upload(keys.inbox(spec.model, "predictions", f"{week:%Y-%m-%d}.csv.gz"), scored)
        steward.settle()
        for name, body in before:
            steward.upload(keys.inbox(spec.model, "labels", name), body)
            steward.settle()
        before = [(f"{week:%Y-%m-%d}.csv.gz", airline.labels(flown))]
        steward.clock.pass_by(timedelta(days=7))
        if steward.errors:
            raise RuntimeError(steward.errors)
        yield


def decisions_of(steward: Deployment) -> list[PolicyDecision]:
    """What the deployed policy decided."""
    data = Bucket(steward.data)
    model = read_spec(DECLARATION.read_bytes()).model
    return [data.load(item.key, PolicyDecision) for item in data.list(keys.decisions(model))]


def main() -> None:
    """Play the year, replay it, and compare."""
    with deployed() as steward:
        for number, _ in enumerate(play(steward), start=1):
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(f"week {number}: {used.ru_utime + used.ru_stime:.0f} processor seconds", flush=True)
        live = runs_of([one.model_dump(mode="json") for one in decisions_of(steward)])
    rehearsed = rehearsed_runs()
    KEPT.write_text(
        json.dumps({name: [[f"{when:%Y-%m-%d}", rules] for when, rules in found]
                    for name, found in (("live", live), ("backtest", rehearsed))}, indent=1) + "\n", encoding="utf-8",
    )  # fmt: skip
    compare_runs(live, rehearsed)


if __name__ == "__main__":
    main()
