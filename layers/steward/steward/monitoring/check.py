"""The check document: the objects that were compared, and every result."""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, ConfigDict

from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef
from steward.results import FILLING, INVALID_SHARE, MetricResult, Status, without_chance
from steward.spec.monitors import MonitorName

_SEVERITY: dict[Status, int] = {"unknown": 0, "measured": 1, "ok": 2, "drift": 4, "breach": 5}
_UNDECIDED = 3

_SHOWN = 3
_NAMED = 12
"""What else was found is told by name alone, up to so many."""
_BAD: tuple[Status, ...] = ("drift", "breach")


class Bar(TolerantModel):
    """Some values of a column, and the share of the rows that have one of them.

    Attributes:
        label: which values.
        baseline, window: shares, in 0 to 1.
    """

    label: str
    baseline: float
    window: float


class Distribution(TolerantModel):
    """How one column is distributed in the window and in the baseline; the bars hold all rows."""

    column: str
    bars: list[Bar]


class Check(VersionedModel):
    """The evaluation of one window of one version.

    Attributes:
        batches: the batches whose profiles were merged; results speak for exactly these.
        label_batches: the batches of labels in the outcomes.
        baseline: what they were compared with.
        outcomes: the realised results, once labels have come.
        spec: the declaration in force.
        compared: the earlier windows that drift was measured against, with their batches; empty for the reference.
        attributions: what the features contributed in a sample of the window, where one was taken.
        history: what was known of earlier windows.
        readings: how much telemetry the window had.
        distributions: of the columns that drifted, the largest effect first; for people to see, and no more.
        corrections: the batches among them that correct others: the check was made again for them.
        joined_corrections: how many of them the outcomes know, which are written after the profiles.
        given_up: how many batches the outcomes know to have given IDs up to uploads in the window before or after.
        ended: whether no more records of the window were due.
        labelled_since: labelled rows of earlier windows that came since `history` was written, by the window's number.
        unreadable: batches whose profiles are damaged, or of other bins, each with the reason; they are left out.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    schema_version: Literal[1] = 1
    model: str
    version: str
    window: str
    as_of: AwareDatetime
    batches: list[str]
    label_batches: list[str]
    baseline: ObjectRef
    outcomes: ObjectRef | None
    spec: ObjectRef
    compared: dict[str, list[str]] = {}
    attributions: ObjectRef | None = None
    history: ObjectRef | None = None
    corrections: list[str] = []
    joined_corrections: int = 0
    given_up: int = 0
    ended: bool = True
    labelled_since: dict[int, int] = {}
    unreadable: dict[str, str] = {}
    rows: int
    labelled_rows: int
    readings: int = 0
    results: list[MetricResult]
    distributions: list[Distribution] = []

    @property
    def check(self) -> str:
        """The id, which follows from what was compared.

        Rows and readings are named beside the batches: a batch gives some up when an earlier upload turns out to have
        their ids.
        """
        data = [*self.batches, str(self.rows), self.outcomes.sha256 if self.outcomes else ""]
        if self.compared:
            data += [f"{window}: {', '.join(batches)}" for window, batches in sorted(self.compared.items())]
        if self.readings:
            data.append(f"{self.readings} readings")
        data += [f"{batch} is unreadable" for batch in sorted(self.unreadable)]
        if any(result.statistic == FILLING for result in self.results):  # once it has ended, that is another check
            data.append("it had not ended")
        data += [f"{rows} labels of {number}" for number, rows in sorted(self.labelled_since.items())]
        if self.attributions:
            data.append(self.attributions.sha256)
        parts = (self.version, self.window, *data, self.baseline.sha256, self.spec.sha256)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    @property
    def statuses(self) -> dict[MonitorName, Status]:
        """The most severe status of each monitor: what was measured and cannot be told is no `ok`."""
        worst: dict[MonitorName, tuple[int, Status]] = {}
        for result in self.results:
            place = (_UNDECIDED if result.undecided else _SEVERITY[result.status], result.status)
            worst[result.monitor] = max(worst.get(result.monitor, place), place)
        return {monitor: status for monitor, (_, status) in worst.items()}

    def findings_of(self, monitor: MonitorName) -> Sequence[MetricResult]:
        """What a monitor says is wrong, the largest effect first.

        Of the results about one column and segment those that carry an effect, or the first where none does; of a
        result that only sums up the others nothing.
        """
        bad = [result for result in self.results if result.monitor == monitor and result.status in _BAD]
        covered = {(result.segment, result.column) for result in bad if result.effect is not None}
        found = [result for result in bad if result.effect is not None]
        for result in bad:
            place = (result.segment, result.column)
            if place not in covered and (result.column is not None or result.segment or not covered):
                covered.add(place)
                found.append(result)
        return sorted(found, key=lambda result: -abs(result.effect or 0))

    def doubt(self, monitor: MonitorName) -> str:
        """The columns that were measured, but of which hardly any drift would show; empty where there is none.

        Of a monitor of all columns together its statistics.
        """
        results = self._of(monitor)
        about = "statistics" if all(result.column is None for result in results) else "columns"
        names = [result.statistic if result.column is None else result.column for result in results]
        doubtful = [
            f"`{name}`" if about == "columns" else name.replace("_", " ")
            for name in dict.fromkeys(name for name, result in zip(names, results, strict=True) if result.undecided)
        ]
        if not doubtful:
            return ""
        more = [f"and {len(doubtful) - _SHOWN} more"] if len(doubtful) > _SHOWN else []
        return f"cannot tell for {len(doubtful)} of {len(set(names))} {about}: {', '.join([*doubtful[:_SHOWN], *more])}"

    def summary(self, monitor: MonitorName) -> str:
        """What a person reads of one monitor: its most severe sentences, and the names of what else was found.

        How often chance alone does it is said once, of the first.
        """
        bad = self.findings_of(monitor)
        if not bad:
            return self._without_finding(monitor)
        if bad[0].statistic == INVALID_SHARE:  # the reasons are in its own sentence
            return bad[0].message
        shown = [bad[0].message, *(without_chance(result.message) for result in bad[1:_SHOWN])]
        more = [subject(result) for result in bad[_SHOWN:]]
        if more:
            unnamed = [f"and {len(more) - _NAMED} others"] if len(more) > _NAMED else []
            shown.append(f"and {len(more)} more: {', '.join([*more[:_NAMED], *unnamed])}")
        return "; ".join(shown)

    def _without_finding(self, monitor: MonitorName) -> str:
        """What a person reads of a monitor that found nothing: with the columns that it can tell nothing of."""
        first = next(iter(self._of(monitor)), None)
        good = first.message if first and first.column is None else "nothing found in this window"
        doubt = self.doubt(monitor)
        if not doubt:
            return good
        undecided = [result for result in self._of(monitor) if result.undecided]
        worst = _CANNOT_TELL.sub(r"\1 ", max(undecided, key=lambda result: abs(result.effect or 0)).message).lstrip()
        others = "; nothing found in the others" if any(one.status == "ok" for one in self._of(monitor)) else ""
        return f"{doubt}{others}; {worst}"

    def _of(self, monitor: MonitorName) -> list[MetricResult]:
        return [result for result in self.results if result.monitor == monitor]


_CANNOT_TELL = re.compile(r"^cannot tell(?:: | whether (.+?) drifted: it )")


def subject(result: MetricResult) -> str:
    """What a result is about, in as few words as can be."""
    name = result.statistic.replace("_", " ") if result.column is None else f"`{result.column}`"
    return f"{name} in {result.segment}" if result.segment else name
