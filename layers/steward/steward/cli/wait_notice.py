"""Reports on standard error what a command waits for."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from steward.cli.terminal import errors


@contextmanager
def wait_notice(subject: str, seconds: float) -> Iterator[None]:
    """Say what is waited for, and for how long at most: while it lasts on a terminal, else in one line.

    Args:
        subject: the answer that is to come.
        seconds: after which the wait ends without it; infinity waits until interrupted.
    """
    end = "until interrupted (Ctrl-C)" if math.isinf(seconds) else f"for {seconds:g} s at most"
    sentence = f"waiting for {subject}, {end}"
    if not errors.is_terminal:
        errors.print(sentence, markup=False)
        yield
        return
    with errors.status(sentence):
        yield
