"""Problems of a declaration: location, description and remedy."""

import difflib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from steward.spec.model import ModelSpec

_TOLD = 50
_LENGTH = 300
"""What is said of one declaration fits into one event, whatever was uploaded."""
_SHOWN = 40
_LISTED = 200
"""Characters of choices that are listed."""

Path = tuple[str | int, ...]
Positions = dict[Path, tuple[int, int] | None]
"""The line and column of everything that a declaration has; None where it is no text."""


def list_problems(error: ValidationError, positions: Positions) -> list[str]:
    """One line for each thing that pydantic found, in the words of a declaration."""
    found = (
        describe(_place(detail), _message(detail), positions, absent=detail["type"] == "missing")
        for detail in map(dict, error.errors())
    )
    return list(dict.fromkeys(found))


def describe(path: Path, problem: str, positions: Positions, *, absent: bool = False) -> str:
    """One line for one problem: `line 7, column 3: features.age.type: ...`.

    Args:
        path: of the setting; tags of unions in it, which are nowhere in the text, are passed over.
        problem: what is wrong with it, and what to do.
        positions: of what is there.
        absent: whether the last part of the path is what is missing.
    """
    known: Path = ()
    for part in path:
        if (*known, part) in positions:
            known = (*known, part)
    position = positions[known]
    name = (*known, path[-1]) if absent else known
    place = f"line {position[0]}, column {position[1]}: " if position else ""
    return f"{place}{'.'.join(map(str, name)) or 'the declaration'}: {problem}"


def shorten_problems(problems: Sequence[str]) -> list[str]:
    """The same, each cut and all counted where they are too long or too many for one event."""
    shown = [problem if len(problem) <= _LENGTH else f"{problem[: _LENGTH - 3]}..." for problem in problems[:_TOLD]]
    more = len(problems) - len(shown)
    return [*shown, f"and {more:,} more"] if more else shown


def _place(detail: Mapping[str, Any]) -> Path:
    return (*detail["loc"], *detail.get("ctx", {}).get("place", ()))


_SETTINGS = "here stand settings, such as `key: value`"
_PLAINLY = {
    "missing": "is missing",
    "union_tag_not_found": "has no type; write one, such as `type: numeric`",
    "model_type": _SETTINGS,
    "model_attributes_type": _SETTINGS,
    "dict_type": _SETTINGS,
    "list_type": "here stands a list, such as `[first, second]`",
}


def _message(detail: Mapping[str, Any]) -> str:
    """What is wrong, and what to do."""
    found, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "misplaced":
            sentence = str(context["problem"])
        case "extra_forbidden":
            sentence = _unknown(str(detail["loc"][-1]), _settings_at(detail["loc"][:-1]))
        case "union_tag_invalid":
            sentence = f"{context['tag']!r} is no type; choose one of {context['expected_tags']}"
        case "literal_error":
            sentence = _choose(found, re.findall(r"'([^']*)'", str(context["expected"])))
        case "string_type" if isinstance(found, bool | int | float):
            sentence = f"{_show(found)} is no text; put it in quotes"
        case "float_parsing" | "float_type" | "int_parsing" | "int_type":
            sentence = f"{_show(found)} is no number; {_number(found)}"
        case "bool_parsing" | "bool_type":
            sentence = f"{_show(found)} is neither; write true or false"
        case kind:
            sentence = _PLAINLY.get(kind) or str(detail["msg"]).replace("Input should", f"{_show(found)} should", 1)
    return sentence.removeprefix("Value error, ").replace("datetime.timedelta(0)", "0s")


def _show(found: object) -> str:
    """A value as YAML has it, cut where it is long."""
    if found is None or isinstance(found, bool):
        return {None: "null", True: "true", False: "false"}[found]
    text = str(found) if isinstance(found, int | float) else repr(found)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _number(found: object) -> str:
    """How to write it as one."""
    share = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*%\s*", found) if isinstance(found, str) else None
    return f"write {float(share[1]) / 100:g}" if share else "write digits, with a point where there is a fraction"


def _choose(found: object, names: Sequence[str]) -> str:
    """What can stand in the place of something else, the likest first; of a long list the likest alone."""
    likeness = {name: difflib.SequenceMatcher(None, str(found), name).ratio() for name in names}
    likest = sorted(names, key=lambda name: (-likeness[name], name))
    lengths = itertools.accumulate(len(name) + len(", ") for name in likest)
    shown = [name for name, length in zip(likest, lengths, strict=True) if length <= _LISTED]
    more = f", or {len(likest) - len(shown)} others" if len(shown) < len(likest) else ""
    return f"{_show(found)} is none of the choices; choose one of {', '.join(shown)}{more}"


def _unknown(name: str, names: Sequence[str]) -> str:
    """That there is no such setting, and which is meant."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"no such setting; {f'is it {near[0]}?' if near else f'there are {", ".join(names)}'}"


def _settings_at(path: Path) -> list[str]:
    """The names of the settings that can stand somewhere in a declaration."""
    models: list[type[BaseModel]] = [ModelSpec]
    for part in path:
        inner = [
            found
            for model in models
            for name, field in model.model_fields.items()
            if part == name
            for found in _models_in(field.annotation)
        ]
        tagged = [model for model in models if part in _tags(model)]
        models = inner or tagged or models
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The kinds of settings that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _tags(model: type[BaseModel]) -> tuple[object, ...]:
    """What the `type` of a kind of settings says."""
    return get_args(model.model_fields["type"].annotation) if "type" in model.model_fields else ()
