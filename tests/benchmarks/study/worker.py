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


def main() -> None:
    """Answer until the input ends. What libraries print goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    tool = sys.argv[1]
    for line in sys.stdin:
        task = json.loads(line)
        result = run_block(tool, SCENARIOS[task["scenario"]], task["block"], task["windows"])
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
