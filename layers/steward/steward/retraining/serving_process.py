"""Scores rows in a process of its own and reports what that took: `python -m steward.retraining.serving_process`.

Reads a line of JSON and an artifact from the standard input, and writes a line of JSON to the standard output.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TextIO

import pandas as pd
from pydantic import TypeAdapter

from steward.documents import FROM_STORE, TolerantModel
from steward.retraining import artifact, recipe
from steward.spec.model import ModelSpec

WARM_UP = 5
"""Repetitions that are not counted."""
REPETITIONS = 50
_FEWEST = 15
_ENOUGH_SECONDS = 10.0
"""No further repetition is begun after this time once there are a few."""
_STATUS = Path("/proc/self/status")


class ScoringRequest(TolerantModel):
    """What a process is asked to score.

    Attributes:
        spec: the declaration, as JSON.
        rows: of the learnable features, as JSON.
    """

    spec: str
    rows: str


class ScoringReport(TolerantModel):
    """What it took.

    Attributes:
        milliseconds: of each repetition that counts.
        peak_bytes: resident memory at most, libraries included; None where the system does not say.
    """

    milliseconds: tuple[float, ...]
    peak_bytes: int | None


def request_of(spec: ModelSpec, rows: pd.DataFrame, count: int) -> ScoringRequest:
    """Ask for so many rows to be scored at once: those that there are, in turn."""
    learnt = rows[list(recipe.learnable(spec))]
    chosen = learnt.iloc[[at % len(learnt) for at in range(count)]]
    return ScoringRequest(spec=spec.model_dump_json(), rows=chosen.to_json(orient="records", double_precision=15))


def score_repeatedly(
    request: ScoringRequest, body: bytes, seconds: Callable[[], float], status: Path = _STATUS
) -> ScoringReport:
    """Load an artifact and score the rows again and again.

    Raises:
        UntrustedArtifact: it is damaged, or asks for a type that is not trusted.
    """
    spec = ModelSpec.model_validate_json(request.spec, context=FROM_STORE)
    records = TypeAdapter(list[dict[str, object]]).validate_json(request.rows)
    frame = pd.DataFrame(records, columns=list(recipe.learnable(spec)))
    model = artifact.load(body)
    begun, taken = seconds(), []
    for at in range(WARM_UP + REPETITIONS):
        before = seconds()
        if at >= WARM_UP + _FEWEST and before - begun > _ENOUGH_SECONDS:
            break
        recipe.score(model, spec, frame)
        taken.append((seconds() - before) * 1000)
    return ScoringReport(milliseconds=tuple(taken[WARM_UP:]), peak_bytes=_peak(status))


def _peak(status: Path) -> int | None:
    """The most memory that this process has had resident; that of `getrusage` may be its parent's."""
    if not status.exists():
        return None
    kilobytes = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def main(source: BinaryIO, sink: TextIO) -> None:
    """Answer one request."""
    request = ScoringRequest.model_validate(json.loads(source.readline()))
    sink.write(score_repeatedly(request, source.read(), time.perf_counter).model_dump_json())


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout)
