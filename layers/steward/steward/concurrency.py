"""Maps a function over items concurrently and yields results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

MAX_CONCURRENCY = 8
"""Fewer than the connections that a client keeps."""


def prefetch_map[Asked, Answer](answer: Callable[[Asked], Answer], asked: Iterable[Asked]) -> Iterator[Answer]:
    """Yield the result of each item in order; at most `MAX_CONCURRENCY` are computed ahead."""
    questions = iter(asked)
    first = list(islice(questions, 2))
    if len(first) < 2:  # noqa: PLR2004 - one alone needs no thread
        yield from map(answer, first)
        return
    with ThreadPoolExecutor(MAX_CONCURRENCY) as pool:
        waiting: deque[Future[Answer]] = deque(pool.submit(answer, one) for one in first)
        waiting.extend(pool.submit(answer, one) for one in islice(questions, MAX_CONCURRENCY - len(first)))
        while waiting:
            found = waiting.popleft().result()
            waiting.extend(pool.submit(answer, one) for one in islice(questions, 1))
            yield found
