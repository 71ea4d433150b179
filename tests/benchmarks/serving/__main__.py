"""Time of an answer in the deployed local stack, and what a shadow adds to it: `python -m tests.benchmarks.serving`.

It deploys a stack of its own, has the first version of the flights trained, and asks for predictions of later flights.
`Server-Timing` says how long the function and the estimator in it took; the rest is the emulator's. Ingestion is
switched off meanwhile: the emulator's Firehose makes each answer an upload, where AWS's does so every five minutes.
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
ROUNDS, REQUESTS_A_ROUND, BATCHES_A_ROUND = 12, 60, 6
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
    loaded = [json.loads(line) for line in log_lines(stack) if '"version loaded"' in line]
    if loaded:
        figures = {
            "bytes": loaded[0]["bytes"],
            "fetch": min(line["fetch_milliseconds"] for line in loaded),
            "load": min(line["load_milliseconds"] for line in loaded),
            "promised": MOST_LOADING,
        }
        keep("serving-loading", figures)
        print(json.dumps(figures))
    else:
        print("the emulator's log has no line of a version that was loaded")
    compare_shadows(stack, url, rows)


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


def compare_shadows(stack: Stack, url: FunctionUrl, rows: list[dict[str, Any]]) -> None:
    """Ask while no shadow is woken, and while shadows crash and hang, in turns; print percentiles and their ratios."""
    functions, events = stack.client("lambda"), stack.client("events")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("app.py", SHADOW)
    name = stack.outputs["ScoreShadowsFunctionName"]
    functions.update_function_code(FunctionName=name, ZipFile=archive.getvalue())
    functions.update_function_configuration(FunctionName=name, Layers=[])
    taken: dict[str, list[float]] = {"none": [], "crash": [], "hang": []}
    totals: dict[str, list[float]] = {"none": [], "crash": [], "hang": []}
    for turn in range(ROUNDS):
        for kind, passing in taken.items():
            for at in range(BATCHES_A_ROUND if kind != "none" else 0):
                detail = {"model": MODEL, "kind": "predictions", "correlation_id": f"{kind}-{turn}-{at}"}
                entry = {"Source": "steward", "DetailType": "BatchIngested", "Detail": json.dumps(detail)}
                events.put_events(Entries=[{**entry, "EventBusName": stack.outputs["BusName"]}])
            for at in range(REQUESTS_A_ROUND):
                _, total, passed = ask(url, [rows[(turn * REQUESTS_A_ROUND + at) % len(rows)]])
                passing.append(passed)
                totals[kind].append(total)
    for what, found in (("round trip", taken), ("function", totals)):
        levels = {kind: np.percentile(values, [50, 90, 95]) for kind, values in found.items()}
        figures = {kind: [round(float(level), 3) for level in of] for kind, of in levels.items()}
        ratios = {kind: [round(float(r), 3) for r in of / levels["none"]] for kind, of in levels.items()}
        keep(f"serving-shadows-{what.replace(' ', '-')}", {"milliseconds": figures, "ratios": ratios})
        print(what, json.dumps({"percentiles 50, 90, 95, ms": figures, "ratios": ratios}))


def switch_ingestion(stack: Stack, *, on: bool) -> None:
    """Have uploads taken in, or wait."""
    functions = stack.client("lambda")
    name = stack.outputs["IngestRecordsFunctionName"]
    for source in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=on)


def log_lines(stack: Stack) -> list[str]:
    """The lines of JSON that functions wrote."""
    text = Path(stack.folder, "emulator.log").read_text(errors="replace")
    return [line[line.index("{") :] for line in text.splitlines() if "version loaded" in line and "{" in line]


if __name__ == "__main__":
    main()
