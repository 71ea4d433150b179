"""The evaluation of a version: the evidence on which it is released or refused."""

from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, ConfigDict

from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef
from steward.results import count_of

_CONVINCING = frozenset({"better_than_champion", "not_worse_than_champion", "adopted"})
"""The gates whose grounds say why a version is released; the others only keep it from harm."""


class GateFinding(TolerantModel):
    """One of several things that a gate looked at.

    Attributes:
        name: of the golden row, expectation, segment, measure or budget.
        value: what was measured; None where nothing could be.
        low, high: its interval, where it has one.
        limit: what it may be at most; at least, of a ratio.
        rows: how many it was measured on.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    name: str
    passed: bool
    message: str
    value: float | None = None
    limit: float | None = None
    rows: int = 1
    low: float | None = None
    high: float | None = None


class GateResult(TolerantModel):
    """What one gate said.

    Attributes:
        findings: of a gate that looks at several things, each of them.
        value, low, high: the gain it measured and its confidence bounds, where it measures one.
        required: what the lower bound must exceed.
        figure: what the value is, as people call it; empty where there is none.
        rows: how many it was measured on, where they are counted.
        confidence: of each bound by itself.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    gate: str
    passed: bool
    message: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    required: float | None = None
    findings: list[GateFinding] = []
    figure: str = ""
    rows: int | None = None
    confidence: float | None = None


class AcceptedVersion(TolerantModel):
    """That a version came from another environment, with evidence that was verified here.

    Attributes:
        environment: that accepted it.
        origin: the environment that trained and judged it.
        champion: the version that it was judged against there.
        transfer: what was sent: the list of all that came, with its hashes.
        author: who sent it, as the sender says.
    """

    environment: str
    origin: str
    champion: str | None
    transfer: ObjectRef
    author: str


class Evaluation(VersionedModel):
    """The evidence on which a version was released or refused.

    Attributes:
        intervals: of its metrics, of 95 %; empty for those that have none, and in evaluations of older releases.
        accepted: of a version that came from another environment; `champion` is then the one it takes over from here.
        guardrails: the SHA-256 of those that it was judged under; empty where there were none.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    schema_version: Literal[1] = 1
    model: str
    version: str
    champion: str | None
    run: str
    as_of: AwareDatetime
    dataset: ObjectRef
    holdout_start: AwareDatetime
    holdout_rows: int
    metrics: dict[str, float]
    champion_metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}
    gates: list[GateResult]
    accepted: AcceptedVersion | None = None
    guardrails: str = ""

    @property
    def passed(self) -> bool:
        """Whether every gate let it through."""
        return all(gate.passed for gate in self.gates)

    @property
    def metric_texts(self) -> dict[str, str]:
        """Each metric as people read it: its value, and its interval where it has one."""
        return {
            name: f"{value:.4f}" + (f" [{bounds[0]:.4f} to {bounds[1]:.4f}]" if bounds else "")
            for name, value in self.metrics.items()
            for bounds in (self.intervals.get(name),)
        }

    @property
    def adopted(self) -> bool:
        """Whether it speaks of a version that was trained elsewhere, and so was compared with none."""
        return any(gate.gate == "adopted" for gate in self.gates)

    @property
    def summary(self) -> str:
        """One sentence: the first gate that refused, or the gain that convinced."""
        return grounds(self.gates)

    @property
    def verdict(self) -> str:
        """How many gates it passed, and the names of the others; the release that follows says what they found."""
        refused = [gate.gate.replace("_", " ") for gate in self.gates if not gate.passed]
        if not refused:
            return f"passed {count_of(len(self.gates), 'gate')}"
        return f"rejected by {len(refused)} of {count_of(len(self.gates), 'gate')}: {', '.join(refused)}"


def grounds(gates: Sequence[GateResult]) -> str:
    """Why a version is released or refused: the first gate that refused, or the gain that convinced."""
    refused = next((gate for gate in gates if not gate.passed), None)
    return (refused or next((gate for gate in gates if gate.gate in _CONVINCING), gates[-1])).message
