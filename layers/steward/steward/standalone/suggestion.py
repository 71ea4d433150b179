"""A declaration to begin with, told from reference data: every line says why it is there."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from steward.errors import BatchInvalid
from steward.spec.commented import Section, Value, comment, entry, fresh
from steward.spec.document import MAXIMUM_BYTES, read_spec
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    NumericFeature,
    TextFeature,
)
from steward.standalone.cells import sampled
from steward.standalone.entity_column import rows_in_groups
from steward.standalone.facts import Facts, facts_of
from steward.standalone.inference import Inference, infer_cells
from steward.standalone.roles import Role
from steward.standalone.tables import Batch, FileTable, Table, Watcher, silent, table_of
from steward.standalone.task import Purpose, purpose_of

_SPANS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "1w": timedelta(days=7)}
_FEWEST_WINDOWS = 10
_WINDOW_ROWS = 500
_SEGMENTS = range(2, 13)
_SEGMENT_SHARE = 0.02
_DIGITS = 2
_WRITTEN_WHOLE = 1e15
_OWNER = "nobody yet"
_PROTECTED = re.compile(
    r"(^|_)(sex|gender|race|ethnicity|ethnic_group|religion|nationality|citizenship|disability|marital_status|"
    r"age_group|age_band|pregnant|orientation)$"
)
_MISSING: Mapping[str, str] = {
    "id": "no column identifies each row; say which will, so that labels find their predictions",
    "time": "no column holds moments; say which will, so that there are windows",
    "score": "no column is a probability; say which will hold that of the positive label",
    "prediction": "no column is a prediction; say which will hold it",
    "label": "no column is a label; say which will hold the truth",
}


def suggest(
    reference: object, *, model: str | None = None, owner: str | None = None, progress: Watcher = silent
) -> str:
    """A declaration that fits a table, as YAML with the reason of each line behind it.

    Types and roles are told from some 20,000 cells of each column; ranges, domains and gaps from all rows. A file is
    read twice, chunk by chunk.

    Args:
        reference: a path, a pandas DataFrame, or anything with the Arrow C stream or dataframe protocol.
        model: what to call it; the file's name when left out.
        owner: who answers for it.
        progress: told what is read, and how many rows of it so far.

    Returns:
        Text that `read_spec` takes. With very many columns it is written without the reasons, to be short enough.

    Raises:
        BatchInvalid: it cannot be read, or has no rows or no column to declare.
        SpecInvalid: the name is none that a model can have.
    """
    table = table_of(reference, "reference")
    held = None if isinstance(table, FileTable) else list(table.batches())
    cells = sampled(_watched(table, held, progress))
    columns = infer_cells(cells)
    if not columns:
        raise BatchInvalid("no_rows", f"{table.name} has no rows; give a reference with rows")
    features = {name: column.feature for name, column in columns.items()}
    time = next((name for name, column in columns.items() if column.role == "time"), None)
    quantities = {name: column.quantity for name, column in columns.items() if column.quantity}
    facts, notes = facts_of(_watched(table, held, progress), features, time, quantities)
    if not any(column.role == "entity" for column in columns.values()):
        groups = rows_in_groups(cells, [name for name, column in columns.items() if column.role != "id"])
        notes = (*notes, groups) if groups else notes
    suggested = _Suggestion(table.name, columns, facts, notes)
    name = model or _model_name(reference)
    text = suggested.text(name, owner or _OWNER)
    if len(text.encode()) > MAXIMUM_BYTES:
        text = suggested.text(name, owner or _OWNER, terse=True)
    read_spec(text)
    return text


def _watched(table: Table, held: list[Batch] | None, progress: Watcher) -> Iterator[Batch]:
    rows = 0
    batches: Iterable[Batch] = table.batches() if held is None else held
    for batch in batches:
        rows += batch.rows
        progress(table.name, rows)
        yield batch


class _Suggestion:
    """The parts of the declaration."""

    def __init__(
        self, source: str, columns: Mapping[str, Inference], facts: Mapping[str, Facts], notes: Sequence[str]
    ) -> None:
        self._source = source
        self._notes = notes
        self._columns = columns
        self._facts = facts
        self._rows = max(found.rows for found in facts.values())
        self._purpose = purpose_of(columns, facts)
        self._roles = _roles_of(self._purpose)
        used = {*self._roles.values(), *self._purpose.scores.values(), *self._purpose.outputs}
        rest = {name: column for name, column in columns.items() if name not in used}
        self._features = {
            name: column
            for name, column in rest.items()
            if not (column.identifies or column.unreadable or column.counts)
        }
        self._counters = {name: column for name, column in rest.items() if column.counts}
        self._naming = {name: column for name, column in rest.items() if column.identifies and not column.unreadable}
        self._unreadable = {name: column for name, column in rest.items() if column.unreadable}
        if not self._features:
            raise BatchInvalid("no_columns", f"{source} has no column that could be a feature; give the model's inputs")

    def text(self, model: str, owner: str, *, terse: bool = False) -> str:
        """The whole of it."""
        rows = f"{self._rows:,} rows"
        lines = [
            comment(f"Written by `steward suggest` from {rows} of {self._source}: read it through before you use it."),
            *(comment(f"{note[:1].upper()}{note[1:]}.") for note in self._notes),
            entry("model", model),
            entry("owner", owner, "say which person or team answers for it" if owner == _OWNER else ""),
            entry("task", self._purpose.task, self._purpose.reason),
        ]
        if self._purpose.positive:
            lines.append(entry("positive_label", *self._purpose.positive))
        lines.append(
            entry("on_invalid", "count", "the bounds below are what was seen, no rules yet; quarantine sets rows aside")
        )
        for section in (self._columns_section(), self._features_section(), self._outputs_section()):
            if section.entries or section.remarks:
                lines += section.lines(terse=terse)
        lines += self._groups()
        lines += self._window()
        why = "trained elsewhere: upload reference rows with the model's answers, and a version is made of them"
        return "\n".join([*lines, entry("retraining", {}, why)]) + "\n"

    def _columns_section(self) -> Section:
        section = Section("columns")
        taken: set[str | None] = set(self._columns)
        asked: list[Role] = ["id", "time"]
        if self._purpose.scores:
            section.add("scores", dict(self._purpose.scores), "the probability of each class")
        elif self._purpose.task == "binary_classification":
            asked.append("score")
        if self._purpose.task == "regression" or "prediction" in self._roles:
            asked.append("prediction")
        asked.append("label")
        for role in (*asked, "entity", "version", "latency"):
            column = self._columns[self._roles[role]] if role in self._roles else None
            if column is not None:
                section.add(role, self._roles[role], column.role_reason)
                for setting, value, why in column.settings if role == "time" else ():
                    section.add(f"time_{setting}", value, why)
            elif role in _MISSING:
                section.add(role, fresh(role, taken), _MISSING[role])
        if "version" not in self._roles and "version" in taken:
            section.add("version", fresh("version", taken), "another column is called version")
        return section

    def _features_section(self) -> Section:
        features = Section("features")
        for name, column in self._features.items():
            features.nest(self._feature(name, column))
        for name, column in self._naming.items():
            features.remark(f"{name} is left out: {column.reason}; it names what rows are about")
        for name, column in self._counters.items():
            features.remark(f"{name or 'the column without a name'} is left out: {column.counts}")
        for name, column in self._unreadable.items():
            features.remark(f"{name} is left out: it looks like {column.unreadable}")
        return features

    def _outputs_section(self) -> Section:
        outputs = Section("outputs", "what the model gives")
        for name in self._purpose.outputs:
            outputs.nest(self._feature(name, self._columns[name]))
        return outputs

    def _feature(self, name: str, column: Inference) -> Section:
        facts, feature = self._facts[name], Section(name)
        why = f"{column.reason}; not the time of rows: {column.no_time}" if column.no_time else column.reason
        feature.add("type", column.feature.type, why)
        for setting, what, why in column.settings:
            feature.add(setting, what, why)
        if facts.missing + facts.unread + facts.infinite >= facts.rows:
            feature.add("monitored", value=False, why="there is nothing to compare with")
            return feature
        if facts.complete:
            feature.add("nullable", value=False, why=f"none of {facts.rows:,} cells is empty")
        match column.feature:
            case NumericFeature():
                for bound, value, why in _bounds(facts):
                    feature.add(bound, value, why)
            case CategoricalFeature():
                domain: Value = list(facts.domain)
                if facts.domain and not facts.met_once:
                    feature.add("domain", domain, f"all {len(facts.domain)} values of {facts.rows:,} cells")
                elif facts.domain:
                    feature.remark(f"no domain: {facts.met_once} of its {len(facts.domain)} values came only once, so "
                                   "others are to be expected")  # fmt: skip
            case TextFeature() if facts.longest:
                feature.remark(f"its longest text has {facts.longest:,} characters")
            case _:
                pass
        return feature

    def _groups(self) -> Iterator[str]:
        """Segments and protected attributes that could be watched, as comments: people decide on them."""
        groups = {
            name: self._facts[name].categories or {}
            for name, column in self._features.items()
            if isinstance(column.feature, CategoricalFeature | BooleanFeature)
        }
        wanted = [name for name, counts in groups.items() if _is_segment(counts, self._rows)]
        if wanted:
            yield comment(f"{entry('segments', wanted)}  # a few values each, none of them rare: watched on their own")
        protected = [name for name in groups if _PROTECTED.search(name.lower())]
        if protected:
            yield comment(
                f"{entry('fairness', {'protected': protected})}  # by their names: groups to be treated alike"
            )

    def _window(self) -> Iterator[str]:
        time = self._roles.get("time")
        facts = self._facts[time] if time is not None else None
        if facts is None or np.isnat(facts.first) or np.isnat(facts.last):
            return
        span = timedelta(microseconds=int((facts.last - facts.first).astype(np.int64)))
        fitting = [
            text
            for text, length in _SPANS.items()
            if span / length >= _FEWEST_WINDOWS and facts.rows * (length / span) >= _WINDOW_ROWS
        ]
        if fitting:
            each = facts.rows * (_SPANS[fitting[0]] / span)
            why = f"some {each:,.0f} rows each, from {facts.first.astype('M8[D]')} to {facts.last.astype('M8[D]')}"
            yield entry("window", {"length": fitting[0]}, why)


def _roles_of(purpose: Purpose) -> dict[Role, str]:
    """The roles that the task has a place for; what else is called so is a feature."""
    unknown: set[Role] = set()
    if purpose.task != "binary_classification":
        unknown.add("score")
    if purpose.task == "text_generation":
        unknown.add("prediction")
    return {role: name for role, name in purpose.roles.items() if role not in unknown}


def _bounds(facts: Facts) -> Iterator[tuple[str, float, str]]:
    """The range of the numbers, rounded outwards; zero where nothing is negative."""
    if math.isnan(facts.minimum):
        return
    unit = _unit(facts.maximum - facts.minimum, facts.maximum)
    low, high = _outwards(facts.minimum, unit, -1), _outwards(facts.maximum, unit, 1)
    negative = facts.minimum < 0
    if math.isfinite(low):
        near_zero = not negative and low < facts.maximum - facts.minimum
        seen = f"none of {facts.rows:,} cells is below {facts.minimum:.6g}"
        yield "minimum", 0 if near_zero else low, "nothing is negative" if near_zero else seen
    if math.isfinite(high):
        yield "maximum", high, f"none of {facts.rows:,} cells is above {facts.maximum:.6g}"


def _unit(span: float, largest: float) -> float:
    """What bounds are rounded to: two digits of the range."""
    size = span if math.isfinite(span) and span > 0 else abs(largest)
    return 10.0 ** (math.floor(math.log10(size)) - _DIGITS + 1) if size > 0 else 1.0


def _outwards(value: float, unit: float, direction: Literal[-1, 1]) -> float:
    """The next multiple of the unit, downwards or upwards; the number itself where rounding would not hold it."""
    multiples = value / unit if unit > 0 else math.inf
    if not math.isfinite(multiples):
        return value
    multiple = math.floor(multiples) if direction < 0 else math.ceil(multiples)
    found = float(f"{multiple * unit:.12g}")
    if not math.isfinite(found) or (found - value) * direction < 0:
        found = value
    return int(found) if found.is_integer() and abs(found) < _WRITTEN_WHOLE else found


def _is_segment(counts: Mapping[str, int], rows: int) -> bool:
    return len(counts) in _SEGMENTS and min(counts.values()) >= _SEGMENT_SHARE * rows


def _model_name(reference: object) -> str:
    """The file's name as a model can have it."""
    stem = Path(reference).name.partition(".")[0] if isinstance(reference, str | Path) else ""
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-")
    return name if name[:1].isalpha() else "my-model"
