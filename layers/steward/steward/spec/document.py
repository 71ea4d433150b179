"""Reading a declaration from YAML, with the line and column of everything that is wrong with it."""

from typing import Any

import yaml
from pydantic import ValidationError

from steward.errors import SpecInvalid
from steward.spec.model import ModelSpec

MAXIMUM_BYTES = 256 * 1024

Position = tuple[int, int]
Path = tuple[str | int, ...]


def read_spec(text: str | bytes) -> ModelSpec:
    """The declaration that a YAML document holds.

    Raises:
        SpecInvalid: one line a problem, each with its place: `line 7, column 3: features.age.type: ...`.
    """
    if len(text) > MAXIMUM_BYTES:
        raise SpecInvalid([f"the file has {len(text):,} bytes; a declaration has at most {MAXIMUM_BYTES:,}"])
    root = _compose(text)
    positions: dict[Path, Position] = {}
    repeated: list[str] = []
    _refuse_aliases(root, set())
    content = _construct(root, (), positions, repeated)
    if repeated:
        raise SpecInvalid(repeated)
    try:
        return ModelSpec.model_validate(content)
    except ValidationError as error:
        raise SpecInvalid([_problem(dict(detail), positions) for detail in error.errors()]) from None


def _compose(text: str | bytes) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise SpecInvalid([f"{place}not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SpecInvalid([f"not YAML: {error}"]) from None
    if root is None:
        raise SpecInvalid(["the file is empty; declare at least model, owner, task, columns, features and retraining"])
    if not isinstance(root, yaml.MappingNode):
        raise SpecInvalid(["line 1, column 1: a declaration is a mapping, such as `model: my-model`"])
    return root


def _refuse_aliases(node: yaml.Node, seen: set[int]) -> None:
    """A node that is reached twice stands under an alias, which can hide a document of any size in a few lines."""
    if id(node) in seen:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        raise SpecInvalid([f"line {line}, column {column}: anchors and aliases are not used in declarations; write it out"])
    seen.add(id(node))
    if isinstance(node, yaml.CollectionNode):
        for item in node.value:
            for child in item if isinstance(item, tuple) else (item,):
                _refuse_aliases(child, seen)


def _construct(node: yaml.Node, path: Path, positions: dict[Path, Position], repeated: list[str]) -> Any:
    """Plain values of a node tree, noting where each path stands and which keys stand twice."""
    positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(getattr(key_node, "value", ""))
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if key in content:
                repeated.append(f"line {line}, column {column}: {key} stands twice; keep one")
            positions[(*path, key)] = (line, column)
            content[key] = _construct(value_node, (*path, key), positions, repeated)
        return content
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*path, index), positions, repeated) for index, item in enumerate(node.value)]
    return yaml.SafeLoader("").construct_object(node)  # type: ignore[no-untyped-call]


def _problem(detail: dict[str, Any], positions: dict[Path, Position]) -> str:
    """One line for one pydantic error: where it stands, its path, what to do."""
    path: Path = tuple(part for part in detail["loc"])
    known = _nearest(path, positions)
    line, column = positions[known]
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        message = "no such setting; check its spelling and its indentation"
    if detail["type"] == "missing":
        message = "is missing"
    name = ".".join(str(part) for part in path) or "the declaration"
    return f"line {line}, column {column}: {name}: {message}"


def _nearest(path: Path, positions: dict[Path, Position]) -> Path:
    """The longest known path that the error's path runs through; union tags in it are passed over."""
    known: Path = ()
    for part in path:
        if (*known, part) in positions:
            known = (*known, part)
    return known
