"""Rewrite what is generated in this folder's README, and draw its charts: `python -m tests.benchmarks.published`.

Everything between a pair of markers comes from what `make benchmark` and `make study` last left under `.local/`.
"""

import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.estimation import figures as estimation
from tests.benchmarks.experiments import figures as experiments
from tests.benchmarks.intervals import coverage
from tests.benchmarks.promotions import figures as promotions
from tests.benchmarks.run_costs import figures as run_costs
from tests.benchmarks.speed import summary as speed
from tests.benchmarks.study.edge_summary import EdgeSummary
from tests.benchmarks.study.summary import Summary, table

FOLDER = Path(__file__).parent
README = FOLDER / "README.md"


def speed_block() -> str:
    """Speeds and sizes."""
    promised = table(["what", "promised", "measured"], list(speed.promises()))
    head = [
        "standard drift call of",
        "version",
        "its call",
        "its peak memory",
        "Steward, file to decision",
        "promised",
        "faster",
    ]
    return "\n\n".join(
        (_where(), promised, table(head, list(speed.versus())), "![Seconds for a million rows](speed.png)")
    )


def estimation_block() -> str:
    """How near estimates of performance come to the truth."""
    head = ["world", "metric", "windows", "the holdout's own", "NannyML's CBPE", "Steward", "truth within 95 %"]
    return "\n\n".join((_where(), table(head, list(estimation.lines())), "![Errors of estimates](estimation.png)"))


def intervals_block() -> str:
    """How often 95 % intervals hold the truth."""
    return "\n\n".join((_where(), table(coverage.HEAD, list(coverage.lines()))))


def experiments_block() -> str:
    """How often experiments stop, with and without an effect, and with a broken split."""
    return "\n\n".join(
        (
            _where(),
            table(experiments.ARMS_HEAD, list(experiments.arms_lines())),
            "![Experiments stopped over time](experiments.png)",
            f"The sample ratio, with a look every 1,000 users. {experiments.PROMISED_RATIOS}",
            table(experiments.RATIOS_HEAD, list(experiments.ratios_lines())),
            "![Experiments stopped by the sample ratio](experiments_ratio.png)",
        )
    )


def promotions_block() -> str:
    """How often a year of retrainings promotes by luck, and how soon a better version."""
    return "\n\n".join(
        (_where(), table(promotions.HEAD, list(promotions.lines())), "![Years that promote by luck](promotions.png)")
    )


def run_costs_block() -> str:
    """What retraining policies cost on drifting streams, runs and metric together."""
    return "\n\n".join(
        (
            _where(),
            table(["asked of cost_aware", "measured"], list(run_costs.verdicts())),
            table(run_costs.SUMMARY_HEAD, list(run_costs.summary())),
            "Cost of cost_aware over the best in hindsight by what a run costs; in bold whatever costs no more:",
            table(run_costs.HEAD, list(run_costs.cells())),
            "![Total cost by stream and cost of a run](run_costs.png)",
        )
    )


def study_block(summary: Summary) -> str:
    """False alarms and changes found."""
    parts = [
        f"{_where()} {summary.dated}".strip(),
        "Share of windows called drifted though nothing changed (95 % interval), of how many:",
        summary.false_alarms(),
        "![False alarms by size](false_alarms.png)",
        "Share of windows with one change that are called drifted, and of unchanged ones of the same kind:",
        summary.power(),
        "![Changes found](power.png)",
        "<details><summary>False alarms by family of data</summary>",
        summary.by_family(),
        "</details>",
    ]
    return "\n\n".join(parts)


def edge_block(edge: EdgeSummary) -> str:
    """The same of the edge families."""
    parts = [
        _where(),
        "Steward's alarms in unchanged windows that large-sample tests misjudge; *unknown*: share of the columns:",
        edge.false_alarms(),
        "Changes that touch few rows, in one column of 25; without one the textbook's tests alarm as often as Steward:",
        edge.power(),
    ]
    return "\n\n".join(parts)


def write(readme: Path, blocks: dict[str, str]) -> None:
    """Put each block between its markers."""
    text = readme.read_text(encoding="utf-8")
    for name, block in blocks.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            sys.exit(f"{readme} has no place for {name}; put a line {begin} and a line {end} where it belongs.")
        text = pattern.sub(lambda _, whole=f"{begin}\n\n{block}\n\n{end}": whole, text)
    readme.write_text(text, encoding="utf-8")


def _where() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Made on {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} shared {platform.machine()} cores and "
        f"{memory:.0f} GiB, Python {platform.python_version()}."
    )


def main() -> None:
    """All of it; the names of parts as arguments, these alone."""
    wanted = sys.argv[1:] or ["speed", "estimation", "intervals", "experiments", "promotions", "study", "edge"]
    blocks = {}
    if "speed" in wanted:
        blocks["speed"] = speed_block()
        speed.draw_versus(FOLDER / "speed.png")
    if "estimation" in wanted:
        blocks["estimation"] = estimation_block()
        estimation.draw(FOLDER / "estimation.png")
    if "intervals" in wanted:
        blocks["intervals"] = intervals_block()
    if "experiments" in wanted:
        blocks["experiments"] = experiments_block()
        experiments.draw(FOLDER / "experiments.png")
        experiments.draw_ratios(FOLDER / "experiments_ratio.png")
    if "promotions" in wanted:
        blocks["promotions"] = promotions_block()
        promotions.draw(FOLDER / "promotions.png")
    if "run_costs" in wanted:
        blocks["run_costs"] = run_costs_block()
        run_costs.draw(FOLDER / "run_costs.png")
    if "study" in wanted:
        summary = Summary()
        different = summary.disagreements()
        if different:
            sys.exit(f"The tools drew different windows for {', '.join(different[:5])}; run those again.")
        blocks["study"] = study_block(summary)
        summary.draw_false_alarms(FOLDER / "false_alarms.png")
        summary.draw_power(FOLDER / "power.png")
    if "edge" in wanted:
        blocks["edge"] = edge_block(EdgeSummary())
    write(README, blocks)
    print("\n\n".join(blocks.values()))


if __name__ == "__main__":
    main()
