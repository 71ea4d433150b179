"""Reads a declaration from YAML and reports problems with line and column."""

from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import ValidationError

from steward.errors import SpecInvalid
from steward.spec.estimators import untrainable
from steward.spec.model import ModelSpec
from steward.spec.problems import Path, Positions, describe, list_problems, shorten_problems

MAXIMUM_BYTES = 256 * 1024


def read_spec(text: str | bytes) -> ModelSpec:
    """The declaration that a YAML document holds.

    Raises:
        SpecInvalid: one line a problem, each with its place: `line 7, column 3: features.age.type: ...`.
    """
    if len(text) > MAXIMUM_BYTES:
        raise SpecInvalid([f"the file has {len(text):,} bytes; a declaration has at most {MAXIMUM_BYTES:,}"])
    text = _decode(text)
    root = _compose(text)
    positions: Positions = {}
    problems: list[str] = []
    _refuse_aliases(root, set())
    content = _construct(root, (), positions, problems)
    if problems:
        raise SpecInvalid(shorten_problems(problems))
    return _validate(content, positions)


def read_spec_file(path: FilePath) -> ModelSpec:
    """The declaration that a file holds.

    Raises:
        SpecInvalid: as of `read_spec`, each line with the file's name; or the file cannot be read.
    """
    try:
        return read_spec(path.read_bytes())
    except OSError as error:
        raise SpecInvalid([f"{path} cannot be read ({error.strerror}); name a declaration (.yaml)"]) from None
    except SpecInvalid as error:
        raise SpecInvalid([f"{path}: {problem}" for problem in error.problems]) from None


def check_spec(content: Mapping[str, Any]) -> ModelSpec:
    """The declaration that a dictionary holds, as the YAML of one would be read.

    Raises:
        SpecInvalid: one line a problem, each with the path of the setting.
    """
    return _validate(dict(content), dict.fromkeys(_paths(content)))


def _validate(content: object, positions: Positions) -> ModelSpec:
    try:
        spec = ModelSpec.model_validate(content, extra="forbid")
    except ValidationError as error:
        raise SpecInvalid(shorten_problems(list_problems(error, positions))) from None
    problems = [describe(path, why, positions) for path, why in untrainable(spec)]
    if problems:
        raise SpecInvalid(shorten_problems(problems))
    return spec


def _paths(content: object, path: Path = ()) -> Iterator[Path]:
    """Where each part of plain values stands."""
    yield path
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _paths(value, (*path, key))
    elif isinstance(content, list | tuple):
        for index, value in enumerate(content):
            yield from _paths(value, (*path, index))


def _decode(text: str | bytes) -> str:
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


def _compose(text: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        quoted = "; put the value in quotes" if "cannot start any token" in str(error.problem) else ""
        raise SpecInvalid([f"{place}not YAML: {error.problem}{quoted}"]) from None
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


def _construct(node: yaml.Node, path: Path, positions: Positions, problems: list[str]) -> object:
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


def open_questions(text: str) -> list[str]:
    """The lines with which `steward suggest` begins a declaration that it could not complete."""
    lines = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return [line.removeprefix("# ") for line in lines if line.startswith("# TO DO")]
