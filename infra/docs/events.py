"""The order of events: which function wakes on what, and what it emits.

What wakes a function is read from the rules of `template.yaml`. What it emits is read from the code: the event classes
that are constructed in the modules that its `app.py` imports, directly or through others.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

from infra.docs import packages, template
from steward import events
from steward.ledger import Action

ROOT = Path(__file__).parents[2]
PACKAGE = "steward"
_PARSES = {"decode", "model_validate", "model_validate_json"}
_OVERVIEW = 15
"""A function that listens to more kinds of event than this is in the table alone: its arrows would hide the others."""

type Emitted = dict[str, list[str]]
"""The names of the events that each function emits, in alphabetical order."""


def functions() -> dict[str, str]:
    """The functions by their logical ids, in the order of the template."""
    found = template.of_type("AWS::Serverless::Function")
    return {name: function["CodeUri"].split("/")[1] for name, function in found.items()}


@cache
def subscriptions() -> dict[str, list[str]]:
    """What wakes each function by a rule: the names of events, S3 prefixes, or a schedule."""
    found: dict[str, list[str]] = {name: [] for name in functions().values()}
    for rule in template.of_type("AWS::Events::Rule").values():
        for target in rule["Targets"]:
            if not target["Arn"].endswith("DeadLetters.Arn"):
                found[_function_of(target["Arn"])] += _causes(rule)
    return found


def scheduled() -> list[str]:
    """The functions that the schedules of models wake."""
    role = template.of_type("AWS::IAM::Role")["ScheduleRole"]
    statements = [one for one in role["Policies"][0]["PolicyDocument"]["Statement"] if isinstance(one, dict)]
    targets = [arn for statement in statements for arn in statement["Resource"] if arn != "UndeliveredEvents.Arn"]
    return [_function_of(arn) for arn in targets]


@cache
def emitted() -> Emitted:
    """The events that each function emits."""
    return _by_function(_constructed)


@cache
def recorded() -> dict[str, list[str]]:
    """The ledger actions that each function records, in alphabetical order."""
    return _by_function(_recorded)


def _by_function(look: Callable[[str], Iterable[str]]) -> dict[str, list[str]]:
    """What is found in the modules that each function loads."""
    graph = packages.modules()
    seen = {module: set(look(module)) for module in graph.modules}
    found = {}
    for name in functions().values():
        loaded = set(_imported(ROOT / "functions" / name / "app.py", graph.modules))
        loaded |= {behind for module in loaded for behind in graph.find_upstream_modules(module)}
        found[name] = sorted({word for module in loaded for word in seen[module]})
    return found


def picture() -> str:
    """The functions and the events between them, as a Mermaid flowchart."""
    emits, listens = emitted(), subscriptions()
    lines = ["```mermaid", "flowchart LR"]
    lines += [f"    inbox[/S3 uploads/] -- {', '.join(keys)} --> {name}" for name, keys in _uploads(listens).items()]
    lines.append(f"    schedules((schedules)) --> {' & '.join(scheduled())}")
    lines.append("    people([people: signed commands]) --> accept_commands")
    for emitter, names in emits.items():
        for listener, wanted in listens.items():
            between = [name for name in names if name in wanted]
            if between and emitter != listener and len(set(wanted)) <= _OVERVIEW:
                lines.append(f"    {emitter} -- {'<br>'.join(between)} --> {listener}")
    lines.append("    raise_alerts & watch_deployment --> topic([SNS: people, queues, endpoints])")
    return "\n".join([*lines, "```"])


def table() -> str:
    """Every event, in the order of `steward.events`: who emits it and whom it wakes."""
    emits, listens = emitted(), subscriptions()
    lines = ["| event | emitted by | wakes |", "| --- | --- | --- |"]
    for name in events.EVENTS:
        by = [f"`{function}`" for function, names in emits.items() if name in names]
        wakes = [f"`{function}`" for function, names in listens.items() if name in names]
        lines.append(f"| `{name}` | {', '.join(by) or 'schedules'} | {', '.join(wakes) or '–'} |")
    return "\n".join(lines)


def permissions() -> str:
    """What each function may publish and record."""
    lines = ["| function | publishes | records |", "| --- | --- | --- |"]
    for name, published in emitted().items():
        actions = ", ".join(f"`{action}`" for action in recorded()[name])
        events_of = ", ".join(f"`{event}`" for event in published)
        lines.append(f"| `{name}` | {events_of or '–'} | {actions or '–'} |")
    return "\n".join(lines)


def _function_of(target: str) -> str:
    return functions()[target.removesuffix(".Arn").removesuffix("Queue")]


def _causes(rule: dict[str, Any]) -> list[str]:
    pattern = rule.get("EventPattern")
    if pattern is None:
        return [rule["ScheduleExpression"]]
    if pattern["source"] == ["aws.s3"]:
        return [f"{key['prefix']}" for key in pattern["detail"]["object"]["key"]]
    return list(pattern["detail-type"])


def _uploads(listens: dict[str, list[str]]) -> dict[str, list[str]]:
    found = {name: [cause for cause in causes if cause.endswith("/")] for name, causes in listens.items()}
    return {name: keys for name, keys in found.items() if keys}


def _imported(app: Path, modules: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(app.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{PACKAGE}."):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in modules else node.module


def _constructed(module: str) -> Iterator[str]:
    """The events that a module constructs: by a call, in a loop over classes, or by the class that becomes it."""
    known = set(events.EVENTS)
    for node in ast.walk(_parse(module)):
        if isinstance(node, ast.Call):
            found = node.func
            if isinstance(found, ast.Attribute) and found.attr not in _PARSES:
                found = found.value
            if isinstance(found, ast.Name) and found.id in known:
                yield found.id
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Name) and node.value.id in known:
            yield node.value.id
        if isinstance(node, ast.For):
            yield from {name.id for name in ast.walk(node.iter) if isinstance(name, ast.Name)} & known


def _recorded(module: str) -> set[str]:
    """The ledger actions that a module records: those it names, if it uses the outbox, outside sets to look up in."""
    tree = _parse(module)
    if not any(isinstance(node, ast.ImportFrom) and node.module == "steward.outbox" for node in ast.walk(tree)):
        return set()
    looked_up = {word for node in ast.walk(tree) if isinstance(node, ast.Set) for word in node.elts}
    words = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in looked_up]
    return {word for word in words if isinstance(word, str)} & set(get_args(Action))


def _parse(module: str) -> ast.Module:
    path = ROOT / "layers" / "steward" / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))
