"""The resources and parameters of `template.yaml` as plain data."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class _Loader(yaml.SafeLoader):
    """YAML in which a short form of CloudFormation is what it names: `!GetAtt Queue.Arn` is `Queue.Arn`."""


def _short_form(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else loader.construct_object(node)


_Loader.add_multi_constructor("!", _short_form)


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - our own file
    return found


def parameters() -> dict[str, dict[str, Any]]:
    """Every parameter, by its name, in the template's order."""
    found: dict[str, dict[str, Any]] = _read()["Parameters"]
    return found


@cache
def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical id, in the template's order."""
    found = _read()["Resources"]
    return {name: item["Properties"] for name, item in found.items() if item["Type"] == kind}
