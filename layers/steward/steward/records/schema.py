"""Checks that a file has the columns of its kind."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from steward.errors import BatchInvalid
from steward.records.raw import Format
from steward.results import count_of
from steward.spec.model import ModelSpec
from steward.spec.telemetry import telemetry_columns

RecordKind = Literal["predictions", "labels", "reference", "telemetry", "shadows", "withdrawals"]
"""What a file holds; withdrawals are the ids of rows of another kind."""

MODEL_COLUMN = "steward_model"
"""The key of a served row's record by which Firehose finds the folder of its model: nobody's column."""
ARM_COLUMN = "arm"
"""The key of a record that says which arm of a release answered: no change of the schema."""

_SHOWN = 40
_SEPARATORS = {"\x01": "the sign 0x01", ":": "colons", "^": "carets", "~": "tildes", " ": "blanks"}
"""Of CSV files that cannot be read, since these separate their fields."""


@dataclass(frozen=True, slots=True)
class ExpectedColumns:
    """The columns that a kind of file has, in the order in which records store them.

    Attributes:
        required: without these the file is refused.
        optional: declared, and missed when they are not there.
        incidental: taken where they are, and not missed.
        some: of these one at least is there.
        nullable: those of the required whose cells may be empty: an object of JSON may leave them out.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    incidental: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    nullable: frozenset[str] = frozenset()

    @classmethod
    def of(cls, spec: ModelSpec, kind: RecordKind) -> "ExpectedColumns":
        """What a model's declaration asks of this kind.

        Raises:
            BatchInvalid: labels, for a task that has none.
        """
        columns = spec.columns
        match kind:
            case "predictions":
                return cls(
                    (columns.id, columns.time, *_results(spec), *spec.features, *_attributes(spec, nullable=False)),
                    (
                        *_attributes(spec, nullable=True),
                        *_entity(spec),
                        *columns.operation.values(),
                        *columns.attributions.values(),
                    ),
                    (columns.version,),
                    nullable=_nullable(spec),
                )
            case "labels":
                if not has_labels(spec):
                    raise BatchInvalid(
                        "no_labels", f"{spec.task} has no labels; send judge scores among the declared outputs instead"
                    )
                return cls((columns.id, columns.label), (), (columns.time,))
            case "reference":
                return _reference(spec)
            case "withdrawals":
                return cls((columns.id,), (), (columns.time,))
            case "shadows":
                if not has_labels(spec):
                    raise BatchInvalid("no_labels", f"{spec.task} has no labels to compare shadows by; send none")
                decided = (columns.prediction,) if columns.prediction else ()
                value, decision = (decided, ()) if spec.task == "regression" else ((), decided)
                return cls((columns.id, columns.time, columns.version, *columns.outputs.values(), *value), decision)
            case "telemetry":
                measures = tuple(telemetry_columns(columns).values())
                return cls((columns.time,), (), (*measures, columns.version), some=measures)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.required, *self.optional, *self.incidental)

    def absent(self, found: Collection[str]) -> tuple[str, ...]:
        """The optional columns that a file lacks."""
        return tuple(name for name in self.optional if name not in found)

    def undeclared(self, found: Collection[str]) -> tuple[str, ...]:
        """The columns of a file that the declaration does not name."""
        known = frozenset((*self.names, MODEL_COLUMN, ARM_COLUMN))
        return tuple(name for name in found if name and name not in known)

    def check(self, found: Sequence[str], file_format: Format) -> list[str]:
        """Notes worth telling the user once: the columns that will be ignored.

        Raises:
            BatchInvalid: a column is missing, or a name is given twice.
        """
        named = file_format != "csv" or any(name in self.names for name in found)  # else it may be a row
        repeated = [name for name, count in Counter(found).items() if count > 1 and name]
        if repeated:
            which = _join_names(repeated) if named else f"of the same name ({len(repeated):,} names)"
            raise BatchInvalid(
                "duplicate_columns", f"the file has more than one column {which}; give each its own name"
            )
        nulls = self.nullable if file_format == "jsonl" else frozenset()
        missing = [name for name in self.required if name not in found and name not in nulls]
        if missing:
            raise self._missing(missing, found, file_format, named=named)
        if self.some and not any(name in found for name in self.some):
            raise BatchInvalid(
                "missing_columns",
                f"the file has none of the columns {_join_names(self.some)}; {_list_found(found, named=named)}; "
                "add one of them",
            )
        extra = self.undeclared(found)
        return [f"columns that the declaration does not name were ignored: {_join_names(extra)}"] if extra else []

    def _missing(self, missing: list[str], found: Sequence[str], file_format: Format, *, named: bool) -> BatchInvalid:
        if file_format == "csv" and len(missing) == len(self.required) and any(_is_number(name) for name in found):
            return BatchInvalid(
                "missing_header",
                "the first line looks like a row, not like a header; "
                f"put a line with the column names first: {_join_names(self.required)}",
            )
        unused = [name for name in found if name not in self.required]
        lines = []
        for name in missing:
            near = get_close_matches(name, unused, n=1)
            lines.append(f"{name} (is it {near[0]}?)" if near else name)
        return BatchInvalid(
            "missing_columns",
            f"the file lacks {'columns' if len(missing) > 1 else 'column'} {_join_names(lines)}; "
            f"{_list_found(found, named=named)}; "
            f"rename or add what is missing, or correct the declaration{_separator_hint(found)}",
        )


