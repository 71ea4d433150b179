"""What a command waits for, on standard error."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def waiting(subject: str, seconds: float) -> Iterator[None]:
    """Say what is waited for, and for how long at most: while it lasts on a terminal, else in one line.

    Args:
        subject: the answer that is to come.
        seconds: after which the wait ends without it; infinity waits until interrupted.
    """
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    end = "until interrupted (Ctrl-C)" if math.isinf(seconds) else f"for {seconds:g} s at most"
    sentence = f"waiting for {subject}, {end}"
    if not console.is_terminal:
        console.print(sentence, markup=False)
        yield
        return
    with console.status(sentence):
        yield
