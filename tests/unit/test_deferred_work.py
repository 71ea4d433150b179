"""What a function does after its answer: in Lambda, which has a stand-in here, in an emulator, and elsewhere."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest

from steward.deferred_work import DeferredWork

PATIENCE = 20


class ExtensionsApi:
    """Answers as Lambda does: a registration at once, the next event once there is an invocation."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.invocations: Queue[str] = Queue()
        self.asked: Queue[tuple[str, str, Any]] = Queue()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        name = request.headers.get("Lambda-Extension-Name") or request.headers.get("Lambda-Extension-Identifier")
        self.asked.put((request.path, name or "", json.loads(body) if body else None))
        if request.path.endswith("/event/next"):
            self.invocations.get()
        request.send_response(self.status)
        request.send_header("Lambda-Extension-Identifier", "id-1")
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"{}")


@contextmanager
def extensions_api(api: ExtensionsApi) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.answer(self)

        def do_POST(self) -> None:
            api.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        for _ in range(9):
            api.invocations.put("the end")
        server.shutdown()
        server.server_close()


def test_lambda_is_told_that_an_invocation_is_over_once_its_work_is_done() -> None:
    api = ExtensionsApi()
    with extensions_api(api) as address:
        later = DeferredWork({"AWS_LAMBDA_RUNTIME_API": address})
        assert later.mode == "extension"
        registered = api.asked.get(timeout=PATIENCE)
        assert registered == ("/2020-01-01/extension/register", "steward-deferred-work", {"events": ["INVOKE"]})
        assert api.asked.get(timeout=PATIENCE) == ("/2020-01-01/extension/event/next", "id-1", None)
        done, begun, go_on = [], threading.Event(), threading.Event()

        def work() -> None:
            begun.set()
            assert go_on.wait(PATIENCE)
            done.append("sent")

        api.invocations.put("the first")
        later.add(work)
        assert begun.wait(PATIENCE)
        assert api.asked.empty()  # the environment is not frozen meanwhile
        go_on.set()
        assert api.asked.get(timeout=PATIENCE)[0].endswith("/event/next")
        later.wait()
        assert done == ["sent"]


def test_work_that_fails_does_not_end_the_extension(caplog: pytest.LogCaptureFixture) -> None:
    api = ExtensionsApi()
    with extensions_api(api) as address:
        later = DeferredWork({"AWS_LAMBDA_RUNTIME_API": address})
        done = threading.Event()
        for work in (lambda: 1 / 0, done.set):
            later.wait()
            api.invocations.put("one more")
            later.add(work)
        assert done.wait(PATIENCE)
    assert "what follows an answer failed" in caplog.messages


def test_where_the_extension_ends_its_work_is_done_before_the_next_answer() -> None:
    api = ExtensionsApi()
    with extensions_api(api) as address:
        later = DeferredWork({"AWS_LAMBDA_RUNTIME_API": address})
        assert api.asked.get(timeout=PATIENCE)[0].endswith("/register")
        assert api.asked.get(timeout=PATIENCE)[0].endswith("/event/next")
        api.status = 500
        api.invocations.put("the first")
        done = []
        later.add(lambda: done.append("first"))
        later.wait()
        later.add(lambda: done.append("second"))
    later.wait()
    assert (later.mode, done) == ("before", ["first", "second"])


@pytest.mark.parametrize("status", [403, 500])
def test_where_lambda_refuses_the_extension_the_work_is_done_before_the_answer(status: int) -> None:
    with extensions_api(ExtensionsApi(status)) as address:
        later = DeferredWork({"AWS_LAMBDA_RUNTIME_API": address})
    done = []
    later.add(lambda: done.append("sent"))
    assert (later.mode, done) == ("before", ["sent"])


def test_where_nobody_answers_too() -> None:
    later = DeferredWork({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"})
    assert later.mode == "before"


def test_a_process_that_is_not_frozen_does_it_in_a_thread() -> None:
    later = DeferredWork({"AWS_LAMBDA_FUNCTION_NAME": "serve"})
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        done.append("sent")

    later.add(work)
    assert begun.wait(PATIENCE)
    assert done == []
    go_on.set()
    later.wait()
    assert (later.mode, done) == ("thread", ["sent"])


def test_elsewhere_it_is_done_at_once() -> None:
    later = DeferredWork({})
    done = []
    later.add(lambda: done.append("sent"))
    later.wait()
    assert (later.mode, done) == ("before", ["sent"])
