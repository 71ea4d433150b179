"""How many examples a property is tried with.

`make check` tries a fifth of hypothesis's usual number, the same ones every time; `make nightly` tries four times the
usual number, and other ones every night.
"""

from typing import Any

from hypothesis import settings

PROFILE = "check"
"""The profile of every run that names no other by `--hypothesis-profile`."""

settings.register_profile(PROFILE, max_examples=20, derandomize=True, deadline=None)
settings.register_profile("nightly", max_examples=400, deadline=None, print_blob=True)
# No example has a deadline: speed has benchmarks, and a shared processor is slow now and then.


def some_examples(number: int, **rest: Any) -> settings:
    """Settings for a property whose examples cost much, or are needed in greater number than usual.

    Args:
        number: of examples, where others have 100.
        rest: what else hypothesis's settings take.
    """
    return settings(max_examples=max(4, number * settings.default.max_examples // 100), **rest)
