"""The client: rows arrive in files, and nothing that happens to the network or the process reaches the application."""

import gzip
import json
import logging
import math
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steward.client import Assignment, Client

ROOT = Path(__file__).resolve().parents[3]
HEAVY = {"arro3", "boto3", "botocore", "numpy", "pandas", "pydantic", "scipy", "sklearn", "typer"}


class Inbox:
    """Where the client stores its files; broken for as many attempts as it is told to be."""

    def __init__(self, failures: int = 0) -> None:
        self.files: dict[str, bytes] = {}
        self.failures = failures
        self.asked = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def __call__(self, key: str, body: bytes) -> None:
        self.asked.set()
        assert self.open.wait(30)
        if self.failures:
            self.failures -= 1
            raise OSError("no network")
        self.files[key] = body

    @property
    def rows(self) -> list[dict]:
        return [json.loads(line) for body in self.files.values() for line in gzip.decompress(body).splitlines()]


def test_rows_arrive_as_a_file_that_the_inbox_takes() -> None:
    inbox = Inbox()
    client = Client("loans", "bucket", id_column="loan", version_column="model", send=inbox)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    given = client.log({"income": 3200}, prediction_id="p1", version="v2", arm="new", at=at, score=0.25, customer="c")
    made = client.log({"income": 10}, score=0.5)
    assert client.flush()
    (key,) = inbox.files
    assert re.fullmatch(r"inbox/loans/predictions/\d{4}/\d\d/\d\d/\d{6}-[0-9a-f-]{36}\.jsonl\.gz", key)
    first = {"income": 3200, "score": 0.25, "customer": "c", "loan": "p1", "model": "v2", "arm": "new"}
    assert inbox.rows[0] == first | {"time": "2026-03-01T12:00:00+00:00"}
    assert (given, inbox.rows[1]["loan"]) == ("p1", made)
    assert set(inbox.rows[1]) == {"income", "score", "loan", "time"}
    assert client.status[:5] == (0, 2, 0, 0, 0)


