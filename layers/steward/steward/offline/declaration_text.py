"""Writes a suggested declaration, with the reason of each line behind it."""

import re
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from steward.errors import BatchInvalid
from steward.offline.cadence import Cadence
from steward.offline.column_facts import TableFacts
from steward.offline.holdout import FEWEST_OF_A_CLASS, choose_holdout
from steward.offline.inferred_column import InferredColumn
from steward.offline.inferred_task import TaskInference
from steward.offline.value_bounds import suggest_bounds
from steward.records.canonical import canonical_label
from steward.spec.features import BooleanFeature, CategoricalFeature, NumericFeature, TextFeature
from steward.spec.yaml_writer import Value, YamlSection, comment, entry, fresh

if TYPE_CHECKING:
    from steward.offline.roles import Role

UNKNOWN_OWNER = "nobody yet"
_SEGMENTS = range(2, 13)
_SEGMENT_SHARE = 0.02
_USUAL_LABELS = 1000
_PAIR = 2
_MANY_ROWS = 50_000
_SMALL_TREES: Mapping[str, Value] = {"max_leaf_nodes": 8, "min_samples_leaf": 50}
"""With fewer rows, the usual trees of 31 leaves fit chance: in seven of eight holdouts tried their loss was worse."""
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


class DeclarationText:
    """The parts of a declaration that fits a table.

    Args:
        source: what the table is called.
        columns: what each column is taken for.
        facts: what all rows tell.
        purpose: what the model does.

    Raises:
        BatchInvalid: no column could be a feature.
    """

    def __init__(
        self,
        source: str,
        columns: Mapping[str, InferredColumn],
        facts: TableFacts,
        purpose: TaskInference,
    ) -> None:
        self._source = source
        self._notes = facts.notes
        self._columns = columns
        self._facts = facts.columns
        self._rows = max(found.rows for found in facts.columns.values())
        self._purpose = purpose
        self._trained = not purpose.is_answered and "label" in purpose.roles
        self._holdout = choose_holdout(facts.labelled) if self._trained and facts.labelled.hours else None
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
            entry("owner", owner, "say which person or team answers for it" if owner == UNKNOWN_OWNER else ""),
            entry("task", self._purpose.task, self._purpose.reason),
        ]
        if self._purpose.positive:
            lines.append(entry("positive_label", *self._purpose.positive))
        lines.append(
            entry(
                "on_invalid", "count", "the bounds below follow from what was seen: a row outside is kept and counted"
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
            why = (
                "trained elsewhere: Steward takes the reference, with the model's answers, as its version"
                if self._purpose.is_answered
                else "there is neither a label to train with nor a model's answers to adopt: see TO DO"
            )
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

    def _feature(self, name: str, column: InferredColumn) -> YamlSection:
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
                for bound, value, why in suggest_bounds(facts):
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
        retraining, holdout = YamlSection("retraining"), self._holdout
        estimator = f"HistGradientBoosting{'Regressor' if self._purpose.task == 'regression' else 'Classifier'}"
        recipe: dict[str, Value] = {"estimator": estimator}
        if self._rows < _MANY_ROWS:
            recipe["parameters"] = _SMALL_TREES
        retraining.add("recipe", recipe, "no column has a model's answers: Steward trains one")
        alerts = ["r_squared"] if self._purpose.task == "regression" else ["roc_auc", "log_loss"]
        retraining.add("on_alerts", alerts, "one of these, when it fires, asks for a new version")
        if self._rows < _USUAL_LABELS:
            retraining.add("minimum_labels", max(1, self._rows // 2), f"the reference has {self._rows:,} rows")
        if holdout is None:
            yield from retraining.lines(terse=terse)
            return
        why = f"{holdout.rows:,} rows over {holdout.blocks:,} blocks of {holdout.block} to judge with"
        label, fewest = holdout.seldom
        if holdout.suffices and fewest < FEWEST_OF_A_CLASS:
            rows = f"{fewest:,} {f'of class {label}' if label else 'rows'}"
            why += f"; another {holdout.span} of the reference has {rows}: training then waits for more labels"
        retraining.add("holdout_span", holdout.span, why)
        yield from retraining.lines(terse=terse)
        yield entry(
            "validation",
            {"block": holdout.block},
            "rows of one block are alike: a gain is proved over blocks, not rows",
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
        holdout = self._holdout
        if holdout is None or holdout.suffices:
            return
        name, rows = holdout.scarce, holdout.held + holdout.before
        others = ", or join the class with another, or leave its rows out" if len(self._classes) > _PAIR else ""
        what = f"class {name} of the label has {rows:,} rows" if name else f"there are {rows:,} rows with a label"
        yield (
            f"{what}, {holdout.held:,} of them in the newest {holdout.span}, which are kept out to judge with: a "
            f"training needs {FEWEST_OF_A_CLASS} in each part, so give a longer reference{others}"
        )


def _is_segment(counts: Mapping[str, int], rows: int) -> bool:
    return len(counts) in _SEGMENTS and min(counts.values()) >= _SEGMENT_SHARE * rows
