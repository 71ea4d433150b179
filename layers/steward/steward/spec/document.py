"""Reading a declaration from YAML, with the line and column of everything that is wrong with it."""

import difflib
import re
from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from steward.errors import SpecInvalid
from steward.spec.estimators import untrainable
from steward.spec.model import ModelSpec

MAXIMUM_BYTES = 256 * 1024
_PROBLEMS_TOLD = 50
_PROBLEM_LENGTH = 300
"""What is said of one declaration fits into one event, whatever was uploaded."""

Position = tuple[int, int]
Path = tuple[str | int, ...]


def read_spec(text: str | bytes) -> ModelSpec:
    """The declaration that a YAML document holds.

    Raises:
        SpecInvalid: one line a problem, each with its place: `line 7, column 3: features.age.type: ...`.
    """
    if len(text) > MAXIMUM_BYTES:
        raise SpecInvalid([f"the file has {len(text):,} bytes; a declaration has at most {MAXIMUM_BYTES:,}"])
    text = _decoded(text)
    root = _compose(text)
    positions: dict[Path, Position] = {}
    problems: list[str] = []
    _refuse_aliases(root, set())
    content = _construct(root, (), positions, problems)
    if problems:
        raise SpecInvalid(_told(problems))
    try:
        spec = ModelSpec.model_validate(content)
    except ValidationError as error:
        raise SpecInvalid(_told([_problem(dict(detail), positions) for detail in error.errors()])) from None
    problems = [
        _problem({"loc": path, "msg": why, "type": "untrainable"}, positions) for path, why in untrainable(spec)
    ]
    if problems:
        raise SpecInvalid(_told(problems))
    return spec


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place(text[: error.start].decode())
        raise SpecInvalid([f"{place}: byte 0x{text[error.start]:02x} is not UTF-8; save the file as UTF-8"]) from None


def _place(before: str) -> str:
    """Where the text ends."""
    return f"line {before.count('\n') + 1}, column {len(before) - before.rfind('\n')}"


def _told(problems: list[str]) -> list[str]:
    told = [
        problem if len(problem) <= _PROBLEM_LENGTH else f"{problem[: _PROBLEM_LENGTH - 3]}..."
        for problem in problems[:_PROBLEMS_TOLD]
    ]
    more = len(problems) - len(told)
    return [*told, f"and {more:,} more"] if more else told


def _compose(text: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise SpecInvalid([f"{place}not YAML: {error.problem}"]) from None
    except yaml.reader.ReaderError as error:
        place = _place(text[: error.position])
        raise SpecInvalid([f"{place}: not YAML: character {text[error.position]!a} is not allowed"]) from None
    except RecursionError:
        raise SpecInvalid(["not YAML that a declaration needs: it is nested too deeply"]) from None
    if root is None:
        raise SpecInvalid(["the file is empty; declare at least model, owner, task, columns, features and retraining"])
    if not isinstance(root, yaml.MappingNode):
        raise SpecInvalid(["line 1, column 1: a declaration is a mapping, such as `model: my-model`"])
    return root


def _refuse_aliases(node: yaml.Node, seen: set[int]) -> None:
    """A node that is reached twice stands under an alias, which can hide a document of any size in a few lines."""
    if id(node) in seen:
        place = f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}"
        raise SpecInvalid([f"{place}: anchors and aliases are not used in declarations; write it out"])
    seen.add(id(node))
    if isinstance(node, yaml.CollectionNode):
        for item in node.value:
            for child in item if isinstance(item, tuple) else (item,):
                _refuse_aliases(child, seen)


def _construct(node: yaml.Node, path: Path, positions: dict[Path, Position], problems: list[str]) -> object:
    """Plain values of a node tree, noting where each path stands, and what is wrong with it as YAML."""
    positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        content: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(_scalar(key_node, problems))
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if key in content:
                problems.append(f"line {line}, column {column}: {key} stands twice; keep one")
            positions[(*path, key)] = (line, column)
            content[key] = _construct(value_node, (*path, key), positions, problems)
        return content
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*path, index), positions, problems) for index, item in enumerate(node.value)]
    value = _scalar(node, problems)
    return value if value is None else yaml.SafeLoader("").construct_object(node)


def _scalar(node: yaml.Node, problems: list[str]) -> str | None:
    """The text of a key or a value; None, with the problem noted, where it can have no plain value."""
    place = f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}"
    if not isinstance(node, yaml.ScalarNode):
        problems.append(f"{place}: a key is one word, not a list or a mapping")
        return None
    text = str(node.value)
    try:
        text.encode()
        yaml.SafeLoader("").construct_object(node)
    except yaml.MarkedYAMLError:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        problems.append(f"{place}: {tag} is no type of plain YAML; write the value out, without it")
    except ValueError as error:
        problems.append(f"{place}: {text[:40]!a} cannot be read ({error}); put it in quotes if it is text")
    else:
        return text
    return None


def _problem(detail: dict[str, Any], positions: dict[Path, Position]) -> str:
    """One line for one pydantic error: where it stands, its path, what to do."""
    known = _nearest((*detail["loc"], *detail.get("ctx", {}).get("place", ())), positions)
    line, column = positions[known]
    name = (*known, detail["loc"][-1]) if detail["type"] == "missing" else known
    return f"line {line}, column {column}: {'.'.join(map(str, name)) or 'the declaration'}: {_message(detail)}"


def _message(detail: dict[str, Any]) -> str:
    """What pydantic found, in the words of a declaration."""
    told, context = str(detail["msg"]).removeprefix("Value error, "), detail.get("ctx", {})
    match detail["type"]:
        case "misplaced":
            told = str(context["problem"])
        case "union_tag_invalid":
            told = f"{context['tag']!r} is no type; choose one of {context['expected_tags']}"
        case "literal_error":
            told = _choose(detail["input"], re.findall(r"'([^']*)'", str(context["expected"])))
        case "string_type" if isinstance(detail["input"], bool | int | float):
            told += "; put it in quotes"
    return _PLAINLY.get(detail["type"], told)


_SETTINGS = "here stand settings, such as `key: value`"
_PLAINLY = {
    "extra_forbidden": "no such setting; check its spelling and its indentation",
    "missing": "is missing",
    "union_tag_not_found": "has no type; write one, such as `type: numeric`",
    "model_type": _SETTINGS,
    "model_attributes_type": _SETTINGS,
    "dict_type": _SETTINGS,
}


def _choose(found: object, names: Sequence[str]) -> str:
    """What can stand in the place of something else, the likest first: a long list is cut short."""
    likeness = {name: difflib.SequenceMatcher(None, str(found), name).ratio() for name in names}
    likest = sorted(names, key=lambda name: -likeness[name])
    return f"{str(found)[:40]!r} is none of the choices; choose one of {', '.join(likest)}"


def _nearest(path: Path, positions: dict[Path, Position]) -> Path:
    """The longest known path that the error's path runs through; union tags in it are passed over."""
    known: Path = ()
    for part in path:
        if (*known, part) in positions:
            known = (*known, part)
    return known
