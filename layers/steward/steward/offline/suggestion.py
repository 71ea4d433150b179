"""Suggests a declaration from reference data, with a comment on every line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from steward.errors import BatchInvalid, SpecInvalid
from steward.events import PersonalDataFinding
from steward.offline.agreement import ColumnReader
from steward.offline.column_facts import collect_facts
from steward.offline.declaration_text import UNKNOWN_OWNER, DeclarationText
from steward.offline.entity_column import rows_in_groups
from steward.offline.hints import Hints
from steward.offline.inference import infer_cells
from steward.offline.personal_columns import find_in_cells, policy_lines
from steward.offline.sampling import sample_cells
from steward.offline.tables import FileTable, ProgressCallback, Table, TableBatch, no_progress, table_of
from steward.offline.task_inference import infer_task
from steward.spec.document import MAXIMUM_BYTES, read_spec
from steward.spec.features import CategoricalFeature
from steward.spec.spec_section import ModelName

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
    if model is not None:
        _check_name(model)
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
    facts = collect_facts(_report_progress(table, held, progress), features, time, label, quantities)
    if not any(column.role == "entity" for column in columns.values()):
        groups = rows_in_groups(cells, [name for name, column in columns.items() if column.role != "id"])
        facts = replace(facts, notes=(*facts.notes, groups)) if groups else facts
    suggested, personal = DeclarationText(table.name, columns, facts, purpose), find_in_cells(cells)
    name = model or _model_name(reference)
    try:
        text = _whole(suggested, personal, name, owner or UNKNOWN_OWNER)
        if len(text.encode()) > MAXIMUM_BYTES:
            text = _whole(suggested, personal, name, owner or UNKNOWN_OWNER, terse=True)
        read_spec(text)
    except SpecInvalid as error:
        problems = [f"the declaration inferred from {table.name}, {problem}" for problem in error.problems]
        raise SpecInvalid(problems) from None
    return text


def _whole(
    suggested: DeclarationText, personal: list[PersonalDataFinding], name: str, owner: str, *, terse: bool = False
) -> str:
    """The declaration, with what is to be done about personal data at its end."""
    text = suggested.text(name, owner, terse=terse)
    if not personal:
        return text
    return text + "".join(f"{line}\n" for line in policy_lines(personal, read_spec(text), terse=terse))


def _check_name(model: str) -> None:
    try:
        TypeAdapter(ModelName).validate_python(model)
    except ValidationError as error:
        raise SpecInvalid([f"--model: {error.errors()[0]['msg'].removeprefix('Value error, ')}"]) from None


def _report_progress(table: Table, held: list[TableBatch] | None, progress: ProgressCallback) -> Iterator[TableBatch]:
    rows = 0
    batches: Iterable[TableBatch] = table.batches() if held is None else held
    for batch in batches:
        rows += batch.rows
        progress(table.name, rows)
        yield batch


def _model_name(reference: object) -> str:
    """The file's name as a model can have it, without a word for what the file is to the model.

    >>> _model_name("Car loans_reference.csv"), _model_name("2024.csv")
    ('car-loans', 'model-2024')
    """
    stem = Path(reference).name.partition(".")[0] if isinstance(reference, str | Path) else ""
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-")
    name = _REFERENCE.sub("", name)
    return name if name[:1].isalpha() else f"model-{name}" if name else "my-model"
