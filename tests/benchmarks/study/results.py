"""What is known already: a file for each tool and scenario, a block at a time, so that the study can stop and go on."""

import ast
import hashlib
import inspect
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.environments import PEERS, ROOT
from tests.benchmarks.study import edge_detectors, edge_families, families
from tests.benchmarks.study.detector import DETECTORS
from tests.benchmarks.study.edge_scenarios import EDGE_CHANGES, EDGE_SEED, EdgeScenario
from tests.benchmarks.study.scenarios import CHANGES, SEED, Scenario

FOLDER = ROOT / ".local" / "study"


@dataclass(slots=True)
class Results:
    """One tool's answers to one scenario.

    Attributes:
        tool: who answered.
        scenario: what was asked.
        fingerprint: of everything that the answers depend on; others are thrown away.
        blocks: what the worker said of each block.
    """

    tool: str
    scenario: Scenario | EdgeScenario
    fingerprint: str
    blocks: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, tool: str, scenario: Scenario | EdgeScenario) -> "Results":
        """What is stored and still holds."""
        results = cls(tool, scenario, fingerprint(tool, scenario))
        path = results.path
        if path.exists():
            stored = json.loads(path.read_text())
            if stored["fingerprint"] == results.fingerprint:
                results.blocks = {int(block): answer for block, answer in stored["blocks"].items()}
        return results

    @property
    def path(self) -> Path:
        """Where they are kept."""
        return FOLDER / self.tool / f"{self.scenario.name}.json"

    def save(self) -> None:
        """Keep them, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "tool": self.tool,
            "scenario": self.scenario.name,
            "fingerprint": self.fingerprint,
            "blocks": {str(block): self.blocks[block] for block in sorted(self.blocks)},
        }
        draft = self.path.with_suffix(".part")
        draft.write_text(json.dumps(document))
        draft.replace(self.path)

    @property
    def readings(self) -> list[str]:
        """The ways to read the tool's answers."""
        return sorted({reading for answer in self.blocks.values() for reading in answer["alarms"]})

    def judged(self) -> int:
        """Windows that the tool had an answer to."""
        return sum(answer["windows"] - len(answer["errors"]) for answer in self.blocks.values())

    def alarms(self, reading: str) -> int:
        """Windows it cried alarm for."""
        return sum(len(answer["alarms"].get(reading, {})) for answer in self.blocks.values())

    def errors(self) -> int:
        """Windows that it failed on."""
        return sum(len(answer["errors"]) for answer in self.blocks.values())

    def unknown_columns(self) -> float:
        """Mean share of a window's columns of which nothing could be said; edge families only."""
        windows = sum(answer["windows"] for answer in self.blocks.values())
        return sum(answer["unknown_columns"] * answer["windows"] for answer in self.blocks.values()) / max(1, windows)

    def smallest_p_values(self) -> list[float]:
        """Of each window, of a tool that has no threshold of its own; edge families only."""
        return [p_value for answer in self.blocks.values() for p_value in answer["smallest_p"]]

    def seconds(self) -> float:
        """Spent so far."""
        return float(sum(answer["seconds"] for answer in self.blocks.values()))


@cache
def fingerprint(tool: str, scenario: Scenario | EdgeScenario) -> str:
    """Of the data's making, the tool's version and adapter, and for Steward of the library itself."""
    if isinstance(scenario, EdgeScenario):
        return _fingerprint_of_edge(tool, scenario)
    parts = [repr(scenario), str(SEED), _code(Path(families.__file__))]
    if scenario.change:
        parts.append(inspect.getsource(CHANGES[scenario.change]))
    module = DETECTORS[tool].split(":")[0]
    parts.append(_code(ROOT / f"{module.replace('.', '/')}.py"))
    parts.append(_library() if tool == "steward" else PEERS[tool].version)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _fingerprint_of_edge(tool: str, scenario: EdgeScenario) -> str:
    parts = [repr((scenario.family, scenario.rows, scenario.change)), str(EDGE_SEED)]
    parts += [_code(Path(str(module.__file__))) for module in (edge_families, edge_detectors)]
    if scenario.change:
        parts.append(inspect.getsource(EDGE_CHANGES[scenario.change][1]))
    parts.append(_library() if tool == "steward" else edge_detectors.EDGE_DETECTORS[tool].version)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _library() -> str:
    """Everything that a decision may depend on."""
    import steward  # noqa: PLC0415 - the installed one, which need not be this folder's

    package = Path(inspect.getfile(steward)).parent
    files = sorted(path for name in ("drift", "profiles") for path in (package / name).rglob("*.py"))
    return "\n".join(_code(path) for path in (*files, package / "spec" / "monitors.py"))


def _code(path: Path) -> str:
    """What a module does, whatever its comments and its layout."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
