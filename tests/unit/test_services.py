"""What a function runs has one form: given the runtime and an event, a service yields the events to publish."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from steward.function import Delivery

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = {path.parent.name: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("functions/*/app.py"))}

ANSWERS = {"serve_predictions"}
"""Who calls these functions waits for an answer, which is what they return."""

AROUND = {"note_error", "read_sending"}
"""What handlers import of services beside them: they decode a message, or hold while a service works."""


def services(handler: str) -> list[Any]:
    """Those that a handler imports; of one that is made for each batch, the method that is called."""
    found = []
    for module, names in re.findall(r"^from (steward\.services\.\w+) import (.+)$", handler, re.MULTILINE):
        for name in set(names.split(", ")) - AROUND:
            service = getattr(importlib.import_module(module), name)
            found.append(service.__call__ if inspect.isclass(service) else service)
    return found


@pytest.mark.parametrize("function", sorted(HANDLERS.keys() - ANSWERS))
def test_a_service_takes_the_runtime_and_an_event_and_yields_events(function: str) -> None:
    found = services(HANDLERS[function])
    assert found
    for service in found:
        signature = inspect.signature(service, eval_str=True)
        runtime, cause = [one for one in signature.parameters.values() if one.name != "self"]
        assert runtime.name == "runtime"
        assert (cause.annotation is Delivery) == (function == "accept_commands"), "verified before it is read"
        assert inspect.isgeneratorfunction(service)
        assert str(signature.return_annotation).startswith("collections.abc.Iterator[steward.events.")