def has_labels(spec: ModelSpec) -> bool:
    """Whether the truth can ever be known of a task's predictions."""
    return spec.task != "text_generation"


def _results(spec: ModelSpec) -> tuple[str, ...]:
    """What the model gave: scores, the decided class or predicted value, and further outputs."""
    prediction = (spec.columns.prediction,) if spec.columns.prediction else ()
    return (*spec.columns.outputs.values(), *prediction, *spec.outputs)


def _entity(spec: ModelSpec) -> tuple[str, ...]:
    """The column that says of whom rows are, where it is no feature or attribute besides."""
    entity = spec.columns.entity
    return (entity,) if entity is not None and spec.column(entity) is None else ()


def _attributes(spec: ModelSpec, *, nullable: bool) -> tuple[str, ...]:
    return tuple(name for name, attribute in spec.attributes.items() if attribute.nullable == nullable)


def _reference(spec: ModelSpec) -> ExpectedColumns:
    """Rows to train on have labels; rows that a model trained elsewhere is adopted from have its results."""
    columns = spec.columns
    label = (columns.label,) if has_labels(spec) else ()
    others = (*columns.operation.values(), *columns.attributions.values(), columns.version)
    if spec.retraining.recipe is None:
        required, optional, incidental = _results(spec), label, others
    else:
        required, optional, incidental = label, (), (*_results(spec), *others)
    return ExpectedColumns(
        (columns.id, columns.time, *required, *spec.features),
        (*optional, *spec.attributes, *_entity(spec)),
        incidental,
        nullable=_nullable(spec),
    )


def _nullable(spec: ModelSpec) -> frozenset[str]:
    return frozenset(name for name, feature in spec.features.items() if feature.nullable)


def _join_names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _list_found(found: Sequence[str], *, named: bool) -> str:
    """The columns of a file; a first line without any name that is declared may be a row, and is not shown."""
    if named:
        return f"it has {_join_names(found)}"
    return f"its first line ({count_of(len(found), 'column')}) names none that is declared: is it a header?"


def _separator_hint(found: Sequence[str]) -> str:
    used = [word for sign, word in _SEPARATORS.items() if len(found) == 1 and sign in found[0]]
    mend = "separate them by commas, semicolons, tabs or bars"
    return f"; its fields seem to be separated by {used[0]}: {mend}" if used else ""


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
