"""Gains of the rehearsed policies against what was asked for: `python -m tests.benchmarks.policies.goals [never]`.

Draws `tests/benchmarks/policies_goals.svg` from the log losses in `goals.json` (the year, and June to September), which
are those of the tables in the benchmarks' README. With `never`, it measures the first versions that are not retrained.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from statistics import fmean

from infra.demo.flights import REFERENCE_END, load_flights
from steward.backtest.candidates import realise_candidate
from steward.backtest.records import ReplayRecords
from steward.spec.document import read_spec
from tests.benchmarks.drawing import COLOURS, INK, MUTED, axes_of
from tests.benchmarks.policies.__main__ import DECLARATION, SUMMER

FOLDER = Path(__file__).parent
WHEN = ("the year", "June to September")


def measure_never() -> dict[str, list[float]]:
    """The mean log loss of the first version, as declared and fitted on its holdout too, over year and summer."""
    spec, flights = read_spec(DECLARATION.read_bytes()), load_flights()
    rows = flights.assign(arrived_late=flights["arrived_late"].astype(str))
    records = ReplayRecords(rows, REFERENCE_END.to_pydatetime(), timedelta(days=7))
    summer = [at for at, (window, _) in enumerate(records.windows(spec)) if SUMMER[0] <= window.id[:8] < SUMMER[1]]
    found = {}
    for name, refit in (("as declared", False), ("refitted", True)):
        retraining = spec.retraining.model_copy(update={"refit": refit})
        realised = realise_candidate(spec.model_copy(update={"retraining": retraining}), records, -1) or {}
        losses = {at: one.value for at, one in realised.items()}
        found[name] = [round(fmean(losses.values()), 4), round(fmean(losses[at] for at in summer), 4)]
    return found


def draw() -> None:
    """Draw each policy's gain over the first version that it is fair to compare it with, and over the declared one."""
    known = json.loads((FOLDER / "goals.json").read_text(encoding="utf-8"))
    figure, axes = axes_of(
        "No policy that was tried gains 0.03 in summer over a first version that is refitted too",
        f"log loss below the version that is never retrained; asked for: {known['asked'][1]} from June to September",
        height=4.2, grid="x",
    )  # fmt: skip
    names = list(known["policies"])
    for at, name in enumerate(reversed(names)):
        _, summer, fair = known["policies"][name]
        declared, like = known["never"]["as declared"][1] - summer, known["never"][fair][1] - summer
        axes.plot([like, declared], [at, at], color=MUTED, linewidth=1)
        axes.plot(declared, at, "o", color=MUTED, markersize=7)
        axes.plot(like, at, "o", color=COLOURS["Steward"], markersize=8)
    axes.axvline(known["asked"][1], color=INK, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.set_xlabel(
        "blue: over a first version made the same way; grey: over the demo's own first version", color=MUTED
    )
    figure.savefig(FOLDER.parent / "policies_goals.svg", metadata={"Date": None})


if __name__ == "__main__":
    if sys.argv[1:] == ["never"]:
        print(json.dumps(measure_never()))
    else:
        draw()
