"""Steward looks after machine-learning models once they are in production."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steward.standalone.compare import compare

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    """`steward.compare`, loaded when first asked for: functions of the deployment need no numpy to start."""
    if name == "compare":
        from steward.standalone.compare import compare as found  # noqa: PLC0415

        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
