"""Processor time of an answer, in this process: `python -m tests.benchmarks.serving.here`.

The function's own handler answers on moto, with the first version of the flights. On a machine that others use, only
processor time says what the code takes; `python -m tests.benchmarks.serving` measures the clock in the deployed stack.
"""

import gzip
import json
import logging
import re
import statistics
import time
from types import SimpleNamespace
from unittest.mock import patch

from infra.demo.flights import load_flights, reference
from infra.local.process import ROOT
from steward.repositories import models
from steward.retraining import artifact
from steward.store.bucket import Bucket
from tests.benchmarks.speed.figures import keep
from tests.integration.deployment import deployed
from tests.integration.serving import serving

DECLARATION = ROOT / "infra" / "demo" / "flight-delays.yaml"
MODEL = "flight-delays"
REQUESTS = {1: 300, 1000: 30}
PROMISED = {1: 5.0, 1000: 50.0}
MOST_LOADING = 300.0
_TIMING = re.compile(r"predict;dur=([\d.]+), total;dur=([\d.]+)")


def main() -> None:
    """Print and keep the figures."""
    logging.disable(logging.INFO)
    flights = load_flights()
    clock = SimpleNamespace(perf_counter=time.process_time, monotonic=time.monotonic)
    with deployed() as steward, serving(steward) as served:
        steward.upload(f"specs/{MODEL}.yaml", DECLARATION.read_bytes())
        steward.settle()
        body = gzip.compress(reference(flights).to_csv(index=False).encode(), compresslevel=1)
        steward.upload(f"inbox/{MODEL}/reference/first.csv.gz", body)
        steward.settle()
        later = flights[flights["scheduled_departure"] >= "2013-03-01"].drop(columns="arrived_late").head(32_000)
        later = later.assign(scheduled_departure=later["scheduled_departure"].astype(str))
        rows = json.loads(later.to_json(orient="records"))
        with patch("steward.services.serve_predictions.time", clock):
            served.ask(rows[:1], MODEL)
            for number, times in REQUESTS.items():
                own, predict = [], []
                for at in range(times):
                    asked = rows[at * number : (at + 1) * number]
                    reply = served.ask(asked[0] if number == 1 else asked, MODEL)
                    found = _TIMING.search(reply.headers["Server-Timing"])
                    assert found, reply
                    predict.append(float(found[1]))
                    own.append(float(found[2]) - float(found[1]))
                figures = {
                    "rows": number, "requests": times, "promised": PROMISED[number],
                    "own": statistics.median(own), "predict": statistics.median(predict),
                }  # fmt: skip
                keep(f"serving-processor-{number}", figures)
                print(json.dumps(figures))
        data = Bucket(steward.data)
        manifest = models.manifest(data, MODEL, models.routing(data, MODEL).champion or "")
        assert manifest.artifact
        loading = []
        for _ in range(15):
            stored = data.get(manifest.artifact.key, manifest.artifact.version_id).body
            began = time.process_time()
            artifact.load(data.get_verified(manifest.artifact))
            loading.append(1000 * (time.process_time() - began))
        figures = {"bytes": len(stored), "load": statistics.median(loading), "promised": MOST_LOADING}
        keep("serving-processor-loading", figures)
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
