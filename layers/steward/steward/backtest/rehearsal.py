"""Replays several policies, and the candidates of an ideal schedule, in parallel processes."""

import queue
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from steward.backtest.candidates import candidate_places, realise_candidate
from steward.backtest.fit_cache import FitCache
from steward.backtest.policies import RehearsedPolicy
from steward.backtest.records import ReplayRecords, check_records
from steward.backtest.replay import replay_policy
from steward.backtest.results import PolicyReplay, ScheduleReplay
from steward.backtest.row_file import read_rows, write_rows
from steward.events import RealisedLoss

_PAUSE = 0.2

ProgressReport = Callable[[str, int, int], object]
"""Is told a policy, or `candidates`, how many of its windows are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What every policy would have led to, and what an ideal schedule can choose from."""

    policies: list[PolicyReplay]
    schedule: ScheduleReplay


@dataclass(slots=True)
class _Work:
    """What every process has at hand."""

    records: ReplayRecords
    policies: Sequence[RehearsedPolicy]
    dollars_a_run: float
    tell: Callable[[str, int], object]
    fits: FitCache

    def replay(self, number: int) -> PolicyReplay:
        policy = self.policies[number]
        return replay_policy(
            policy.spec, self.records, policy.name, dollars_a_run=self.dollars_a_run, fit=self.fits.fit,
            progress=lambda done: self.tell(policy.name, done),
        )  # fmt: skip

    def realise(self, after: int) -> dict[int, RealisedLoss] | None:
        return realise_candidate(self.policies[0].spec, self.records, after, self.fits.fit)


_work: list[_Work] = []


def rehearse(
    records: ReplayRecords,
    policies: Sequence[RehearsedPolicy],
    *,
    processes: int,
    dollars_a_run: float = 0.0,
    progress: ProgressReport = lambda *_: None,
) -> Rehearsal:
    """Replay policies and candidates; the same records give the same results in any number of processes.

    Args:
        records: the labelled rows.
        policies: the first is the one that candidates take recipe and first version from.
        processes: how many work side by side; 1 for this one alone.
        dollars_a_run: what a run costs, for budgets of dollars.
        progress: told now and then how far each is.

    Raises:
        ReplayImpossible: there is nothing to replay.
    """
    for policy in policies:
        check_records(policy.spec, records)
    spec = policies[0].spec
    windows = [window.id for window, _ in records.windows(spec)]
    places = candidate_places(len(windows))

    def tell(name: str, done: int) -> None:
        progress(name, done, len(windows))

    if processes == 1:
        with tempfile.TemporaryDirectory() as folder:
            work = _Work(records, policies, dollars_a_run, tell, FitCache(Path(folder)))
            replays = [work.replay(number) for number in range(len(policies))]
            realised = []
            for at, after in enumerate(places, start=1):
                realised.append(work.realise(after))
                progress("candidates", at, len(places))
    else:
        with _pool(records, policies, dollars_a_run, processes) as (pool, finished):
            futures: list[Future[Any]] = [pool.submit(_replay, number) for number in range(len(policies))]
            futures += [pool.submit(_realise, after) for after in places]
            while wait(futures, _PAUSE).not_done:
                _raise_first(futures)
                while (news := _next(finished)) is not None:
                    tell(*news)
                progress("candidates", sum(future.done() for future in futures[len(policies) :]), len(places))
            found = [future.result() for future in futures]
            replays, realised = found[: len(policies)], found[len(policies) :]
    known = [(after, one) for after, one in zip(places, realised, strict=True) if one is not None]
    return Rehearsal(
        replays,
        ScheduleReplay(
            windows=windows, trained_after=[after for after, _ in known], realised=[one for _, one in known]
        ),
    )


@contextmanager
def _pool(
    records: ReplayRecords, policies: Sequence[RehearsedPolicy], dollars_a_run: float, processes: int
) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, context.Manager() as manager:
        path = Path(folder) / "rows.npz"
        write_rows(path, records.rows)
        finished = manager.Queue()
        head = (path, replace(records, rows=records.rows.iloc[:0]))
        pool = ProcessPoolExecutor(
            processes, mp_context=context, initializer=_begin, initargs=(head, policies, dollars_a_run, finished)
        )
        try:
            yield pool, finished
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(head: Any, policies: Sequence[RehearsedPolicy], dollars_a_run: float, finished: Any) -> None:
    path, without_rows = head
    threadpool_limits(1)
    records = replace(without_rows, rows=read_rows(path))
    fits = FitCache(path.parent)
    _work.append(_Work(records, policies, dollars_a_run, lambda name, done: finished.put((name, done)), fits))


def _replay(number: int) -> PolicyReplay:
    return _work[0].replay(number)


def _realise(after: int) -> dict[int, RealisedLoss] | None:
    return _work[0].realise(after)


def _raise_first(futures: Sequence[Future[Any]]) -> None:
    """Do not wait for the others where one has failed."""
    for future in futures:
        if future.done():
            future.result()


def _next(finished: Any) -> tuple[str, int] | None:
    try:
        found: tuple[str, int] = finished.get_nowait()
    except queue.Empty:
        return None
    return found
