"""The log of one model's predictions: a queue in memory, and one thread that uploads it to the inbox."""

import atexit
import gzip
import logging
import math
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from steward.client.logged_row import encode_row
from steward.experiments.assignment import Assignment
from steward.uuid7 import new_prediction_id

type Send = Callable[[str, bytes], object]
"""Stores the bytes under a key, or raises."""

_LOG = logging.getLogger("steward.client")
_WARN_EVERY = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class ClientStatus(NamedTuple):
    """What became of the rows of one process.

    Attributes:
        queued: waiting, or being uploaded.
        sent: uploaded.
        dropped: lost because the queue was full, or the process ended without a network.
        refused: not logged because they are no row, or assigned to nobody because they are no entity.
        failures: attempts to upload that failed; their rows are tried again.
        problem: the newest of any of these, in words.
    """

    queued: int
    sent: int
    dropped: int
    refused: int
    failures: int
    problem: str


class Client:
    """Logs the predictions of one model.

    Rows wait in a bounded queue. A thread uploads them to `inbox/<model>/predictions/` as gzipped files of JSON lines,
    when there are enough, when the first has waited for long enough, and at the exit of the process. While uploads fail
    they are tried again with growing pauses; a full queue drops new rows and counts them. A forked child begins with an
    empty queue, and its parent keeps its own. Rows of a process that is killed are lost, and so are those of one that
    ends by `os._exit` without `close()`, as children of `multiprocessing` do.

    No method raises: what goes wrong is counted in `status`, and logged by `steward.client` at most once a minute.

    Args:
        model: whose predictions they are.
        bucket: the data bucket of the deployment.
        assignment: which entity has which arm, if there is an experiment.
        id_column, time_column, version_column, arm_column: as the declaration names them; what it does not name is
            ignored.
        seconds: that a row waits at most before it is uploaded.
        file_rows: at which a file is uploaded at once.
        queue_bytes: of rows, as JSON, that are held at most.
        exit_seconds: that the exit of the process may be delayed for the last upload.
        send: stores bytes under a key of the bucket, in place of S3.

    >>> kept = {}
    >>> client = Client("loans", "a-bucket", send=kept.__setitem__)
    >>> prediction = client.log({"income": 3200.0}, score=0.07, version="v2", arm="challenger")
    >>> client.flush(), len(kept), client.status.sent
    (True, 1, 1)
    """

    def __init__(
        self,
        model: str,
        bucket: str,
        *,
        assignment: Assignment | None = None,
        id_column: str = "id",
        time_column: str = "time",
        version_column: str = "version",
        arm_column: str = "arm",
        seconds: float = 60.0,
        file_rows: int = 10_000,
        queue_bytes: int = 64 * 2**20,
        exit_seconds: float = 5.0,
        send: Send | None = None,
    ) -> None:
        self._model, self._bucket, self._assignment = model, bucket, assignment
        self._columns = (id_column, time_column, version_column, arm_column)
        self._seconds, self._file_rows, self._queue_bytes = seconds, file_rows, queue_bytes
        self._given = send
        self._warned = -math.inf
        self._begin()
        _clients.add(self)
        atexit.register(_close_if_alive, weakref.ref(self), exit_seconds)

    def _begin(self) -> None:
        """As a new process is: nothing queued, nobody at work, no lock held, no connection shared."""
        self._changed = threading.Condition()
        self._rows: deque[bytes] = deque()
        self._taken = self._held = 0
        self._thread: threading.Thread | None = None
        self._urgent = self._closing = False
        self._sent = self._dropped = self._refused = self._failures = 0
        self._problem = ""
        self._send = self._given

    def arm_of(self, entity: str | int | None) -> str | None:
        """The arm of an entity; None where it takes no part, and the champion serves it."""
        try:
            return self._assignment.arm_of(entity) if self._assignment else None
        except Exception as error:  # noqa: BLE001 - an application must not fail for being observed
            self._note_refused(error)
            return None

    def log(
        self,
        features: Mapping[str, object],
        *,
        prediction_id: str | None = None,
        version: str | None = None,
        arm: str | None = None,
        at: datetime | None = None,
        **outputs: object,
    ) -> str:
        """Log one prediction; returns at once.

        Args:
            features: by column.
            prediction_id: by which its label will find it; a new one when left out.
            version: that made the prediction; the champion when left out.
            arm: of the experiment.
            at: when; now when left out.
            outputs: every other column, such as `score=0.07`, `latency=12.5` or the entity's.

        Returns:
            The prediction's ID, also where the row could not be logged.
        """
        name = prediction_id or new_prediction_id()
        try:
            id_column, time_column, version_column, arm_column = self._columns
            row: dict[str, object] = {**features, **outputs, id_column: name, time_column: at or datetime.now(UTC)}
            row |= {version_column: version} if version is not None else {}
            row |= {arm_column: arm} if arm is not None else {}
            self._enqueue(encode_row(row))
        except Exception as error:  # noqa: BLE001 - an application must not fail for being observed
            self._note_refused(error)
        return name

    def flush(self, seconds: float = 5.0) -> bool:
        """Upload now, and wait for it; call it at the end of each invocation of a Lambda function.

        Args:
            seconds: to wait at most.

        Returns:
            Whether nothing is left in the queue.
        """
        with self._changed:
            self._urgent = bool(self._rows)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._rows and not self._taken, timeout=seconds)

    def close(self, seconds: float = 5.0) -> bool:
        """Upload what is queued, try no longer than so many seconds, and log no more rows."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._rows and not self._taken, timeout=seconds)
            if not done:
                lost = len(self._rows) + self._taken
                self._dropped += lost
                self._rows.clear()
                self._taken = 0
                why = self._problem or "there was no answer"
                self._warn(f"{lost} rows were not uploaded within {seconds:g} s of closing: {why}")
            return done

    @property
    def status(self) -> ClientStatus:
        """What became of the rows of this process."""
        with self._changed:
            queued = len(self._rows) + self._taken
            return ClientStatus(queued, self._sent, self._dropped, self._refused, self._failures, self._problem)

    def _enqueue(self, line: bytes) -> None:
        with self._changed:
            if self._closing or self._held + len(line) > self._queue_bytes:
                self._dropped += 1
                why = "the client is closed" if self._closing else f"{self._held:,} bytes of rows wait for an upload"
                self._warn(f"a row was dropped, since {why} ({self._dropped:,} until now): {self._problem}")
                return
            self._rows.append(line)
            self._held += len(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="steward-client", daemon=True)
                self._thread.start()
            if len(self._rows) == 1 or len(self._rows) >= self._file_rows:
                self._changed.notify_all()

    def _work(self) -> None:
        """Upload files for as long as the process lives."""
        while lines := self._take():
            sent = self._upload(lines)
            with self._changed:
                if sent:
                    self._sent += len(lines)
                    self._dropped -= len(lines) - self._taken  # which `close` had counted as lost
                self._taken = 0
                self._held -= sum(map(len, lines))
                self._changed.notify_all()

    def _take(self) -> list[bytes]:
        """The rows of the next file, once it is due; none when the client is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._closing)
            due = time.monotonic() + self._seconds
            while len(self._rows) < self._file_rows and not (self._urgent or self._closing):
                if not self._changed.wait(timeout=max(0.0, due - time.monotonic())) and time.monotonic() >= due:
                    break
            lines = [self._rows.popleft() for _ in range(min(len(self._rows), self._file_rows))]
            self._taken = len(lines)
            self._urgent = self._urgent and bool(self._rows)
            return lines

    def _upload(self, lines: Iterable[bytes]) -> bool:
        """Try until it succeeds; a client that is being closed tries once more."""
        now = datetime.now(UTC)
        key = f"inbox/{self._model}/predictions/{now:%Y/%m/%d}/{now:%H%M%S}-{new_prediction_id()}.jsonl.gz"
        body = gzip.compress(b"".join(lines), compresslevel=5, mtime=0)
        pause = _FIRST_PAUSE
        while True:
            last = self._closing
            try:
                if self._send is None:
                    self._send = _sender(self._bucket)
                self._send(key, body)
            except Exception as error:  # noqa: BLE001 - whatever the network does, the next attempt may do better
                self._note_failure(error)
            else:
                return True
            with self._changed:
                if last:
                    self._dropped += self._taken
                    return False
                self._changed.wait_for(lambda: self._closing, timeout=pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    def _note_failure(self, error: Exception) -> None:
        with self._changed:
            self._failures += 1
            self._problem = f"{type(error).__name__}: {error}"
            self._warn(f"an upload to {self._bucket} failed and is tried again: {self._problem}")

    def _note_refused(self, error: Exception) -> None:
        try:
            with self._changed:
                self._refused += 1
                self._problem = f"{type(error).__name__}: {error}"
                self._warn(f"a row or an entity was refused: {self._problem}")
        except Exception:  # noqa: BLE001, S110 - an error whose text cannot be made is no reason to fail either
            pass

    def _warn(self, sentence: str) -> None:
        """Tell the application's log, at most once a minute."""
        if time.monotonic() - self._warned >= _WARN_EVERY:
            self._warned = time.monotonic()
            _LOG.warning("%s", sentence)


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _sender(bucket: str) -> Send:
    """Puts objects into the bucket, by a client of S3 that this process alone has."""
    from steward.aws import s3_for_applications  # noqa: PLC0415 - boto3 is loaded by the thread, when it is needed

    put = s3_for_applications().put_object
    return lambda key, body: put(Bucket=bucket, Key=key, Body=body)


def _close_if_alive(client: weakref.ref[Client], seconds: float) -> None:
    if found := client():
        found.close(seconds)


def _begin_in_child() -> None:
    for client in list(_clients):
        client._begin()  # noqa: SLF001 - of this module


os.register_at_fork(after_in_child=_begin_in_child)
