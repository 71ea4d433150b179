"""Time of an answer in the deployed local stack: `python -m tests.benchmarks.serving [shadows SECONDS]`.

It deploys a stack of its own, has the first version of the flights trained, and asks for predictions of later flights.
`Server-Timing` says how long the function and the estimator in it took; the rest is the emulator's. Ingestion is
switched off meanwhile: the emulator's Firehose makes each answer an upload, where AWS's does so every five minutes.
With `shadows` only loading, and what a shadow adds that crashes or hangs, are measured, for so many seconds: short
blocks of requests in turns, so that whatever else the machine does falls on all alike.
"""

import gzip
import io
import json
import os
import re
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from infra.demo.flights import load_flights, reference
from infra.local.process import ROOT
from infra.local.stack import Stack, down, up
from steward.store.function_urls import FunctionUrl
from tests.benchmarks.speed.figures import keep

FOLDER = ROOT / ".local" / "serving"
DECLARATION = ROOT / "infra" / "demo" / "flight-delays.yaml"
MODEL = "flight-delays"
PATIENCE = 600
PROMISED = {1: 5.0, 1000: 50.0}
MOST_LOADING = 300.0
REQUESTS = {1: 400, 1000: 60}
ROUNDS, REQUESTS_A_BLOCK, BATCHES_A_BLOCK = 100, 12, 2
PERCENTILES = (50, 95, 99)
DRAWS = 2000
SHADOW = """
import time
def handler(event, context):
    if "hang" in event["detail"]["correlation_id"]:
        time.sleep(60)
    raise RuntimeError("a shadow that crashes")
"""
_TIMING = re.compile(r"predict;dur=([\d.]+), total;dur=([\d.]+)")


def main() -> None:
    """Deploy, ask, and print the figures; everything is taken down afterwards."""
    down(FOLDER)
    try:
        stack = up(FOLDER)
        os.environ.update(stack.environment)
        measure(stack)
    finally:
        down(FOLDER)


def measure(stack: Stack) -> None:
    """Print and keep what is measured."""
    rows = later_flights(stack)
    url = FunctionUrl(stack.outputs["ServePredictionsUrl"])
    switch_ingestion(stack, on=False)
    ask(url, rows[:1])
    report_loading(stack)
    if sys.argv[1:2] == ["shadows"]:
        compare_shadows(stack, url, rows, float(sys.argv[2]))
        return
    for number, times in REQUESTS.items():
        found = np.array([ask(url, rows[at * number : at * number + number]) for at in range(times)][5:])
        own = found[:, 1] - found[:, 0]
        figures = {
            "rows": number,
            "requests": len(found),
            "predict": float(np.median(found[:, 0])),
            "own": float(np.median(own)),
            "own_95": float(np.percentile(own, 95)),
            "round_trip": float(np.median(found[:, 2])),
            "promised": PROMISED[number],
        }
        keep(f"serving-{number}", figures)
        print(json.dumps(figures))
    compare_shadows(stack, url, rows, 120)


def report_loading(stack: Stack) -> None:
    """Print and keep how long the function took to fetch, verify and load the version."""
    loaded = [json.loads(line) for line in log_lines(stack)]
    if not loaded:
        print("no log has a line of a version that was loaded")
        return
    figures = {
        "bytes": loaded[0]["bytes"],
        "fetch": min(line["fetch_milliseconds"] for line in loaded),
        "load": min(line["load_milliseconds"] for line in loaded),
        "times": len(loaded),
        "promised": MOST_LOADING,
    }
    keep("serving-loading", figures)
    print(json.dumps(figures))


def later_flights(stack: Stack) -> list[dict[str, Any]]:
    """Rows of March to ask for, once a version that was trained on the months before is in charge."""
    flights, s3, bucket = load_flights(), stack.client("s3"), stack.outputs["DataBucketName"]
    s3.put_object(Bucket=bucket, Key=f"specs/{MODEL}.yaml", Body=DECLARATION.read_bytes())
    time.sleep(5)
    body = gzip.compress(reference(flights).to_csv(index=False).encode(), compresslevel=1, mtime=0)
    s3.put_object(Bucket=bucket, Key=f"inbox/{MODEL}/reference/first.csv.gz", Body=body)
    deadline = time.monotonic() + PATIENCE
    while not (routing := s3.list_objects_v2(Bucket=bucket, Prefix=f"models/{MODEL}/routing.json").get("Contents")):
        if time.monotonic() > deadline:
            sys.exit(f"no version is in charge after {PATIENCE} s: {routing}")
        time.sleep(1)
    time.sleep(10)  # what follows the release comes to rest
    later = flights[flights["scheduled_departure"] >= "2013-03-01"].drop(columns="arrived_late").head(70_000)
    later = later.assign(scheduled_departure=later["scheduled_departure"].astype(str))
    found: list[dict[str, Any]] = json.loads(later.to_json(orient="records"))
    return found


