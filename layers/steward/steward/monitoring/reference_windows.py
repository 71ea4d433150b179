"""Selects the earlier windows that a window is compared with."""

from steward.spec.drift_monitors import SeasonalBaseline, TrailingBaseline
from steward.spec.windows import Window


def earlier_windows(window: Window, compared_with: object) -> tuple[Window, ...]:
    """The earlier windows to compare with, the newest first; none where the reference is compared with.

    Args:
        window: under judgement.
        compared_with: as the monitor of feature drift declares it.

    >>> from datetime import UTC, datetime, timedelta
    >>> monday = Window(datetime(2024, 1, 29, 8, tzinfo=UTC), timedelta(hours=1))
    >>> [found.id for found in earlier_windows(monday, SeasonalBaseline(every="1w", repeats=3))][0]
    '20240122T080000Z_1h'
    """
    match compared_with:
        case SeasonalBaseline(every=every, repeats=repeats):
            step = every
        case TrailingBaseline(windows=repeats):
            step = window.length
        case _:
            return ()
    return tuple(Window(window.start - number * step, window.length) for number in range(1, repeats + 1))
