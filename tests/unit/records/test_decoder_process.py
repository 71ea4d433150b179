"""However the process that decodes a Parquet file ends, the caller lives on and can say why."""

import os
import signal
from pathlib import Path
from unittest.mock import patch

import pytest
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet

from steward.errors import BatchInvalid, DecoderStopped
from steward.records.decoding import process
from steward.records.formats import open_rows
from steward.records.panics import refuse_panics
from steward.records.raw import ReadLimits


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "a.parquet", Array(range(1000), DataType.int64()))


def write(path: Path, column: Array, **settings) -> Path:
    write_parquet(Table.from_batches([RecordBatch.from_arrays([column], names=["x"])]), path, **settings)
    return path


def read(path: Path, **limits) -> list[list]:
    rows = open_rows(path, path.name, ReadLimits(**limits))
    return [chunk.columns["x"].to_pylist() for chunk in rows.chunks(rows.names)]


def refusal(path: Path, begin: str = "", **limits) -> BatchInvalid:
    with patch.object(process, "_START", begin or process._START), pytest.raises(BatchInvalid) as refused:
        read(path, **limits)
    return refused.value


@pytest.mark.usefixtures("measured_decoder")
def test_a_file_is_read_in_chunks(file):
    assert read(file, chunk_rows=400) == [[*range(400)], [*range(400, 800)], [*range(800, 1000)]]


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("import os; os.abort()", "signal 6"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("import os; os._exit(3)", "exit status 3"),
        ("pass", "exit status 0"),
        ("import sys; sys.stdout.write('B' + 8 * chr(1) + 'no message')", "exit status 0"),
        ("import sys; sys.stderr.write(\"thread 'x' panicked at lib.rs:1:1:\\nnot yet\\n\"); sys.exit(1)", "not yet"),
    ],
)
def test_a_decoder_that_dies_refuses_the_file(file, ends, told):
    error = refusal(file, ends)
    assert error.code == "corrupt"
    assert "a.parquet" in str(error)
    assert told in str(error)


def test_a_decoder_that_dies_halfway_refuses_the_file(file):
    dies = (
        "import sys; sys.path[:0] = sys.argv[1:]; from steward.records.decoding import decode, protocol;"
        "protocol.DONE = protocol.ROWS; decode.main()"
    )
    assert refusal(file, dies).code == "corrupt"


def test_too_much_memory_is_told_as_such(tmp_path):
    long = Array(["y" * 2**26], DataType.utf8()).take(Array([0, 0, 0, 0], DataType.int64()))
    path = write(tmp_path / "a.parquet", long, dictionary_enabled=False, compression="zstd(1)")
    assert path.stat().st_size < 2**16
    error = refusal(path, decoder_bytes=200 * 2**20)
    assert error.code == "needs_too_much_memory"
    assert "more than 200 MB" in str(error)


@pytest.mark.usefixtures("measured_decoder")
def test_a_cell_too_large_to_hand_over_is_told_as_such(tmp_path):
    path = write(tmp_path / "a.parquet", Array(["y" * 2**24, "x"], DataType.utf8()))
    begin = process._START.replace(
        "main()", "import steward.records.decoding.protocol as m; m.MAXIMUM_ROWS_BYTES = 2**20; main()"
    )
    assert refusal(path, begin).code == "row_too_large"


@pytest.mark.usefixtures("measured_decoder")
def test_rows_too_large_to_hand_over_at_once_come_in_parts(tmp_path):
    values = [f"{at}{'y' * 1000}" for at in range(1000)]
    path = write(tmp_path / "a.parquet", Array(values, DataType.utf8()))
    begin = process._START.replace(
        "main()", "import steward.records.decoding.protocol as m; m.MAXIMUM_ROWS_BYTES = 2**16; main()"
    )
    with patch.object(process, "_START", begin):
        parts = read(path)
    assert [cell for part in parts for cell in part] == values
    assert len(parts) >= 16


def test_a_decoder_that_the_system_kills_is_told_to_have_needed_too_much_memory(file):
    error = refusal(file, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert error.code == "needs_too_much_memory"
    assert "was killed" in str(error)


def test_a_decoder_out_of_time_is_told_as_such(file):
    error = refusal(file, "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)")
    assert error.code == "too_slow"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_decoder_stopped_from_outside_says_nothing_of_the_file(file, sent):
    begin = f"import os, signal; signal.signal({sent:d}, signal.SIG_DFL); os.kill(os.getpid(), {sent:d})"
    with patch.object(process, "_START", begin), pytest.raises(DecoderStopped):
        read(file)


def test_a_decoder_that_is_silent_is_stopped(file):
    with patch.object(process, "_SILENT_SECONDS", 0):
        assert refusal(file, "import time; time.sleep(60)").code == "too_slow"


def test_a_decoder_is_not_left_running(file):
    rows = open_rows(file, file.name)
    child = rows._decoder._process.pid
    os.kill(child, 0)
    del rows
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_decoder_has_no_credentials(file):
    tells = "import os, sys; sys.stderr.write(\"panicked at\\n\" + ' '.join(sorted(os.environ))); sys.exit(1)"
    with patch.dict(os.environ, {"AWS_SECRET_ACCESS_KEY": "secret"}):
        assert "AWS" not in str(refusal(file, tells))


def test_a_panic_in_the_callers_own_process_is_a_refusal():
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
    with (
        pytest.raises(BatchInvalid, match=r"a value in a\.csv cannot be read; look for extreme dates"),
        refuse_panics("a.csv"),
    ):
        raise panic("overflow")
    with pytest.raises(KeyboardInterrupt), refuse_panics("a.csv"):
        raise KeyboardInterrupt
