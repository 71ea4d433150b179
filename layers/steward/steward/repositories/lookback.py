"""How far back scheduled work looks."""

from datetime import timedelta

from steward.spec.model import ModelSpec

_WINDOWS = 3
_SPAN = timedelta(days=2)


def lookback(spec: ModelSpec) -> timedelta:
    """A schedule looks at windows that closed this lately: two days, or three windows where that is longer."""
    return max(_SPAN, _WINDOWS * spec.window.length + spec.window.allowed_lateness)
