"""One tool in its own environment: takes scenarios and blocks from standard input, answers with a line of JSON each.

.local/peers/evidently/bin/python -m tests.benchmarks.study.worker evidently
"""

import importlib
import json
import sys
import time

from tests.benchmarks.study.detector import DETECTORS, Detector, WrongAdapterError
from tests.benchmarks.study.scenarios import SCENARIOS, Scenario


def detector_of(tool: str) -> Detector:
    """A fresh one."""
    module, name = DETECTORS[tool].split(":")
    detector: Detector = getattr(importlib.import_module(module), name)()
    return detector


def run_block(tool: str, scenario: Scenario, block: int, windows: int) -> dict[str, object]:
    """What a tool says of some windows against one reference.

    Returns:
        `alarms`: by reading and the window's number, what it cried alarm for; `errors`: windows that it could not
        judge, and why; `digest` of the first window, which must be every tool's.
    """
    began = time.monotonic()
    detector = detector_of(tool)
    detector.learn(scenario.reference(block), scenario.rows)
    alarms: dict[str, dict[int, list[str]]] = {}
    errors: dict[int, str] = {}
    for number in range(windows):
        try:
            found = detector.judge(scenario.window(block, number))
        except WrongAdapterError:
            raise
        except Exception as error:  # noqa: BLE001 - that a tool fails is a result too
            errors[number] = f"{type(error).__name__}: {error}"[:200]
            continue
        for reading, columns in found.items():
            cried = alarms.setdefault(reading, {})
            if columns:
                cried[number] = list(columns)
    return {
        "windows": windows,
        "alarms": alarms,
        "errors": errors,
        "digest": scenario.window(block, 0).digest,
        "seconds": round(time.monotonic() - began, 2),
        "version": detector.version,
    }


def run_edge_block(tool: str, name: str, block: int, windows: int) -> dict[str, object]:
    """What a tool says of some windows of an edge family against one reference.

    Returns:
        As `run_block`, and: `unknown_columns`, the share of columns, over all windows, of which nothing could be said;
        `unknown_joint`, how many windows left a joint statistic unknown; `smallest_p` of each window that has one.
    """
    from tests.benchmarks.study.edge_detectors import EDGE_DETECTORS  # noqa: PLC0415 - peers' environments lack these
    from tests.benchmarks.study.edge_draws import digest_of  # noqa: PLC0415
    from tests.benchmarks.study.edge_scenarios import EDGE_SCENARIOS  # noqa: PLC0415

    began = time.process_time()
    scenario = EDGE_SCENARIOS[name]
    detector = EDGE_DETECTORS[tool]()
    detector.learn(scenario, block)
    found = [detector.judge(scenario.window(block, number)) for number in range(windows)]
    return {
        "windows": windows,
        "alarms": {tool: {number: list(said.alarms) for number, said in enumerate(found) if said.alarms}},
        "errors": {},
        "unknown_columns": sum(said.unknown_columns for said in found) / windows,
        "unknown_joint": sum(said.unknown_joint for said in found),
        "smallest_p": [said.smallest_p for said in found if said.smallest_p is not None],
        "digest": digest_of(scenario.window(block, 0)),
        "seconds": round(time.process_time() - began, 2),
        "version": detector.version,
    }


def main() -> None:
    """Answer until the input ends. What libraries print goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    tool = sys.argv[1]
    for line in sys.stdin:
        task = json.loads(line)
        name, block, windows = task["scenario"], task["block"], task["windows"]
        known = SCENARIOS.get(name)
        result = run_block(tool, known, block, windows) if known else run_edge_block(tool, name, block, windows)
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
