"""Reading and profiling a Parquet file, beside the bare read of the same file.

The bare read takes each batch from arro3 on one thread and does nothing with it; the other goes through what functions
use, and ends with the profile.
"""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import arro3.io as arro3_io
import numpy as np

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profiling_config import ProfilingConfig
from steward.records import arrays
from steward.records.columns import Chunk
from steward.records.formats import open_rows
from steward.records.raw import ReadLimits
from steward.spec.features import CategoricalFeature, Feature, NumericFeature
from steward.spec.monitors import Monitors
from tests.benchmarks.peak_memory import peak_megabytes
from tests.benchmarks.speed.files import BATCH, CATEGORICAL, NUMERIC
from tests.benchmarks.study.steward import windows_of

FEATURES: dict[str, Feature] = {name: NumericFeature(type="numeric") for name in NUMERIC} | {
    name: CategoricalFeature(type="categorical") for name in CATEGORICAL
}
_NO_LIMIT = ReadLimits(maximum_expanded_bytes=2**40)


def bare_batches(path: Path) -> Iterator[object]:
    """The file's batches as arro3 gives them."""
    yield from arro3_io.read_parquet(path, batch_size=BATCH)


def chunks(path: Path) -> Iterator[Chunk]:
    """The file's rows as functions take them in."""
    for raw in open_rows(path, path.name, _NO_LIMIT).chunks([*NUMERIC, *CATEGORICAL]):
        numbers = {name: arrays.numbers(raw.columns[name], name)[0] for name in NUMERIC}
        categories = {name: arrays.categories(raw.columns[name], name)[0] for name in CATEGORICAL}
        yield Chunk(len(raw.rows), numbers | categories)


def baseline_of(path: Path) -> Baseline:
    """The baseline of a reference file, whose chunks count as windows."""
    return Baseline.of(windows_of(chunks(path)), ProfilingConfig(FEATURES), holdout=None)


def profiled_batches(path: Path, bins: Bins) -> Iterator[Profile | None]:
    """Profile the file batch by batch; the last thing given is the profile."""
    gathering = ProfileBuilder(bins)
    for chunk in chunks(path):
        gathering.add(chunk)
        yield None
    yield gathering.profile()


def best_batch_seconds(reference: str, file: str, runs: int) -> dict[str, float]:
    """Wall seconds of the bare read, of taking the rows as numpy, and of reading and profiling.

    Each is the sum over batches of every batch's best time of several alternating runs: on a busy machine no whole run
    is undisturbed, but every batch is once.
    """
    bins = baseline_of(Path(reference)).bins
    path = Path(file)
    times: dict[str, list[list[float]]] = {"bare": [], "taken": [], "profiled": []}
    for _ in range(runs):
        times["bare"].append(_steps(bare_batches(path)))
        times["taken"].append(_steps(chunks(path)))
        times["profiled"].append(_steps(profiled_batches(path, bins)))
    return {name: float(np.array(steps).min(axis=0).sum()) for name, steps in times.items()}


def decided_seconds(reference: str, file: str, runs: int) -> dict[str, float]:
    """Wall seconds from the file to the decision: read, profiled and judged, the best whole run."""
    baseline = baseline_of(Path(reference))
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        *_, profile = profiled_batches(Path(file), baseline.bins)
        if profile is not None:
            evaluate_drift(baseline, profile, DriftScope(Monitors(), FEATURES))
        best = min(best, time.perf_counter() - began)
    return {"seconds": best}


def memory(reference: str, file: str) -> dict[str, float]:
    """The most memory of a process that profiles the file, with all that it imports; and the size of the profile."""
    *_, profile = profiled_batches(Path(file), baseline_of(Path(reference)).bins)
    if profile is None:
        raise AssertionError("a profile is given last")
    return {"rows": profile.rows, "megabytes": peak_megabytes(), "bytes": len(profile.to_json())}


def _steps(work: Iterable[object]) -> list[float]:
    """Seconds that each step of an iteration took, with its start and its end."""
    times: list[float] = []
    began = time.perf_counter()
    for _ in work:
        times.append(time.perf_counter() - began)
        began = time.perf_counter()
    return [*times, time.perf_counter() - began]
