"""Whether a file has the columns that its kind asks for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from steward.errors import BatchInvalid
from steward.records.raw import Format
from steward.spec.model import ModelSpec

Kind = Literal["predictions", "labels", "reference"]

_SHOWN = 40
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Expected:
    """The columns that a kind of file has, in the order in which records store them."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @classmethod
    def of(cls, spec: ModelSpec, kind: Kind) -> "Expected":
        """What a model's declaration asks of this kind."""
        columns = spec.columns
        prediction = (columns.prediction,) if columns.prediction else ()
        match kind:
            case "predictions":
                return cls((columns.id, columns.time, columns.score, *prediction, *spec.features), (columns.version,))
            case "labels":
                return cls((columns.id, columns.label), (columns.time,))
            case "reference":
                optional = (columns.version, columns.score, *prediction)
                return cls((columns.id, columns.time, columns.label, *spec.features), optional)

    def check(self, found: Sequence[str], file_format: Format) -> list[str]:
        """Notes worth telling the user once: the columns that will be ignored.

        Raises:
            BatchInvalid: a column is missing, or a name is given twice.
        """
        repeated = [name for name, count in Counter(found).items() if count > 1 and name]
        if repeated:
            raise BatchInvalid(
                "duplicate_columns", f"the file has more than one column {_listed(repeated)}; give each its own name"
            )
        missing = [name for name in self.required if name not in found]
        if missing:
            raise self._missing(missing, found, file_format)
        known = {*self.required, *self.optional}
        extra = [name for name in found if name not in known and name]
        return [f"columns that the declaration does not name were ignored: {_listed(extra)}"] if extra else []

    def _missing(self, missing: list[str], found: Sequence[str], file_format: Format) -> BatchInvalid:
        if file_format == "csv" and len(missing) == len(self.required) and any(_is_number(name) for name in found):
            return BatchInvalid(
                "missing_header",
                f"the first line looks like a row ({_listed(found)}), not like a header; "
                f"put a line with the column names first: {_listed(self.required)}",
            )
        unused = [name for name in found if name not in self.required]
        lines = []
        for name in missing:
            near = get_close_matches(name, unused, n=1)
            lines.append(f"{name} (is it {near[0]}?)" if near else name)
        return BatchInvalid(
            "missing_columns",
            f"the file lacks {'columns' if len(missing) > 1 else 'column'} {_listed(lines)}; it has {_listed(found)}; "
            f"rename or add what is missing, or correct the declaration{_separator_hint(found)}",
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _separator_hint(found: Sequence[str]) -> str:
    used = [word for sign, word in _SEPARATORS.items() if len(found) == 1 and sign in found[0]]
    return f"; its fields seem to be separated by {used[0]}: separate them by commas" if used else ""


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
