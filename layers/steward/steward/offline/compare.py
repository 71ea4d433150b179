"""Compares two tables, with or without a declaration."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.errors import BatchInvalid, SpecInvalid
from steward.offline.comparison_report import ComparisonReport
from steward.offline.comparison_setup import ComparisonSetup
from steward.offline.conversion import Converter
from steward.offline.findings import ColumnUse, RowCounts, decision, format_report
from steward.offline.tables import ProgressCallback, Table, TableBatch, no_progress, table_of
from steward.offline.windowing import TimeSpan, split_by_window, times_of
from steward.profiles.derived_features import columns_by_part, part_names
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profile_input import ProfileInput
from steward.records.columns import Chunk
from steward.results import MetricResult

if TYPE_CHECKING:
    from steward.spec.model import ModelSpec

_NAMED = 5
_LOST = 0.01
"""From a larger share of unread rows on, the rest of a table may differ from what it holds."""

type Declaration = ModelSpec | Mapping[str, Any] | str | Path
"""A declaration, what one holds, or the path of one."""


def compare(
    reference: object, current: object, *, spec: Declaration | None = None, progress: ProgressCallback = no_progress
) -> ComparisonReport:
    """Whether `current` has drifted from `reference`.

    The reference is held in memory; the current table is read chunk by chunk.

    Args:
        reference: a path, a pandas DataFrame, or anything with the Arrow C stream or dataframe protocol.
        current: the same.
        spec: a declaration: the path of one, or what one holds as a dictionary; without it types are inferred from the
            reference.
        progress: told what is read, and how many rows of it so far.

    Returns:
        The report: `report.drift.verdict` is the decision, `print(report)` says it in
        words, and `report.to_frame()` has one row a result.

    Raises:
        BatchInvalid: one of the two cannot be read, or they have nothing to compare.
        SpecInvalid: the declaration is wrong, or its file cannot be read.
    """
    declaration = _declaration(spec)
    before = _TableReader(table_of(reference, "reference"), progress)
    after = _TableReader(table_of(current, "current table"), progress)
    batches = list(before.batches())
    if not before.rows:
        raise BatchInvalid("no_rows", f"{before.name} has no rows; give a reference with rows to compare with")
    asked = (
        ComparisonSetup.from_spec(declaration, before.columns) if declaration else ComparisonSetup.from_batches(batches)
    )
    portions, mistyped, time_notes = _portions(batches, asked)
    batches.clear()
    subject = asked.restrict_to({name for portion in portions for name in portion.chunk.columns} - mistyped.keys())
    if not subject.compared:
        raise BatchInvalid("no_columns", f"{before.name} has no column to compare")
    bins = subject.scope.bins(portions, portions)
    profile, converter, span = _profile(after, bins, subject)
    windows = split_by_window(portions, subject.length, span)
    baseline = Baseline.of(windows, subject.scope, holdout=None, bins=bins)
    if span is not None:
        baseline = baseline.covering(span / windows[0][0].length)
    portions.clear()
    windows.clear()
    if after.rows and not subject.compared.keys() & after.columns.keys():
        own = f"{before.name} has {_names(subject.compared)}, {after.name} has {_names(after.columns)}"
        raise BatchInvalid("no_columns", f"there is no column in common to compare: {own}")
    problems = _problems(asked, subject, after, mistyped, converter)
    watched = DriftScope(
        subject.monitors,
        subject.compared,
        {name: feature.importance for name, feature in subject.features.items() if feature.importance is not None},
    )
    parts = columns_by_part(subject.compared)
    results = [*_without(evaluate_drift(baseline, profile, watched), problems, parts), *_incomparable_results(problems)]
    before.time_notes, after.time_notes = time_notes, converter.notes
    missed = {name for name, feature in asked.compared.items() if feature.monitored and name in problems}
    return _report(before, after, baseline, subject, results, missed=missed)


def _declaration(spec: Declaration | None) -> "ModelSpec | None":
    if spec is None:
        return None
    from steward.spec.document import check_spec, read_spec_file  # noqa: PLC0415 - a comparison by inference needs none

    match spec:
        case str() | Path():
            return read_spec_file(Path(spec))
        case Mapping():
            return check_spec(spec)
        case BaseModel():
            return spec
    raise SpecInvalid([f"spec is a {type(spec).__name__}: give the path of a declaration, or a dictionary"])


def _problems(
    asked: ComparisonSetup,
    subject: ComparisonSetup,
    after: "_TableReader",
    mistyped: Mapping[str, str],
    converter: Converter,
) -> dict[str, str]:
    """The columns that cannot be compared at all, and why."""
    found = {name: f"`{name}` looks like {what}" for name, what in asked.unreadable.items()}
    changed = converter.mistyped()
    for name in asked.compared:
        if name in mistyped:
            found[name] = f"`{name}` in the reference is not of its type: {mistyped[name]}"
        elif name not in subject.compared:
            found[name] = f"`{name}` is missing in the reference"
        elif after.rows and name not in after.columns:
            found[name] = f"`{name}` is missing in the current table"
        elif name in changed:
            found[name] = f"`{name}` has changed its type: {changed[name]}"
    return found


class _TableReader:
    """A table as it is read: what it has turned out to hold so far."""

    def __init__(self, table: Table, progress: ProgressCallback) -> None:
        self._table = table
        self._progress = progress
        self.name = table.name
        self.rows = 0
        self.refused = 0
        self.reason = ""
        self.columns: dict[str, None] = {}
        self.time_notes: tuple[str, ...] = ()

    def batches(self) -> Iterator[TableBatch]:
        """Its rows in order."""
        for batch in self._table.batches():
            self.rows += batch.rows
            self.refused += batch.refused
            self.reason = self.reason or batch.reason
            self.columns |= dict.fromkeys(batch.columns)
            self._progress(self.name, self.rows)
            if batch.rows:
                yield batch

    @property
    def unreadable_note(self) -> str:
        """How many rows could not be read, and why; empty where there are none."""
        rows = f"{self.refused:,} of {self.refused + self.rows:,} rows of {self.name}"
        return f"{rows} cannot be read, and are left out ({self.reason})" if self.refused else ""

    @property
    def many_unreadable(self) -> bool:
        """Whether so many that what is left does not tell of all."""
        return self.refused > _LOST * (self.refused + self.rows)

    @property
    def notes(self) -> Iterator[str]:
        """On rows that were left out, and on how times were written."""
        if self.refused:
            yield self.unreadable_note
        yield from (f"in {self.name}, {note}" for note in self.time_notes)


def _portions(
    batches: list[TableBatch], subject: ComparisonSetup
) -> tuple[list[ProfileInput], dict[str, str], tuple[str, ...]]:
    """The reference as typed columns, without those that are of another type, why they are not, and notes on times."""
    converter = subject.converter()
    read = [(batch.rows, converter.read(batch.columns)) for batch in batches]
    mistyped = converter.mistyped()
    return (
        [
            ProfileInput(
                Chunk(rows, {name: column for name, column in columns.items() if name not in mistyped}),
                times=times_of(columns, subject.time),
                entities=None if subject.entity is None else columns.get(subject.entity),
            )
            for rows, columns in read
        ],
        mistyped,
        converter.notes,
    )


def _profile(after: _TableReader, bins: Bins, subject: ComparisonSetup) -> tuple[Profile, Converter, timedelta | None]:
    """The profile of the current table, what could be read of its columns, and how long its rows' times reach."""
    gathering, converter, span = ProfileBuilder(bins), subject.converter(), TimeSpan()
    first = 0
    for batch in after.batches():
        columns = converter.read(batch.columns)
        entities = None if subject.entity is None else columns.get(subject.entity)
        times = times_of(columns, subject.time)
        gathering.add(ProfileInput(Chunk(batch.rows, columns), times=times, first=first, entities=entities))
        span.add(times)
        first += batch.rows
    return gathering.profile(), converter, span.length


