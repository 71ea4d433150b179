"""Rehearse policies on the flights of the demo: `python -m tests.benchmarks.policies [PROCESSES]`.

Runs `steward backtest` on the year, with the declaration of the demo and the policy files of this folder, and prints
the means that the README of the benchmarks publishes. The chart becomes `tests/benchmarks/policies.svg`.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean

from infra.demo.flights import REFERENCE_END, load_flights
from steward.backtest.policy_comparison import BacktestReport, PolicyResult

FOLDER = Path(__file__).parent
DECLARATION = FOLDER.parents[2] / "infra" / "demo" / "flight-delays.yaml"
SUMMER = ("20130601", "20131001")


def run_backtest(processes: int) -> BacktestReport:
    """The report of the command."""
    with tempfile.TemporaryDirectory() as folder:
        flights = Path(folder) / "flights.csv"
        load_flights().to_csv(flights, index=False)
        policies = [option for path in sorted(FOLDER.glob("*.yaml")) for option in ("--policy", str(path))]
        ran = subprocess.run(
            [
                sys.executable, "-m", "steward.cli.app", "backtest", "--files", str(flights), "--spec",
                str(DECLARATION), "--reference-until", f"{REFERENCE_END:%Y-%m-%d}", *policies, "--processes",
                str(processes), "--chart", str(FOLDER.parent / "policies.svg"), "--json",
            ],
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
    return BacktestReport.model_validate_json(ran.stdout)


def summer_mean(line: PolicyResult) -> float:
    """The mean of the windows that begin in June to September."""
    return fmean(
        window.realised.value
        for window in line.windows
        if window.realised and SUMMER[0] <= window.window[:8] < SUMMER[1]
    )


def main() -> None:
    """Print one row a policy, and the time it took."""
    began = time.perf_counter()
    report = run_backtest(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    never = next(line for line in report.policies if line.policy == "never")
    print("| policy | runs | promoted | log loss, year | better than never | June to September | better than never |")
    print("| --- | ---: | ---: | ---: | --- | ---: | ---: |")
    for line in report.policies:
        year, summer = line.gain, summer_mean(never) - summer_mean(line)
        interval = f"{year.value:.4f} ({year.low:.4f} to {year.high:.4f})"
        promoted = line.promoted if line.kind == "policy" else "–"
        print(f"| {line.policy} | {line.runs} | {promoted} | {line.mean.value:.4f} | {interval} | "
              f"{summer_mean(line):.4f} | {summer:.4f} |")  # fmt: skip
    print(f"{wall:.0f} s, {used.ru_utime + used.ru_stime:.0f} processor seconds")


if __name__ == "__main__":
    main()
