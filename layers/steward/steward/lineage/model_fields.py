"""Differences between two fitted models, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.lineage.fields import FieldChange

_PLAIN = (str, bytes, bool, int, float, complex, type(None), np.generic, np.dtype, type)


def model_changes(before: object, after: object) -> Iterator[FieldChange]:
    """The fields that differ between two fitted models, by their path, such as `steps.estimator.coef_[0, 2]`.

    An array is one field: its cell that differs most is given, for tables of trees that of each column. The state of an
    object is what it would be copied by; what has none, such as a function, differs by its name alone.
    """
    yield from _changes(before, after, "")


def _changes(before: object, after: object, path: str) -> Iterator[FieldChange]:
    if type(before) is not type(after):
        yield FieldChange(field=path, before=_printable(before), after=_printable(after))
    elif isinstance(before, np.ndarray):
        yield from _array_changes(before, after, path)  # type: ignore[arg-type]
    elif isinstance(before, _PLAIN):
        if not _agree(before, after):
            yield FieldChange(field=path, before=_printable(before), after=_printable(after))
    else:
        was, now = _parts(before), _parts(after)
        for name in dict.fromkeys([*was, *now]):
            inner = f"{path}.{name}" if path else name
            if name in was and name in now:
                yield from _changes(was[name], now[name], inner)
            else:
                yield FieldChange(
                    field=inner,
                    before=_printable(was[name]) if name in was else None,
                    after=_printable(now[name]) if name in now else None,
                )


def _parts(value: object) -> dict[str, Any]:
    """What a value consists of, by name or place."""
    if isinstance(value, Mapping):
        return {str(name): inner for name, inner in value.items()}
    if isinstance(value, Sequence):
        return _name_steps(value) or {str(at): item for at, item in enumerate(value)}
    try:
        state = value.__getstate__()
    except TypeError:  # of an extension type that has no state that Python knows of
        state = None
    if isinstance(state, Mapping):
        return _parts(state)
    return {"name": getattr(value, "__qualname__", type(value).__qualname__)} if state is None else {"state": state}


def _name_steps(items: Sequence[object]) -> dict[str, object]:
    """The steps of a pipeline, or the parts of a column transformer, by name; nothing where these are not such."""
    if not all(isinstance(item, tuple) and item and isinstance(item[0], str) for item in items):
        return {}
    named = {name: rest[0] if len(rest) == 1 else rest for name, *rest in items}  # type: ignore[misc,has-type]
    return named if len(named) == len(items) else {}


def _array_changes(before: NDArray[Any], after: NDArray[Any], path: str) -> Iterator[FieldChange]:
    if (before.shape, before.dtype) != (after.shape, after.dtype):
        yield FieldChange(field=path, before=_form(before), after=_form(after))
    elif before.dtype.names:
        for name in before.dtype.names:
            yield from _array_changes(before[name], after[name], f"{path}.{name}")
    elif before.dtype.kind in "fc":
        with np.errstate(invalid="ignore"):  # infinity less infinity
            distance = np.abs(before - after)
        distance[np.isnan(before) & np.isnan(after) | (before == after)] = 0
        distance[np.isnan(distance)] = np.inf
        if distance.any():
            yield _cell_change(before, after, path, int(distance.argmax()))
    else:
        unlike = [not _agree(*pair) for pair in zip(before.ravel(), after.ravel(), strict=True)]
        if any(unlike):
            yield _cell_change(before, after, path, unlike.index(True))


def _cell_change(before: NDArray[Any], after: NDArray[Any], path: str, at: int) -> FieldChange:
    place = ", ".join(str(index) for index in np.unravel_index(at, before.shape))
    cells = [_printable(side.ravel()[at]) for side in (before, after)]
    return FieldChange(field=f"{path}[{place}]", before=cells[0], after=cells[1])


def _agree(before: Any, after: Any) -> bool:
    """Whether two cells are the same; not a number is the same as itself."""
    return before is after or bool(before == after) or bool(before != before and after != after)  # noqa: PLR0124


def _form(array: NDArray[Any]) -> str:
    return f"{array.dtype.name} of shape {array.shape}"


def _printable(value: object) -> object:
    """A value as JSON has it; of what JSON has no word for, the type."""
    plain = value.item() if isinstance(value, np.generic) and value.dtype.names is None else value
    if isinstance(plain, str | bool | int | float | type(None)):
        return plain
    if isinstance(plain, np.ndarray):
        return _form(plain)
    return str(plain) if isinstance(plain, _PLAIN) else f"a {type(plain).__name__}"