def _incomparable_results(problems: Mapping[str, str]) -> list[MetricResult]:
    """A result for each column that could not be compared at all."""
    return [
        MetricResult(monitor="schema_consistency", column=name, statistic="type", status="unknown",
                     message=f"{why}; it was not compared")
        for name, why in sorted(problems.items())
    ]  # fmt: skip


def _without(results: list[MetricResult], problems: Mapping[str, str], parts: Mapping[str, str]) -> list[MetricResult]:
    """Results of columns that could be compared; ages need event times, and are left out without them."""
    return [
        result
        for result in results
        if result.column is None
        or (
            parts.get(result.column, result.column) not in problems
            and not (_is_age(result.column, parts) and result.status == "unknown" and not result.baseline_rows)
        )
    ]


def _is_age(part: str, parts: Mapping[str, str]) -> bool:
    return part.endswith(".age") and parts.get(part, part) != part


def _uses(subject: ComparisonSetup) -> dict[str, ColumnUse]:
    """What each column is taken for, with the names of its results."""
    found, declared = dict(subject.uses), subject.compared
    for name, feature in declared.items():
        own = found.get(name, ColumnUse(type=feature.type, reason="declared", compared=True))
        found[name] = own.model_copy(update={"type": feature.type, "parts": part_names(name, feature.type, declared)})
    return found


def _report(
    before: _TableReader,
    after: _TableReader,
    baseline: Baseline,
    subject: ComparisonSetup,
    results: list[MetricResult],
    *,
    missed: Collection[str],
) -> ComparisonReport:
    independent = baseline.clusters is None and not any(effect.known for effect in baseline.design_effects.values())
    notes = [*subject.notes, *before.notes, *after.notes]
    extra = after.columns.keys() - before.columns.keys()
    if extra:
        notes.append(f"only the current table has {_names(dict.fromkeys(sorted(extra)))}; nothing to compare with")
    if independent:
        notes.append("rows count as independent: the reference has no time column with three windows or more")
    if subject.lost_entity:
        notes.append(
            f"rows count as independent: the reference has no `{subject.lost_entity}`, the declared columns.entity"
        )
    if subject.groups:
        notes.append(subject.groups)
    monitors = (subject.monitors.feature_drift, subject.monitors.score_drift)
    return ComparisonReport(
        rows=RowCounts(reference=before.rows, current=after.rows),
        drift=decision(
            results,
            columns_by_part(subject.compared),
            missed,
            not_read=[side.unreadable_note for side in (before, after) if side.many_unreadable],
            family_wise_rate=max((monitor.false_alarm_rate for monitor in monitors if monitor), default=0.01),
            independent_rows=independent,
        ),
        columns=_uses(subject),
        results=[result.model_copy(update={"message": format_report(result.message)}) for result in results],
        notes=notes,
    )


def _names(columns: Mapping[str, object]) -> str:
    shown = ", ".join(f"`{name}`" for name in list(columns)[:_NAMED])
    more = len(columns) - _NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown
