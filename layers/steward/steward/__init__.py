"""Steward looks after machine-learning models once they are in production."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steward.offline.compare import compare
    from steward.offline.version import load

__all__ = ["compare", "load"]

_HOMES = {"compare": "steward.offline.compare", "load": "steward.offline.version"}


def __getattr__(name: str) -> Any:
    """`steward.compare` and `steward.load`, imported when first asked for: functions need no numpy to start."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