def test_ids_are_unique_and_tell_their_time() -> None:
    client = Client("loans", "bucket", send=Inbox())
    made = [uuid.UUID(client.log({})) for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


def test_cells_of_numpy_and_pandas_are_written_as_plain_ones() -> None:
    inbox = Inbox()
    client = Client("loans", "bucket", send=inbox)
    client.log(
        {"a": np.float32(0.5), "b": np.int64(7), "c": np.array([1.0, 2.0]), "d": pd.Timestamp("2026-03-01"), "e": None,
         "f": math.nan, "g": np.inf, "h": Decimal("1.10"), "i": uuid.UUID(int=1), "j": np.float64("nan"), "k": True},
    )  # fmt: skip
    assert client.flush()
    row = inbox.rows[0]
    assert [row[name] for name in "abcdefghijk"] == [
        0.5, 7, [1.0, 2.0], "2026-03-01T00:00:00", None, None, None, "1.10", str(uuid.UUID(int=1)), None, True,
    ]  # fmt: skip


def test_what_is_no_row_is_refused_and_never_raises(caplog: pytest.LogCaptureFixture) -> None:
    client = Client("loans", "bucket", send=Inbox(), assignment=Assignment.of("s", {"a": 0.5, "b": 0.5}))
    for features in ({"x": object()}, {("tuple",): 1}, {"x": {1, 2}}, None, 5):
        assert client.log(features)
    assert client.arm_of(1.5) is None
    assert client.arm_of(object()) is None
    assert client.status.refused == 7
    assert client.status.queued == 0
    assert len(caplog.records) == 1
    assert "was refused" in caplog.text
    assert " at 0x" not in caplog.text


def test_arms_are_those_of_the_assignment() -> None:
    assignment = Assignment.of("s", {"a": 0.5, "b": 0.5})
    client = Client("loans", "bucket", send=Inbox(), assignment=assignment)
    assert [client.arm_of(at) for at in range(50)] == [assignment.arm_of(at) for at in range(50)]
    assert client.arm_of(None) is None
    assert Client("loans", "bucket", send=Inbox()).arm_of("x") is None


def test_a_full_file_goes_at_once_and_a_small_one_when_its_time_has_come() -> None:
    inbox = Inbox()
    client = Client("loans", "bucket", send=inbox, file_rows=100, seconds=3600)
    for at in range(250):
        client.log({"x": at})
    assert inbox.asked.wait(10)
    assert client.flush()
    assert sorted(row["x"] for row in inbox.rows) == list(range(250))
    assert max(gzip.decompress(body).count(b"\n") for body in inbox.files.values()) == 100
    soon = Inbox()
    timed = Client("loans", "bucket", send=soon, seconds=0.01)
    timed.log({"x": 1})
    assert soon.asked.wait(10)


def test_a_failed_upload_is_tried_again_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steward.client.prediction_log._FIRST_PAUSE", 0.01)
    inbox = Inbox(failures=3)
    client = Client("loans", "bucket", send=inbox)
    client.log({"x": 1})
    assert client.flush(30)
    assert [row["x"] for row in inbox.rows] == [1]
    assert (client.status.sent, client.status.failures) == (1, 3)
    assert "OSError: no network" in client.status.problem


def test_a_full_queue_drops_new_rows_and_counts_them(caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox()
    inbox.open.clear()
    client = Client("loans", "bucket", send=inbox, queue_bytes=1000, file_rows=4)
    with caplog.at_level(logging.WARNING):
        for at in range(25):
            client.log({"x": at})
    queued = client.status.queued
    assert (5 < queued < 15, client.status.dropped) == (True, 25 - queued)
    assert len(caplog.records) == 1
    assert "bytes of rows wait for an upload" in caplog.text
    inbox.open.set()
    assert client.flush(30)
    assert sorted(row["x"] for row in inbox.rows) == list(range(queued))
    client.log({"x": 99})
    assert client.flush(30)
    assert client.status.dropped == 25 - queued


def test_many_threads_log_every_row_once() -> None:
    inbox = Inbox()
    client = Client("loans", "bucket", send=inbox, file_rows=50, seconds=0.005)

    def work(worker: int) -> None:
        for at in range(200):
            client.log({"x": 1000 * worker + at})

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(30)
    assert sorted(row["x"] for row in inbox.rows) == [1000 * worker + at for worker in range(8) for at in range(200)]


def test_a_closed_client_uploads_what_it_has_and_takes_no_more() -> None:
    inbox = Inbox()
    client = Client("loans", "bucket", send=inbox, seconds=3600)
    client.log({"x": 1})
    assert client.close(10)
    client.log({"x": 2})
    assert [row["x"] for row in inbox.rows] == [1]
    assert client.status.dropped == 1
    assert client.close()


def test_closing_without_a_network_gives_up_in_time() -> None:
    inbox = Inbox()
    inbox.open.clear()
    client = Client("loans", "bucket", send=inbox)
    client.log({"x": 1})
    client.log({"x": 2})
    assert not client.flush(0.05)
    assert not client.close(0.05)
    assert client.status[:3] == (0, 0, 2)
    inbox.open.set()


def test_rows_that_arrive_after_their_client_gave_them_up_are_not_counted_as_lost() -> None:
    inbox = Inbox()
    inbox.open.clear()
    client = Client("loans", "bucket", send=inbox)
    client.log({"x": 1})
    assert not client.flush(0.05)
    assert inbox.asked.wait(30)
    assert not client.close(0.05)
    inbox.open.set()
    assert client._thread is not None
    client._thread.join(30)
    assert client.status[:3] == (0, 1, 0)


PREAMBLE = """
import atexit, gzip, json, os, pathlib, sys, time
from steward.client import Client
folder = pathlib.Path(sys.argv[1])
def send(key, body):
    (folder / key.rpartition("/")[2]).write_bytes(body)
"""


def run(program: str, *arguments: object, timeout: float = 60, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, which ends by itself."""
    code = PREAMBLE + textwrap.dedent(program)
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code, *map(str, arguments)],
        cwd=ROOT / "layers" / "steward", env=os.environ | variables, check=True, capture_output=True, text=True,
        timeout=timeout,
    )  # fmt: skip


def stored(folder: Path) -> list[int]:
    return sorted(
        json.loads(line)["x"] for path in folder.iterdir() for line in gzip.decompress(path.read_bytes()).splitlines()
    )


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "raise SystemExit"])
def test_the_exit_of_the_process_uploads_what_is_left(ending: str, tmp_path: Path) -> None:
    program = f"""
        client = Client("m", "b", send=send, seconds=3600)
        for x in range(5): client.log({{"x": x}})
        {ending}
    """
    run(program, tmp_path)
    assert stored(tmp_path) == [0, 1, 2, 3, 4]


def test_a_forked_child_logs_its_own_rows_and_none_of_its_parents(tmp_path: Path) -> None:
    program = """
        client = Client("m", "b", send=send, seconds=3600)
        client.log({"x": 1})
        child = os.fork()
        client.log({"x": 2 if child else 3})
        if child == 0:
            assert client.status.queued == 1
            assert client.flush(20)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert client.status.queued == 2
    """
    run(program, tmp_path)
    assert stored(tmp_path) == [1, 2, 3]


def test_forking_while_an_upload_hangs_leaves_the_child_free(tmp_path: Path) -> None:
    program = """
        def hang(key, body):
            if os.getpid() == parent: time.sleep(60)
            send(key, body)
        parent = os.getpid()
        client = Client("m", "b", send=hang, seconds=0, exit_seconds=0.1)
        client.log({"x": 1})
        while not client._taken: time.sleep(0.01)
        child = os.fork()
        if child == 0:
            client.log({"x": 2})
            os._exit(0 if client.flush(20) else 1)
        assert os.waitpid(child, 0)[1] == 0
    """
    run(program, tmp_path)
    assert stored(tmp_path) == [2]


S3 = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
DEAD = """
    client = Client("m", "b", seconds=0, exit_seconds=0.5)
    for x in range(1000): client.log({"x": x})
    while not client._taken or (sys.argv[2] == "refused" and not client.status.failures): time.sleep(0.01)
    print(json.dumps(client.status))
"""


@pytest.mark.parametrize("kind", ["refused", "hangs"])
def test_a_dead_network_neither_fails_nor_holds_up_the_application(kind: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if kind == "refused":
            server.close()
        done = run(DEAD, tmp_path, kind, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", **S3)
    queued, sent, dropped, refused, failures, problem = json.loads(done.stdout)
    assert (queued, sent, dropped, refused) == (1000, 0, 0, 0)
    assert (failures > 0, "Could not connect" in problem) == (kind == "refused",) * 2
    assert "1000 rows were not uploaded" in done.stderr or "failed and is tried again" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_of_the_documentation_runs_without_a_network(tmp_path: Path) -> None:
    page = (ROOT / "infra" / "docs" / "experiments.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(from steward\.client.*?)```", page, re.DOTALL)
    assert example.count("\n") <= 6
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    done = run(f"{example}\nprint(client.close(20), *client.status)", tmp_path, AWS_ENDPOINT_URL=endpoint, **S3)
    assert done.stdout.startswith(("True 0 0 1 0", "False 0 0 1 0"))


def test_nothing_heavy_is_imported() -> None:
    program = "import json, sys, steward.client; print(json.dumps(list(sys.modules)))"
    alone = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "layers" / "steward", env=alone, check=True, capture_output=True, text=True,
    )  # fmt: skip
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint(HEAVY)
    assert {name for name in loaded - sys.stdlib_module_names if not name.startswith("_")} <= {
        "steward",
        "sitecustomize",
    }
