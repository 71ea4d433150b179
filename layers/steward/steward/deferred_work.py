"""Work that a function does after its answer has left.

Lambda freezes a process when its handler returns, unless an extension is at work: what it was asked last is then kept
awake until the extension asks for the next event, while the caller has the answer already (AWS Compute Blog, "Running
code after returning a response from an AWS Lambda function"). A thread of the function may be that extension. Work that
an environment does not end within the function's timeout is lost with the environment.
"""

import http.client
import json
import logging
import os
import queue
import threading
from collections.abc import Callable, Mapping

type Work = Callable[[], None]

_API = "/2020-01-01/extension"
_NAME = "steward-deferred-work"
_LOOK_AGAIN = 0.1
"""Seconds."""
_LOG = logging.getLogger("steward.deferred_work")


class DeferredWork:
    """Does the work of one invocation after another; make it while the function starts.

    Attributes:
        mode: `extension` in Lambda; `thread` in an emulator, whose processes are not frozen; `before` where neither
            is possible: then the work is done before the answer leaves.

    Args:
        environment: variables of the process.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._work: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._done = threading.Event()
        self._done.set()
        self.mode = "before"
        api = environment.get("AWS_LAMBDA_RUNTIME_API")
        if api:
            try:
                identifier = _register(api)
            except (OSError, http.client.HTTPException) as error:
                _LOG.warning("no extension, so that answers wait for their records: %s", error)
                return
            self._begin("extension", lambda: _wait_for_event(api, identifier))
        elif "AWS_LAMBDA_FUNCTION_NAME" in environment:
            self._begin("thread", lambda: None)

    def wait(self) -> None:
        """Wait for the work of the invocation before, as Lambda does by itself."""
        while not self._done.wait(_LOOK_AGAIN):
            if self.mode == "before":  # the extension ended before it came to this work
                self._finish()

    def add(self, work: Work) -> None:
        """Have the work of this invocation done; call it once in each, and last."""
        if self.mode == "before":
            _do(work)
            return
        self._done.clear()
        self._work.put(work)

    def _begin(self, mode: str, wait_for_invocation: Callable[[], None]) -> None:
        self.mode = mode
        threading.Thread(target=self._loop, args=(wait_for_invocation,), name=_NAME, daemon=True).start()

    def _loop(self, wait_for_invocation: Callable[[], None]) -> None:
        while True:
            try:
                wait_for_invocation()
            except (OSError, http.client.HTTPException) as error:
                _LOG.warning("the extension ended, so that answers wait for their records from now on: %s", error)
                self.mode = "before"
                return
            _do(self._work.get())
            self._done.set()

    def _finish(self) -> None:
        while not self._work.empty():
            _do(self._work.get())
        self._done.set()


def _do(work: Work) -> None:
    try:
        work()
    except Exception:  # noqa: BLE001 - the answer has left: nobody else hears of it
        _LOG.exception("what follows an answer failed")


def _register(api: str) -> str:
    """Register with Lambda for invocations; the identifier of the extension."""
    connection = http.client.HTTPConnection(api, timeout=5)
    try:
        headers = {"Lambda-Extension-Name": _NAME, "Content-Type": "application/json"}
        connection.request("POST", f"{_API}/register", json.dumps({"events": ["INVOKE"]}), headers)
        answer = connection.getresponse()
        answer.read()
        identifier = answer.headers.get("Lambda-Extension-Identifier")
        if answer.status != http.HTTPStatus.OK or not identifier:
            raise http.client.HTTPException(f"Lambda answers {answer.status} to the registration of an extension")
        return identifier
    finally:
        connection.close()


def _wait_for_event(api: str, identifier: str) -> None:
    """Tell Lambda that the work is done, and wait for the next invocation."""
    connection = http.client.HTTPConnection(api)  # without a timeout: it may be hours
    try:
        connection.request("GET", f"{_API}/event/next", headers={"Lambda-Extension-Identifier": identifier})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise http.client.HTTPException(f"Lambda answers {answer.status} to an extension that asks for an event")
    finally:
        connection.close()
