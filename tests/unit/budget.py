"""No test of `make check` takes more than its share of it; only one that takes several times as long fails."""

import resource
import time

BUDGET = 12.0
"""Processor seconds of a test, its processes included. The most that one took was 7, beside fifteen other programs."""

_USUAL = 0.016
"""Processor seconds of `_loop` on that machine; where it takes longer, tests may too."""


def used() -> float:
    """Processor seconds of this process and its children so far."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def overspent(seconds: float) -> str | None:
    """What is wrong with a test that took so many processor seconds; None where nothing is.

    Args:
        seconds: by `used`; they are compared with the budget on a machine as fast as this one is now.
    """
    if seconds <= BUDGET:
        return None
    allowed = BUDGET * max(1.0, min(_loop() for _ in range(5)) / _USUAL)
    if seconds <= allowed:
        return None
    return (
        f"took {seconds:.1f} processor seconds, and no test of `make check` may take more than {allowed:.0f}: try fewer"
        " cases and mark the others `nightly` (tests/nightly.py), ask for fewer examples, or mark the test itself"
    )


def _loop() -> float:
    began = time.process_time()
    sum(number * number for number in range(300_000))
    return time.process_time() - began
