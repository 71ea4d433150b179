"""Suggests a declaration from reference data, with a comment on every line."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Literal

import numpy as np

from steward.errors import BatchInvalid
from steward.offline.agreement import ColumnReader
from steward.offline.cadence import Cadence
from steward.offline.column_facts import ColumnFacts, collect_facts
from steward.offline.entity_column import rows_in_groups
from steward.offline.hints import Hints
from steward.offline.inference import Inference, infer_cells
from steward.offline.sampling import sample_cells
from steward.offline.tables import FileTable, ProgressCallback, Table, TableBatch, no_progress, table_of
from steward.offline.task_inference import TaskInference, infer_task
from steward.records.canonical import canonical_label
from steward.spec.document import MAXIMUM_BYTES, read_spec
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    NumericFeature,
    TextFeature,
)
from steward.spec.yaml_writer import Value, YamlSection, comment, entry, fresh

if TYPE_CHECKING:
    from steward.offline.roles import Role

_SEGMENTS = range(2, 13)
_SEGMENT_SHARE = 0.02
_DIGITS = 2
_WRITTEN_WHOLE = 1e15
_OWNER = "nobody yet"
_USUAL_LABELS = 1000
_LEAST_OF_A_CLASS = 20
"""Rows of each class that a training needs, and that its holdout needs."""
_PROTECTED = re.compile(
    r"(^|_)(sex|gender|race|ethnicity|ethnic_group|religion|nationality|citizenship|disability|marital_status|"
    r"age_group|age_band|pregnant|orientation)$"
)
_MISSING: Mapping[str, str] = {
    "id": "no column identifies each row",
    "time": "no column holds moments",
    "score": "no column is a probability; with this name Steward reads that of the positive label",
    "prediction": "no column is a prediction; under this name Steward reads it",
    "label": "no label could be told",
}
_NO_TIME = "no column says when each row came about: add one to the file, or say which does (--time COLUMN)"
_REFERENCE = re.compile(r"-(reference|ref|training|train|baseline|data|dataset)$")


def suggest(
    reference: object,
    *,
    model: str | None = None,
    owner: str | None = None,
    hints: Hints | None = None,
    progress: ProgressCallback = no_progress,
) -> str:
    """A declaration that fits a table, as YAML with the reason of each line behind it.

    Types and roles are told from some 20,000 cells of each column; ranges, domains and gaps from all rows. A file is
    read twice, chunk by chunk. What cannot be told is asked for in the first lines.

    Args:
        reference: a path, a pandas DataFrame, or anything with the Arrow C stream or dataframe protocol.
        model: what to call it; the file's name when left out.
        owner: who answers for it.
        hints: what the user says of its columns.
        progress: told what is read, and how many rows of it so far.

    Returns:
        Text that `read_spec` takes. With very many columns it is written without the reasons, to be short enough.

    Raises:
        BatchInvalid: it cannot be read, has no rows or no column to declare, or not the columns that are named.
        SpecInvalid: the name is none that a model can have.
    """
    table, hints = table_of(reference, "reference"), hints or Hints()
    held = None if isinstance(table, FileTable) else list(table.batches())
    cells = sample_cells(_report_progress(table, held, progress))
    columns = infer_cells(cells)
    if not columns:
        raise BatchInvalid("no_rows", f"{table.name} has no rows; give a reference with rows")
    hints.check(columns)
    columns = hints.place(columns, cells)
    purpose = infer_task(columns, ColumnReader(cells), hints)
    features = {name: column.feature for name, column in columns.items()}
    label = purpose.roles.get("label")
    if label is not None and purpose.task != "regression":
        features[label] = CategoricalFeature(type="categorical")  # whose values are counted over all rows
    time = next((name for name, column in columns.items() if column.role == "time"), None)
    quantities = {name: column.quantity for name, column in columns.items() if column.quantity}
    facts, notes = collect_facts(_report_progress(table, held, progress), features, time, quantities)
    if not any(column.role == "entity" for column in columns.values()):
        groups = rows_in_groups(cells, [name for name, column in columns.items() if column.role != "id"])
        notes = (*notes, groups) if groups else notes
    suggested = _Suggestion(table.name, columns, facts, purpose, notes)
    name = model or _model_name(reference)
    text = suggested.text(name, owner or _OWNER)
    if len(text.encode()) > MAXIMUM_BYTES:
        text = suggested.text(name, owner or _OWNER, terse=True)
    read_spec(text)
    return text


def _report_progress(table: Table, held: list[TableBatch] | None, progress: ProgressCallback) -> Iterator[TableBatch]:
    rows = 0
    batches: Iterable[TableBatch] = table.batches() if held is None else held
    for batch in batches:
        rows += batch.rows
        progress(table.name, rows)
        yield batch


class _Suggestion:
    """The parts of the declaration."""

    def __init__(
        self,
        source: str,
        columns: Mapping[str, Inference],
        facts: Mapping[str, ColumnFacts],
        purpose: TaskInference,
        notes: Sequence[str],
    ) -> None:
        self._source = source
        self._notes = notes
        self._columns = columns
        self._facts = facts
        self._rows = max(found.rows for found in facts.values())
        self._purpose = purpose
        self._trained = not purpose.is_answered and "label" in purpose.roles
        self._classes = self._named_classes()
        used = {*purpose.roles.values(), *purpose.scores.values(), *purpose.outputs, *purpose.left_out}
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
            *(comment(f"TO DO: {question}.") for question in self._questions()),
            comment(f"Written by `steward suggest` from {rows} of {self._source}: read it through before you use it."),
            *(comment(f"{note[:1].upper()}{note[1:]}.") for note in self._notes),
            entry("model", model),
            entry("owner", owner, "say which person or team answers for it" if owner == _OWNER else ""),
            entry("task", self._purpose.task, self._purpose.reason),
        ]
        if self._purpose.positive:
            lines.append(entry("positive_label", *self._purpose.positive))
        lines.append(
            entry(
                "on_invalid", "count", "the bounds below are what was seen, no rules: a row outside is kept and counted"
            )
        )
        for section in (self._columns_section(), self._features_section(), self._outputs_section()):
            if section.entries or section.remarks:
                lines += section.lines(terse=terse)
        lines += self._groups()
        lines += self._window()
        if self._trained:
            lines += self._training(terse=terse)
        else:
            why = "trained elsewhere: Steward takes the reference, with the model's answers, as its version"
            lines.append(entry("retraining", {}, why))
        return "\n".join(lines) + "\n"

    def _questions(self) -> Iterator[str]:
        """What must be answered before the declaration can work, or work as well as it might."""
        if "id" not in self._purpose.roles:
            counter, name = next(filter(None, self._counters), None), fresh("id", self._columns)
            add = f"add a column called `{name}`, whose values never come again, or say which has such (--id COLUMN)"
            if counter is not None:
                add = (
                    f"{counter} counts the rows: say --id {quote(counter)} if its numbers never come again, in no "
                    f"later file either, or else add a column called `{name}`"
                )
            yield f"no column identifies each row: {add}"
        if "time" not in self._purpose.roles:
            yield _NO_TIME
        if self._trained:
            yield from self._too_few()
        yield from self._purpose.questions

    def _named_classes(self) -> Mapping[str, str]:
        """The column with the probability of each class: those that are there, or names for those that will be."""
        if self._purpose.task != "multiclass_classification" or self._purpose.scores:
            return self._purpose.scores
        label = self._purpose.roles.get("label")
        counts = (self._facts[label].categories if label else None) or {}
        classes = sorted({form for name in counts if (form := canonical_label(name))})
        return {name: fresh(f"probability_{name}", self._columns) for name in classes or ("0", "1")}

    def _columns_section(self) -> YamlSection:
        section = YamlSection("columns")
        purpose, taken = self._purpose, set(self._columns)
        asked: list[Role] = ["id", "time"]
        if purpose.task == "multiclass_classification":
            why = (
                "the probability of each class"
                if purpose.scores
                else "what the probability of each class will be called"
            )
            section.add("scores", dict(self._classes), why)
        elif purpose.task == "binary_classification":
            asked.append("score")
        if purpose.task == "regression" or "prediction" in purpose.roles:
            asked.append("prediction")
        asked.append("label")
        for role in (*asked, "entity", "version", "latency"):
            name = purpose.roles.get(role)
            if name is not None:
                section.add(role, name, purpose.reasons.get(name, self._columns[name].role_reason))
                for setting, value, why in self._columns[name].settings if role == "time" else ():
                    section.add(f"time_{setting}", value, why)
            elif role in _MISSING:
                section.add(role, fresh(role, taken), _MISSING[role])
        if "version" not in purpose.roles and "version" in taken:
            section.add("version", fresh("version", taken), "another column is called version")
        return section

    def _features_section(self) -> YamlSection:
        features = YamlSection("features")
        for name, column in self._features.items():
            features.nest(self._feature(name, column))
        for name, column in self._naming.items():
            features.remark(f"{name} is left out: {column.reason}; it names what rows are about")
        for name, why in self._purpose.left_out.items():
            features.remark(f"{name} is left out: {why}")
        for name, column in self._counters.items():
            features.remark(f"{name or 'the column without a name'} is left out: {column.counts}")
        for name, column in self._unreadable.items():
            features.remark(f"{name} is left out: it looks like {column.unreadable}")
        return features

    def _outputs_section(self) -> YamlSection:
        outputs = YamlSection("outputs", "what the model gives")
        for name in self._purpose.outputs:
            outputs.nest(self._feature(name, self._columns[name]))
        return outputs

    def _feature(self, name: str, column: Inference) -> YamlSection:
        facts, feature = self._facts[name], YamlSection(name)
        why = f"{column.reason}; not the time of rows: {column.no_time}" if column.no_time else column.reason
        feature.add("type", column.feature.type, why)
        for setting, what, why in column.settings:
            feature.add(setting, what, why)
        if facts.missing + facts.unread + facts.infinite >= facts.rows:
            feature.add("monitored", value=False, why="there is nothing to compare with")
            return feature
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
        cadence = self._cadence()
        length, why = cadence.window() if cadence else ("1d", "no times tell how many rows come in which time")
        yield entry("window", {"length": length}, why)

    def _training(self, *, terse: bool) -> Iterator[str]:
        """How Steward trains, and proves what it trained."""
        retraining, cadence = YamlSection("retraining"), self._cadence()
        estimator = f"HistGradientBoosting{'Regressor' if self._purpose.task == 'regression' else 'Classifier'}"
        retraining.add("recipe", {"estimator": estimator}, "no column has a model's answers: Steward trains one")
        alerts = ["r_squared"] if self._purpose.task == "regression" else ["roc_auc", "log_loss"]
        retraining.add("on_alerts", alerts, "one of these, when it fires, asks for a new version")
        if self._rows < _USUAL_LABELS:
            retraining.add("minimum_labels", max(1, self._rows // 2), f"the reference has {self._rows:,} rows")
        if cadence is None:
            yield from retraining.lines(terse=terse)
            return
        held, block, why = cadence.holdout(self._rarest()[1] / self._rows)
        retraining.add("holdout_span", held, why)
        yield from retraining.lines(terse=terse)
        yield entry(
            "validation", {"block": block}, "rows of one block are alike: a gain is proved over blocks, not rows"
        )

    def _cadence(self) -> Cadence | None:
        """How the rows lie in time; None where no column says."""
        time = self._purpose.roles.get("time")
        facts = self._facts[time] if time is not None else None
        if facts is None or np.isnat(facts.first) or np.isnat(facts.last):
            return None
        return Cadence(facts.rows, facts.first.item(), facts.last.item())

    def _too_few(self) -> Iterator[str]:
        """Say so where no holdout leaves enough rows of each class on both sides."""
        cadence = self._cadence()
        if cadence is None:
            return
        name, rows = self._rarest()
        span = cadence.holdout(rows / self._rows)[0]
        held = round(cadence.rows_in(span) * rows / self._rows)
        if min(held, rows - held) < _LEAST_OF_A_CLASS:
            what = f"{name}, the rarest class of the label, has {rows:,} rows" if name else f"there are {rows:,} rows"
            yield (
                f"{what}, some {held:,} of them in the {span} that are kept out to judge with: a training needs "
                f"{_LEAST_OF_A_CLASS} in each part, so give a longer reference"
            )

    def _rarest(self) -> tuple[str, int]:
        """The rarest class of the label and how many rows it has; all rows, without a name, for amounts."""
        label = self._purpose.roles.get("label")
        counts = self._facts[label].categories if label is not None else None
        if not counts or self._purpose.task == "regression":
            return "", self._rows
        rarest = min(counts, key=lambda name: (counts[name], name))
        return rarest, counts[rarest]


def _bounds(facts: ColumnFacts) -> Iterator[tuple[str, float, str]]:
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
    """The file's name as a model can have it, without a word for what the file is to the model.

    >>> _model_name("Car loans_reference.csv"), _model_name("2024.csv")
    ('car-loans', 'model-2024')
    """
    stem = Path(reference).name.partition(".")[0] if isinstance(reference, str | Path) else ""
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-")
    name = _REFERENCE.sub("", name)
    return name if name[:1].isalpha() else f"model-{name}" if name else "my-model"
