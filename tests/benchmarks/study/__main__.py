"""`make study`: run what is not known yet, in the cheapest order, and show all.

    STUDY_PROCESSES=2 python -m tests.benchmarks.study --tools steward --rows 500 5000 --blocks 2
    python -m tests.benchmarks.study --families poisson-0.02 claims-of-2-percent-tenfold --rows 100 5000

It can be stopped at any time: finished blocks are kept under `.local/study/`, and the next run goes on from there.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.peers.environments import PEERS, ROOT, environment
from tests.benchmarks.study.detector import DETECTORS
from tests.benchmarks.study.edge_detectors import CLASSICAL
from tests.benchmarks.study.edge_scenarios import (
    EDGE_SCENARIOS,
    EDGE_SIZES,
    POWER_ROWS,
    EdgeScenario,
    edge_blocks,
    edge_windows_a_block,
)
from tests.benchmarks.study.edge_summary import EdgeSummary
from tests.benchmarks.study.flights import write_flights
from tests.benchmarks.study.results import Results
from tests.benchmarks.study.scenarios import SCENARIOS, SIZES, Scenario, blocks, windows_a_block

_SECONDS_A_WINDOW = {
    "steward": (0.03, 1.2e-6),
    "evidently": (0.9, 6e-6),
    "nannyml": (0.05, 4e-6),
    "alibi-detect": (0.35, 4e-6),
    CLASSICAL: (0.01, 6e-6),
}
"""For a window and for each row of it: a first guess of the time left, until there is something to go by."""

_SECONDS_TO_LEARN = 3.0
_MOST_BLOCKS = 100


@dataclass(frozen=True, slots=True)
class Task:
    """One block of one scenario for one tool."""

    tool: str
    scenario: Scenario | EdgeScenario
    block: int

    @property
    def windows(self) -> int:
        """How many are judged in it."""
        if isinstance(self.scenario, EdgeScenario):
            return edge_windows_a_block(self.scenario)
        return windows_a_block(self.tool, self.scenario)


@dataclass
class Study:
    """Everything that is wanted, what is known of it, and how long the rest will take."""

    tasks: deque[Task]
    results: dict[tuple[str, str], Results]
    began: float = field(default_factory=time.monotonic)
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, tools: list[str], scenarios: list[Scenario | EdgeScenario], most_blocks: int) -> "Study":
        """What is missing, tool by tool, and of each the first block of every scenario before the second of any."""
        results = {
            (tool, scenario.name): Results.load(tool, scenario)
            for tool in tools
            for scenario in scenarios
            if _blocks(tool, scenario)
        }
        wanted = (
            Task(tool, scenario, block)
            for tool in tools
            for block in range(most_blocks or _MOST_BLOCKS)
            for scenario in scenarios
            if block < _blocks(tool, scenario)
        )
        missing = [
            task
            for task in wanted
            if results[task.tool, task.scenario.name].blocks.get(task.block, {}).get("windows") != task.windows
        ]
        return cls(deque(missing), results)

    def expected(self, task: Task) -> float:
        """Seconds that a task will take, judged by others of the same tool and size."""
        known = [
            answer["seconds"] / answer["windows"]
            for (tool, _), results in self.results.items()
            if tool == task.tool and results.scenario.rows == task.scenario.rows
            for answer in results.blocks.values()
        ]
        if known:
            return task.windows * sum(known) / len(known)
        once, a_row = _SECONDS_A_WINDOW[task.tool]
        return _SECONDS_TO_LEARN + task.windows * (once + a_row * task.scenario.rows)

    def run(self, processes: int) -> None:
        """Work through the tasks, each process with a worker of its own."""
        threads = [threading.Thread(target=self._work) for _ in range(processes)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            with self.lock:
                self.tasks.clear()
                for worker in self.workers:
                    worker.terminate()
            sys.exit("Stopped; what was finished is kept, and the next run goes on from there.")
        if self.failures:
            sys.exit("\n".join(self.failures))

    def _work(self) -> None:
        worker: subprocess.Popen[str] | None = None
        tool = None
        while True:
            with self.lock:
                if not self.tasks or self.failures:
                    break
                task = self.tasks.popleft()
                if worker is None or tool != task.tool:
                    _end(worker)
                    worker, tool = _worker(task.tool), task.tool
                    self.workers.append(worker)
            answer = _asked(worker, task)
            with self.lock:
                if answer is None:
                    self.failures.append(f"The worker of {task.tool} ended on {task.scenario.name}; see above why.")
                    break
                self._keep(task, answer)
        _end(worker)

    def _keep(self, task: Task, answer: dict[str, object]) -> None:
        results = self.results[task.tool, task.scenario.name]
        results.blocks[task.block] = answer
        results.save()
        self.done += 1
        left = sum(self.expected(other) for other in self.tasks) / max(1, threading.active_count() - 1)
        found = ", ".join(f"{reading}: {results.alarms(reading)}" for reading in results.readings)
        print(
            f"[{self.done:,} of {self.done + len(self.tasks):,}] {task.tool} {task.scenario.name} block {task.block}: "
            f"alarms so far in {results.judged():,} windows: {found}"
            + (f"; {results.errors()} errors" if results.errors() else "")
            + f" | {answer['seconds']} s | about {_spoken(left)} left",
            flush=True,
        )


def _blocks(tool: str, scenario: Scenario | EdgeScenario) -> int:
    """How many references a tool has to learn; 0 where it is not asked."""
    if not isinstance(scenario, EdgeScenario):
        return blocks(tool, scenario) if tool in DETECTORS else 0
    compared = scenario.family == "mixed" and scenario.rows == POWER_ROWS
    return edge_blocks(scenario) if tool == "steward" or (tool == CLASSICAL and compared) else 0


def _worker(tool: str) -> subprocess.Popen[str]:
    python = str(PEERS[tool].interpreter) if tool in PEERS else sys.executable
    variables = environment()
    if tool not in PEERS:
        variables["PYTHONPATH"] = os.pathsep.join(path for path in (os.environ.get("PYTHONPATH"), str(ROOT)) if path)
    if not Path(python).exists():
        sys.exit(f"{tool} has no environment yet: run `make peers`.")
    return subprocess.Popen(
        [python, "-m", "tests.benchmarks.study.worker", tool],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables, cwd=ROOT,
    )  # fmt: skip


def _asked(worker: subprocess.Popen[str], task: Task) -> dict[str, object] | None:
    """The worker's answer; None where it died over the question."""
    question = {"scenario": task.scenario.name, "block": task.block, "windows": task.windows}
    try:
        print(json.dumps(question), file=worker.stdin, flush=True)
        line = worker.stdout.readline() if worker.stdout else ""
    except BrokenPipeError:
        return None
    answer: dict[str, object] | None = json.loads(line) if line else None
    return answer


