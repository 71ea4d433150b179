"""Tables and text for ids, histories and differences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from steward.cli.history import STYLES
from steward.cli.terminal import console, draw_table
from steward.events import ObjectRef
from steward.lineage.artifact_history import ArtifactEvent
from steward.lineage.artifact_summary import summary
from steward.lineage.differences import DataDifference, Difference, Figures, ModelDifference, ProfilesCompared
from steward.lineage.fields import FieldChange
from steward.lineage.identifiers import Identified

_LISTED = 10
_CELL = 60


def story_table(model: str, entries: Sequence[ArtifactEvent]) -> Table:
    """One row a event, the newest first."""
    drawn = draw_table(f"What happened to {model}", "as of", "what", whole=("as of",))
    for entry in entries:
        style = STYLES.get(entry.happened.replace(" ", "_"), "")
        head = Text.assemble((entry.happened, style), f" {entry.id}")
        drawn.add_row(f"{entry.as_of:%Y-%m-%d %H:%M}", console.stack(head, entry.summary))
    return drawn


def show(item: Identified, document: Mapping[str, Any], stored: ObjectRef) -> None:
    """Print one thing for people."""
    console.print(Text.assemble((f"{item.kind} ", "bold"), (item.id, "bold cyan")))
    drawn = _plain("", "")
    for name, text in summary(item.kind, document).items():
        drawn.add_row(Text(name, style="dim"), Text(text))
    drawn.add_row(Text("stored", style="dim"), Text(f"{stored.key} (SHA-256 {stored.sha256})"))
    console.print(drawn)


def show_difference(found: Difference) -> None:
    """Print a difference for people: the spec, the model, then the data."""
    console.print(Text.assemble((f"{found.kind} ", "bold"), found.before, (" → ", "bold"), found.after))
    printed = False
    for table in _tables(found):
        console.print()
        console.print(table)
        printed = True
    if not printed:
        console.print("No difference.")


def _tables(found: Difference) -> Iterator[Table | Text]:
    if found.spec:
        yield changes_table("spec", found.spec)
    if found.model:
        yield from _model(found.model)
    if found.baseline:
        yield changes_table("baseline", found.baseline)
    if found.data:
        yield from _data(found.data)


def _model(model: ModelDifference) -> Iterator[Table]:
    if model.recipe:
        yield changes_table("recipe", model.recipe)
    if model.libraries:
        yield changes_table("libraries", model.libraries)
    if model.platform:
        yield changes_table("platform (rounding differs)", model.platform)
    if any(model.features.values()):
        yield changes_table("features", [FieldChange(field="only on one side", **model.features)])
    rows = {"training rows": model.training_rows, "holdout rows": model.holdout_rows}
    yield _figures("rows", rows)
    if model.metrics:
        yield _figures("metrics, each on its own holdout", model.metrics)
    if model.importances:
        yield _figures("importances", model.importances)


def _data(data: DataDifference) -> Iterator[Table | Text]:
    drawn = _plain(f"data {data.before} → {data.after}", "")
    for name, keys in (("only before", data.only_before), ("only after", data.only_after), ("changed", data.changed)):
        drawn.add_row(Text(name, style="dim"), Text(_list_objects(keys)))
    drawn.add_row(Text("in both", style="dim"), Text(f"{data.same:,} objects"))
    if data.rows:
        drawn.add_row(Text("rows", style="dim"), Text(f"{data.rows.before:,.0f} → {data.rows.after:,.0f}"))
    for side, names in data.columns.items():
        if names:
            drawn.add_row(Text(f"columns only {side}", style="dim"), Text(", ".join(names)))
    if data.unread:
        drawn.add_row(Text("rows", style="dim"), Text(f"not compared: {data.unread}"))
    yield drawn
    if data.spans:
        yield changes_table("spans", data.spans)
    if data.profiles:
        yield _profiles(data.profiles)


def _profiles(profiles: ProfilesCompared) -> Table:
    drawn = _plain("profiles", "")
    bad = [result for result in profiles.results if result.status == "drift"]
    for result in bad:
        drawn.add_row(Text(result.column or result.statistic, style="bold red"), Text(result.message))
    if not bad:
        drawn.add_row(Text("no drift", style="green"), Text(f"in {len(profiles.results):,} results"))
    for note in profiles.notes:
        drawn.add_row(Text("note", style="dim"), Text(note, style="dim"))
    return drawn


def _list_objects(keys: Sequence[str]) -> str:
    more = f"\nand {len(keys) - _LISTED:,} more" if len(keys) > _LISTED else ""
    return f"{len(keys):,} objects" + "".join(f"\n{key}" for key in keys[:_LISTED]) + more


def changes_table(title: str, changes: Sequence[FieldChange]) -> Table:
    """One row a field that differs."""
    drawn = _plain(title, "before", "after")
    for change in changes:
        drawn.add_row(Text(change.field), Text(_cell(change.before)), Text(_cell(change.after)))
    return drawn


def _figures(title: str, figures: Mapping[str, Figures]) -> Table:
    drawn = _plain(title, "before", "after", "change")
    for name, pair in figures.items():
        known = pair.before is not None and pair.after is not None
        change = f"{pair.after - pair.before:+.6g}" if known else ""  # type: ignore[operator]
        drawn.add_row(
            Text(name), *("" if side is None else f"{side:.6g}" for side in (pair.before, pair.after)), change
        )
    return drawn


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _CELL else f"{text[: _CELL - 3]}..."


def _plain(title: str, *headings: str) -> Table:
    named = [heading for heading in headings if heading]
    drawn = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False,
                  show_header=bool(named))  # fmt: skip
    drawn.add_column("", no_wrap=True)
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    return drawn
