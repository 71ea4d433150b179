"""The parent process: starts the decoder and converts each way it can end to an error of the domain."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from arro3.core import Array
from arro3.io import read_ipc_stream

from steward.errors import BatchInvalid, DecoderStopped
from steward.records.decoding import protocol
from steward.records.raw import ReadLimits

PROCESSOR_SECONDS = 600
"""Of the child's processor time: a file of 4.4 GB takes it a minute."""

_SILENT_SECONDS = 300
_ENDING_SECONDS = 10
_PIPE_BYTES = 1024**2
_TOLD_BYTES = 4096
_START = "import sys; sys.path[:0] = sys.argv[1:]; from steward.records.decoding.decode import main; main()"
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
"""What the child is given of the environment: no credentials."""
_ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**30)}
"""glibc's settings: memory of one batch is used again for the next, and not given back and asked for each time."""
_FROM_OUTSIDE = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_MEMORY_SIGNS = ("memory allocation of", "MemoryError", "Cannot allocate memory")


class Decoder:
    """One child, which decodes one file once.

    Attributes:
        rows: how many the file claims to have.
        names: its columns.

    Raises:
        BatchInvalid: the file's footer cannot be read.
        DecoderStopped: somebody else stopped the child, which says nothing of the file.
    """

    def __init__(self, path: Path, name: str, limits: ReadLimits) -> None:
        self._name = name
        self._limits = limits
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and code of this package
            [sys.executable, "-I", "-S", "-c", _START, *_module_path()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            env={key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
            | _ALLOCATION
            | {"RUST_BACKTRACE": "0"},
        )
        self.close = weakref.finalize(self, _stop, self._process, self._errors)
        _widen(self._process)
        asked = {
            "path": str(path),
            "name": name,
            "chunk_rows": limits.chunk_rows,
            "chunk_bytes": limits.chunk_bytes,
            "expanded_bytes": limits.maximum_expanded_bytes,
            "memory_bytes": limits.decoder_bytes,
            "processor_seconds": PROCESSOR_SECONDS,
        }
        self._ask(asked)
        header: dict[str, Any] = json.loads(self._receive()[1])
        self.rows: int = header["rows"]
        self.names: tuple[str, ...] = tuple(header["names"])

    def batches(self, wanted: Sequence[int]) -> Iterator[tuple[int, list[Array]]]:
        """How many rows, and the wanted columns by their positions, as often as there are some.

        Raises:
            BatchInvalid: the file proves to be damaged, or to need too much.
            DecoderStopped: as above.
        """
        try:
            self._ask(wanted)
            while (received := self._receive())[0] == protocol.ROWS:
                rows = int.from_bytes(received[1][: protocol.LENGTH], "little")
                stream = memoryview(received[1])[protocol.LENGTH :]
                del received
                arrays = self._arrays(stream) if wanted else []
                del stream  # it may be large: it is let go before the rows are judged
                yield rows, arrays
        finally:
            self.close()

    def _ask(self, question: object) -> None:
        stdin = self._process.stdin
        line = json.dumps(question).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):  # its end is told when its answer is missing
            while line and stdin:
                line = line[stdin.write(line) or 0 :]

    def _receive(self) -> tuple[bytes, bytearray]:
        try:
            letter, content = protocol.receive(self._read)
        except EOFError as error:
            raise self._failure() from error
        if letter == protocol.REFUSED:
            refused = json.loads(content)
            if refused["code"] == "needs_too_much_memory":
                raise self._too_much_memory()
            raise BatchInvalid(refused["code"], refused["message"])
        return letter, content

    def _read(self, size: int) -> bytearray:
        output = self._process.stdout
        if output is None:
            raise EOFError
        content = bytearray(size)
        left = memoryview(content)
        while left:
            if not select.select([output], [], [], _SILENT_SECONDS)[0]:
                raise self._too_slow(f"nothing came of it for {_SILENT_SECONDS} s")
            count = output.readinto(left)  # type: ignore[attr-defined] # a FileIO, since nothing is buffered
            if not count:
                raise EOFError
            left = left[count:]
        left.release()
        return content

    def _arrays(self, stream: memoryview) -> list[Array]:
        try:
            return [column for batch in read_ipc_stream(stream) for column in batch.columns]
        except Exception as error:
            raise self._failure() from error

    def _failure(self) -> Exception:
        """Why the child ended before it was done."""
        try:
            status = self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _TOLD_BYTES))
        written = self._errors.read().decode(errors="replace").strip()
        killed = -status if status < 0 else 0
        if any(sign in written for sign in _MEMORY_SIGNS):
            return self._too_much_memory()
        if killed in _FROM_OUTSIDE:
            return DecoderStopped(f"the process that decodes {self._name} was stopped by signal {killed}; try again")
        if killed == signal.SIGXCPU:
            return self._too_slow(f"over {PROCESSOR_SECONDS} s of a processor")
        if killed == signal.SIGKILL:  # as the system does where the machine has no memory left
            return self._too_much_memory("needs more memory to be decoded than there is, and its decoder was killed")
        how = _panic(written) or (f"signal {killed}" if killed else f"exit status {status}")
        return BatchInvalid(
            "corrupt",
            f"{self._name} ends the Parquet reader ({how}): it is damaged, or holds a type that cannot be read; write "
            "it again, with plain types, and upload it",
        )

    def _too_slow(self, why: str) -> BatchInvalid:
        return BatchInvalid("too_slow", f"{self._name} takes too long to decode ({why}); split it into smaller files")

    def _too_much_memory(self, what: str = "") -> BatchInvalid:
        needed = what or f"needs more than {self._limits.decoder_bytes / 1024**2:,.0f} MB to be decoded"
        return BatchInvalid(
            "needs_too_much_memory",
            f"{self._name} {needed}; write it with smaller pages and row groups, shorter cells or fewer columns",
        )


def _module_path() -> list[str]:
    """Where the child finds this package and arro3."""
    own = str(Path(__file__).parents[3])
    return list(dict.fromkeys([own, *(place for place in sys.path if place)]))


def _widen(process: subprocess.Popen[bytes]) -> None:
    """Let the child be some rows ahead, where the system can."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - not everywhere

        if process.stdout:
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _panic(written: str) -> str:
    """What Rust says of a panic, without where in its source."""
    lines = written.splitlines()
    at = next((at for at, line in enumerate(lines) if "panicked at" in line), None)
    return lines[at + 1].strip() if at is not None and at + 1 < len(lines) else ""


def _stop(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, errors):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()
