"""The template as plain data, so that tests wire what it says and not what they think it says."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


@cache
def read_template(path: str = "template.yaml") -> dict[str, Any]:
    """A template, by its path in the repository, its short forms written out."""
    found: dict[str, Any] = yaml.load((ROOT / path).read_text(), Loader=_Loader)  # noqa: S506 - our own file
    return found


def target_function(arn: dict[str, Any]) -> str | None:
    """The function, by its logical id, that a rule's target wakes: itself or by its queue; None for dead letters."""
    logical: str = arn["Fn::GetAtt"][0]
    return None if logical.endswith("DeadLetters") else logical.removesuffix("Queue")


@cache
def with_queues() -> frozenset[str]:
    """The functions, by their logical ids, that take their messages from queues."""
    functions = resources("AWS::Serverless::Function")
    return frozenset(name for name, function in functions.items() if "Messages" in function.get("Events", {}))


@cache
def asynchronous() -> frozenset[str]:
    """The functions, by their logical ids, that rules and schedules invoke."""
    functions = resources("AWS::Serverless::Function")
    return frozenset(name for name, function in functions.items() if "EventInvokeConfig" in function)


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical id."""
    found = read_template()["Resources"]
    return {name: item.get("Properties", {}) for name, item in found.items() if item["Type"] == kind}
