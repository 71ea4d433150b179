"""Every module of `steward.services` has a service: given the runtime and an event, it yields the events to publish."""

import importlib
import inspect
import pkgutil

import pytest

from steward import services
from steward.function import Delivery

SERVICES = {"fail_run": "end_run"}
"""Where the service has another name than its module."""

NOT_OF_AN_EVENT = {"accept_commands": Delivery}
"""Its message is verified before it is read."""


@pytest.mark.parametrize("module", [found.name for found in pkgutil.iter_modules(services.__path__)])
def test_a_service_takes_the_runtime_and_an_event_and_yields_events(module: str) -> None:
    service = getattr(importlib.import_module(f"steward.services.{module}"), SERVICES.get(module, module))
    signature = inspect.signature(service, eval_str=True)
    runtime, cause = signature.parameters.values()
    assert runtime.name == "runtime"
    assert (cause.annotation is Delivery) == (NOT_OF_AN_EVENT.get(module) is Delivery)
    assert inspect.isgeneratorfunction(service)
    assert str(signature.return_annotation).startswith("collections.abc.Iterator[")
