"""Requests that do not wait for each other: some are under way while their results are taken in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

AT_ONCE = 8
"""Fewer than the connections that a client keeps."""


def ahead[Asked, Answer](answer: Callable[[Asked], Answer], asked: Iterable[Asked]) -> Iterator[Answer]:
    """The answer to each, in order; eight are worked on at once, so that no more than these wait to be taken."""
    questions = iter(asked)
    first = list(islice(questions, 2))
    if len(first) < 2:  # noqa: PLR2004 - one alone needs no thread
        yield from map(answer, first)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[Answer]] = deque(pool.submit(answer, one) for one in first)
        waiting.extend(pool.submit(answer, one) for one in islice(questions, AT_ONCE - len(first)))
        while waiting:
            found = waiting.popleft().result()
            waiting.extend(pool.submit(answer, one) for one in islice(questions, 1))
            yield found
