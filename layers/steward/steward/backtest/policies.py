"""Policies to rehearse: the declaration's own, and those that files put in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from steward.errors import SpecInvalid
from steward.spec.document import check_spec
from steward.spec.model import ModelSpec

_SECTIONS = ("retraining", "validation")
DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class RehearsedPolicy:
    """A policy by name: the declaration with its settings in place."""

    name: str
    spec: ModelSpec


def rehearsed_policies(spec: ModelSpec, files: Sequence[Path]) -> list[RehearsedPolicy]:
    """The declared policy, then one of each file.

    Args:
        spec: the declaration.
        files: YAML with a section `retraining`, `validation`, or both; each setting replaces the declared one, and null
            puts its default in place. A policy is called like its file.

    Raises:
        SpecInvalid: a file cannot be read, is called like another, or says what no declaration may.
    """
    found = [RehearsedPolicy(DECLARED, spec)]
    for path in files:
        if path.stem in {policy.name for policy in found}:
            raise SpecInvalid([f"{path}: another policy is called {path.stem}; give each file a name of its own"])
        found.append(RehearsedPolicy(path.stem, _with_policy(spec, path)))
    return found


def _with_policy(spec: ModelSpec, path: Path) -> ModelSpec:
    content: dict[str, Any] = spec.model_dump(mode="json", exclude_unset=True)
    for section, settings in _read(path).items():
        merged = {**content.get(section, {}), **settings}
        content[section] = {name: value for name, value in merged.items() if value is not None}
    try:
        return check_spec(content)
    except SpecInvalid as error:
        raise SpecInvalid([f"{path}: {problem}" for problem in error.problems]) from None


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise SpecInvalid([f"{path} cannot be read ({error.strerror}); name a YAML file"]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise SpecInvalid([f"{path}: {place}not YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise SpecInvalid([f"{path} is not YAML: {str(error).splitlines()[0]}"]) from None
    if not isinstance(content, dict) or not content or not all(isinstance(part, dict) for part in content.values()):
        raise SpecInvalid([f"{path}: write a section `retraining:` or `validation:` with the settings to replace"])
    if others := sorted(map(str, content.keys() - set(_SECTIONS))):
        raise SpecInvalid([f"{path}: {', '.join(others)}: a policy is made of `retraining` and `validation` alone"])
    return content
