"""What a shadow adds to an answer, in processor time: `python -m tests.benchmarks.serving.shadows_here [BLOCKS]`.

The functions' own handlers on moto. While `serve_predictions` answers, `score_shadows` is given what was answered
before, in a process of its own as in Lambda, where the shadow's version raises, or does not come back. Short blocks of
requests with no shadow, with one that crashes, again with none, and with one that hangs take turns, so that whatever
else the machine does falls on all alike. Draws `tests/benchmarks/shadows.svg`.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from steward.events import BatchIngested
from steward.releasing.traffic import Traffic
from steward.repositories import served_versions
from tests.benchmarks.drawing import COLOURS, INK, MUTED, axes_of
from tests.benchmarks.speed.figures import keep
from tests.integration import lemons
from tests.integration.deployment import deployed, message
from tests.integration.serving import ROW, Served, serving

BLOCKS, REQUESTS = 40, 20
PERCENTILES = (50, 95, 99)
DRAWS = 1000
PROMISED = 1.05
SHADOW = "20240201-00000000"
PICTURE = Path(__file__).parents[1] / "shadows.svg"
KINDS = ("none", "crash", "none again", "hang")


def crash(*_: object) -> NoReturn:
    """What the shadow that crashes does when it is loaded."""
    raise RuntimeError("a shadow that crashes")


def hang(*_: object) -> None:
    """What the one that hangs does."""
    time.sleep(3600)


FAILURES: dict[str, Callable[..., object]] = {"crash": crash, "hang": hang}


def begin_shadow(served: Served, ingested: BatchIngested, kind: str) -> int:
    """Have `score_shadows` work in a process of its own; its id. Without a shadow that process has nothing to do.

    It is there in every block, since what a process writes after a fork is copied, which is no work of shadows.
    """
    if child := os.fork():
        return child
    if kind not in FAILURES:
        hang()
    with patch.object(served_versions, "_load", FAILURES[kind]):
        served.steward.invoke("score_shadows", message(ingested))
    os._exit(0)


def end_shadow(child: int) -> None:
    """Do what Lambda does once the time of the function is over."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def measure(served: Served, blocks: int) -> tuple[dict[str, NDArray[np.float64]], set[str]]:
    """Processor milliseconds of each request by kind, shape (blocks, requests), and what one row was answered."""
    champion = served.route().champion
    assert champion
    traffic = Traffic.of(
        "release-1", "shadow", champion, {}, since=lemons.START, shadows=(served.copy_version(SHADOW),)
    )
    served.route(traffic=traffic)
    served.ask([{**ROW, "sale": f"first-{at}"} for at in range(50)])
    served.firehose.deliver()
    ingested = next(event for event in served.steward.settle() if isinstance(event, BatchIngested))
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    answers = set()
    for turn in range(blocks + 1):
        for kind in KINDS[turn % 4 :] + KINDS[: turn % 4]:
            child = begin_shadow(served, ingested, kind)
            block = []
            for at in range(REQUESTS):
                began = time.process_time()
                reply = served.ask({**ROW, "sale": f"{turn}-{kind}-{at}"})
                block.append(1000 * (time.process_time() - began))
                answers.add(json.dumps([reply.status, reply.body["score"], reply.body["version"]]))
            end_shadow(child)
            if turn:  # the first warms up
                found[kind].append(block)
    return {kind: np.array(of) for kind, of in found.items()}, answers


def compare(found: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    """Percentiles and their ratios to those without a shadow, with 95 % intervals over blocks of requests."""
    generator = np.random.default_rng(0)
    calm = np.concatenate([found["none"], found["none again"]])
    figures: dict[str, Any] = {}
    for kind, beside in (("crash", calm), ("hang", calm), ("none again", found["none"])):
        one = found[kind]
        drawn = [
            np.percentile(one[generator.integers(len(one), size=len(one))], PERCENTILES)
            / np.percentile(beside[generator.integers(len(beside), size=len(beside))], PERCENTILES)
            for _ in range(DRAWS)
        ]
        low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
        levels, without = np.percentile(one, PERCENTILES), np.percentile(beside, PERCENTILES)
        rounded = {"milliseconds": levels, "without": without, "ratio": levels / without, "low": low, "high": high}
        figures[kind] = {name: values.round(3).tolist() for name, values in rounded.items()}
    return figures


def draw(figures: dict[str, Any]) -> None:
    """The ratios with their intervals."""
    figure, axes = axes_of(
        "A shadow that crashes or hangs and the latency of answers",
        "percentile with it as a multiple of the percentile without; bars: 95 % intervals over blocks; promised: 1.05",
        height=3.4, grid="y",
    )  # fmt: skip
    for at, (kind, shade) in enumerate(
        (("crash", COLOURS["Steward"]), ("hang", COLOURS["NannyML"]), ("none again", MUTED))
    ):
        one = figures[kind]
        places = np.arange(len(PERCENTILES)) + (at - 1) * 0.2
        axes.vlines(places, one["low"], one["high"], color=shade, linewidth=2)
        axes.plot(places, one["ratio"], "o", color=shade, label=kind)
    axes.axhline(PROMISED, color=INK, linewidth=1, linestyle=":")
    axes.set_xticks(range(len(PERCENTILES)), [f"{one} %" for one in PERCENTILES])
    axes.legend(frameon=False)
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    """Print, keep and draw the figures."""
    logging.disable(logging.CRITICAL)
    with deployed() as steward:
        lemons.begin(steward)
        with serving(steward) as served:
            found, answers = measure(served, int(sys.argv[1]) if len(sys.argv) > 1 else BLOCKS)
    figures = {"requests": {kind: of.size for kind, of in found.items()}, "answers": len(answers), **compare(found)}
    keep("serving-shadows-here", figures)
    print(json.dumps(figures, indent=1))
    draw(figures)


if __name__ == "__main__":
    main()