def ask(url: FunctionUrl, rows: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Milliseconds of the estimator, of the function and of the whole request."""
    body = json.dumps(rows[0] if len(rows) == 1 else rows).encode()
    began = time.perf_counter()
    answer = url.post(f"/models/{MODEL}/predictions", body)
    passed = 1000 * (time.perf_counter() - began)
    found = _TIMING.search(answer.headers.get("Server-Timing", answer.headers.get("server-timing", "")))
    if answer.status != 200 or not found:
        sys.exit(f"{answer.status}: {answer.body[:500]!r}")
    return float(found[1]), float(found[2]), passed


def compare_shadows(stack: Stack, url: FunctionUrl, rows: list[dict[str, Any]], seconds: float) -> None:
    """Ask while no shadow is woken, and while shadows crash and hang, in turns; print percentiles and their ratios."""
    functions, events = stack.client("lambda"), stack.client("events")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("app.py", SHADOW)
    name = stack.outputs["ScoreShadowsFunctionName"]
    functions.update_function_code(FunctionName=name, ZipFile=archive.getvalue())
    functions.update_function_configuration(FunctionName=name, Layers=[])
    kinds = ("none", "crash", "none again", "hang")
    found: dict[str, list[list[tuple[float, float]]]] = {kind: [] for kind in kinds}
    until = time.monotonic() + seconds
    answered = 0
    for turn in range(ROUNDS):
        if time.monotonic() > until:
            break
        for kind in kinds[turn % 4 :] + kinds[: turn % 4]:
            for at in range(BATCHES_A_BLOCK if kind in {"crash", "hang"} else 0):
                detail = {"model": MODEL, "kind": "predictions", "correlation_id": f"{kind}-{turn}-{at}"}
                entry = {"Source": "steward", "DetailType": "BatchIngested", "Detail": json.dumps(detail)}
                events.put_events(Entries=[{**entry, "EventBusName": stack.outputs["BusName"]}])
            block = []
            for _ in range(REQUESTS_A_BLOCK):
                _, total, passed = ask(url, [rows[answered % len(rows)]])
                block.append((passed, total))
                answered += 1
            found[kind].append(block)
    summarise_shadows({kind: np.array(blocks) for kind, blocks in found.items()}, answered)


def summarise_shadows(found: dict[str, np.ndarray], answered: int) -> None:
    """Print and keep the percentiles, and their ratios with intervals over blocks of requests.

    Args:
        found: by what the shadow does the milliseconds of each request, by the client and by the function: shape
            (blocks, requests, 2).
        answered: requests, each of which had an answer.
    """
    generator = np.random.default_rng(0)
    calm = np.concatenate([found["none"], found["none again"]])
    for at, what in enumerate(("round trip", "function")):
        figures: dict[str, Any] = {"answered": answered, "percentiles": PERCENTILES}
        for kind, baseline in (("crash", calm), ("hang", calm), ("none again", found["none"])):
            one, other = found[kind][:, :, at], baseline[:, :, at]
            drawn = [
                np.percentile(one[generator.integers(len(one), size=len(one))], PERCENTILES)
                / np.percentile(other[generator.integers(len(other), size=len(other))], PERCENTILES)
                for _ in range(DRAWS)
            ]
            low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
            level, beside = np.percentile(one, PERCENTILES), np.percentile(other, PERCENTILES)
            figures[kind] = {
                "milliseconds": level.round(2).tolist(),
                "without": beside.round(2).tolist(),
                "ratio": (level / beside).round(3).tolist(),
                "low": low.round(3).tolist(),
                "high": high.round(3).tolist(),
            }
        keep(f"serving-shadows-{what.replace(' ', '-')}", figures)
        print(what, json.dumps(figures))


def switch_ingestion(stack: Stack, *, on: bool) -> None:
    """Have uploads taken in, or wait."""
    functions = stack.client("lambda")
    name = stack.outputs["IngestRecordsFunctionName"]
    for source in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=on)


def log_lines(stack: Stack) -> list[str]:
    """The lines of JSON that `serve_predictions` wrote of versions it loaded: in CloudWatch, or the emulator's log."""
    logs, found = stack.client("logs"), []
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], filterPattern='"version loaded"'
            )
            found += [event["message"] for part in pages for event in part["events"]]
    found += Path(stack.folder, "emulator.log").read_text(errors="replace").splitlines()
    return [line[line.index("{") :].strip() for line in found if '"version loaded"' in line and "{" in line]


if __name__ == "__main__":
    main()
