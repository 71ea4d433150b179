"""Starting, finding and stopping the emulator of one folder."""

import fcntl
import http.client
import json
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".local" / "tools"
READY_WITHIN_SECONDS = 60.0
ANSWERS_WITHIN_SECONDS = (
    20.0  # a machine that is busy with training answers late, and must not lose its emulator for it
)
STOPPED_WITHIN_SECONDS = 10.0
LOG_LINES_SHOWN = 30
_started: dict[int, subprocess.Popen[bytes]] = {}
"""The emulators that this process started, by number, so that it takes their exit status when it stops them."""


class LocalStackError(Exception):
    """The local environment can't do what was asked; the message says what to do."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    folder: Path
    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        """Where every AWS service answers."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        """What a client must trust to speak to the endpoint."""
        return self.folder / "certificate.pem"


def start(folder: Path) -> Emulator:
    """The emulator of `folder`, started if it does not run.

    Raises:
        LocalStackError: it did not become ready; the message ends with the tail of its log.
    """
    if (running := find(folder)) is not None:
        if answers(running):
            return running
        stop(folder)
    python = TOOLS / "emulator" / "bin" / "python"
    if not python.exists():
        raise LocalStackError(f"{python} is missing: run `make tools`.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "emulator.json").unlink(missing_ok=True)
    with (folder / "emulator.log").open("w") as log:
        child = subprocess.Popen(
            [python, Path(__file__).with_name("emulator.py"), folder],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started[child.pid] = child
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None and find(folder) is None:
            raise LocalStackError(f"The emulator stopped with status {child.returncode}.\n{log_tail(folder)}")
        if (emulator := find(folder)) is not None and answers(emulator):
            return emulator
        time.sleep(0.1)
    stop(folder)
    raise LocalStackError(f"The emulator was not ready after {READY_WITHIN_SECONDS:.0f} s.\n{log_tail(folder)}")


def find(folder: Path) -> Emulator | None:
    """The emulator that runs in `folder`, which need not be ready yet."""
    try:
        state = json.loads((folder / "emulator.json").read_text())
        return Emulator(folder, state["pid"], state["port"]) if is_held(folder / "lock") else None
    except FileNotFoundError:
        return None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock `path`."""
    with path.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def stop(folder: Path) -> bool:
    """Stop the emulator of `folder` and its functions' processes, and nothing else. False if none ran."""
    emulator = find(folder)
    if emulator is None:
        return False
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(emulator.pid, kind)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + STOPPED_WITHIN_SECONDS
        while time.monotonic() < deadline and find(folder) is not None:
            time.sleep(0.05)
        if find(folder) is None:
            break
    if child := _started.pop(emulator.pid, None):
        child.wait()
    (folder / "emulator.json").unlink(missing_ok=True)
    discard(folder / "tmp", f"tmp-{emulator.pid}")
    return True


def discard(path: Path, aside: str) -> None:
    """Remove a folder without waiting for it: the functions' unpacked layers are a gigabyte in forty thousand files."""
    with suppress(FileNotFoundError):
        path.rename(path.with_name(aside))
    leftovers = [str(leftover) for leftover in path.parent.glob("tmp-*")]
    if leftovers:
        os.posix_spawnp("rm", ["rm", "-rf", *leftovers], dict(os.environ))


def answers(emulator: Emulator) -> bool:
    """Whether the emulator serves requests."""
    try:
        context = ssl.create_default_context(cafile=str(emulator.certificate))
        connection = http.client.HTTPSConnection(
            "127.0.0.1", emulator.port, timeout=ANSWERS_WITHIN_SECONDS, context=context
        )
        with closing(connection):
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def log_tail(folder: Path) -> str:
    """The last lines of the emulator's log, and where the rest is."""
    log = folder / "emulator.log"
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    return "\n".join([f"The end of {log}:", *lines])


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock `path` meanwhile, waiting for it if need be. However this process ends, the lock is free again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