def _end(worker: subprocess.Popen[str] | None) -> None:
    if worker is not None and worker.stdin:
        worker.stdin.close()
        worker.wait()


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def main() -> None:
    """Read what is wanted, run what is missing, and print the tables."""
    everything: list[Scenario | EdgeScenario] = [*SCENARIOS.values(), *EDGE_SCENARIOS.values()]
    named = list(dict.fromkeys(scenario.change or scenario.family for scenario in everything))
    sizes = sorted({*SIZES, *EDGE_SIZES})
    parser = argparse.ArgumentParser(prog="make study", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tools", nargs="+", choices=[*DETECTORS, CLASSICAL], default=[*DETECTORS, CLASSICAL])
    parser.add_argument("--rows", nargs="+", type=int, choices=sizes, default=sizes, help="sizes of windows")
    parser.add_argument(
        "--families", nargs="+", choices=named, default=named, metavar="NAME", help=", ".join(named).replace("%", "%%")
    )
    parser.add_argument("--edge", action="store_true", help="only the families and changes that no peer is asked about")
    parser.add_argument("--blocks", type=int, help="at most so many references of each scenario")
    parser.add_argument("--only", choices=("null", "power"), help="unchanged windows alone, or changed ones")
    wanted = parser.parse_args()
    scenarios = [
        scenario
        for scenario in everything
        if scenario.rows in wanted.rows
        and (scenario.change or scenario.family) in wanted.families
        and wanted.only != ("null" if scenario.change else "power")
        and (isinstance(scenario, EdgeScenario) or not wanted.edge)
    ]
    if any(not isinstance(scenario, EdgeScenario) for scenario in scenarios):
        write_flights()
    study = Study.of(wanted.tools, scenarios, wanted.blocks)
    study.run(int(os.environ.get("STUDY_PROCESSES", "1")))
    print(EdgeSummary([scenario for scenario in scenarios if isinstance(scenario, EdgeScenario)]).tables())


if __name__ == "__main__":
    main()
