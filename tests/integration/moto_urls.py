"""moto works out the URLs of a service anew for every request, which takes a third of the request's time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.base_backend import BaseBackend

type Urls = dict[str, Callable[..., Any]]

_WORKED_OUT = BaseBackend.urls
_found: dict[type[BaseBackend], Urls] = {}


@contextmanager
def urls_worked_out_once() -> Iterator[None]:
    """Keep what moto works out; it follows from the service alone."""
    with patch.object(BaseBackend, "urls", property(_urls)):
        yield


def _urls(backend: BaseBackend) -> Urls:
    if type(backend) not in _found:
        _found[type(backend)] = _WORKED_OUT.fget(backend)
    return _found[type(backend)]
