"""A pickle where a loader looks is never run: it is refused, or stays the bytes that it is."""

import base64
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from arro3.core import Array, DataType, Field, Schema, Table
from arro3.io import write_parquet

from steward.backtest.policies import rehearsed_policies
from steward.backtest.row_file import read_rows
from steward.errors import BatchInvalid, ObjectChanged, SpecInvalid, StewardError, UntrustedArtifact
from steward.offline.tables import table_of
from steward.offline.version import load as load_version
from steward.records.quarantine import read_rejected
from steward.records.stored import read_ids, read_records
from steward.repositories.release_sums import read_past
from steward.retraining import artifact
from steward.retraining.serving_process import request_of, score_repeatedly
from steward.spec.document import read_spec
from tests.unit.examples import SPEC, sales, spec


class Planted:
    """What makes a folder when it is unpickled, in whatever process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.fixture
def fallen(tmp_path: Path) -> Path:
    """The folder that a planted pickle would make, and that one made to show that it does."""
    shown = tmp_path / "shown"
    pickle.loads(pickle.dumps(Planted(shown)))  # noqa: S301 - our own
    assert shown.is_dir()
    return tmp_path / "fallen"


def npz(fallen: Path) -> bytes:
    """Arrays of objects, which numpy pickles."""
    content = io.BytesIO()
    cells = np.array([Planted(fallen)], dtype=object)
    np.savez(content, hashes=cells, means=cells, layout=cells, index=cells)
    return content.getvalue()


def skops_file(fallen: Path) -> bytes:
    """An archive with a pickle in place of each member."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("schema.json", "1.npy", "model.pkl"):
            archive.writestr(name, pickle.dumps(Planted(fallen)))
    return content.getvalue()


def parquet(fallen: Path) -> bytes:
    """Pickles in cells, in the metadata that pandas reads, and as an extension type that old PyArrow unpickled."""
    body = pickle.dumps(Planted(fallen))
    extension = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": base64.b64encode(body),
    }
    fields = [
        Field(name, DataType.binary(), nullable=True, metadata=extension)
        for name in ("sale", "sold_at", "risk", "make", "version", "row", "line", "codes", "reasons", "content")
    ]  # fmt: skip
    schema = Schema(fields, metadata={b"pandas": base64.b64encode(body), b"PANDAS_ATTRS": base64.b64encode(body)})
    columns = [Array([body], DataType.binary()) for _ in fields]
    output = io.BytesIO()
    write_parquet(Table.from_arrays(columns, schema=schema), output)
    return output.getvalue()


def plain(fallen: Path) -> bytes:
    """As pickle and joblib write one object."""
    return pickle.dumps(Planted(fallen))


def yaml_of_python(fallen: Path) -> bytes:
    """What an unsafe YAML loader constructs."""
    return f"{SPEC}defects: !!python/object/apply:os.mkdir [{fallen}]\n".encode()


def scored(body: bytes, _: Path) -> object:
    return score_repeatedly(request_of(spec(), sales(), 5), body, lambda: 0.0)


def uploaded(ending: str) -> Callable[[bytes, Path], object]:
    def read(body: bytes, folder: Path) -> object:
        path = folder / f"rows{ending}"
        path.write_bytes(body)
        return [batch.columns for batch in table_of(path, "rows").batches()]

    return read


def shared_rows(body: bytes, folder: Path) -> object:
    (folder / "rows.npz").write_bytes(body)
    return read_rows(folder / "rows.npz")


def policy_file(body: bytes, folder: Path) -> object:
    (folder / "often.yaml").write_bytes(body)
    return rehearsed_policies(spec(), [folder / "often.yaml"])


def checked_out(body: bytes, folder: Path) -> object:
    for name in ("manifest.json", "spec.json", "model.skops", "model.pkl", "model.joblib"):
        (folder / name).write_bytes(body)
    return load_version(folder)


Reader = Callable[[bytes, Path], object]
LOADERS: dict[str, tuple[Reader, tuple[type[BaseException], ...]]] = {
    "an artifact": (lambda body, _: artifact.load(body), (UntrustedArtifact,)),
    "the artifact of a process that scores": (scored, (UntrustedArtifact,)),
    "a checkout": (checked_out, (StewardError,)),
    "the past of a release": (lambda body, _: read_past(body), (ObjectChanged,)),
    "the rows of a backtest": (shared_rows, (ValueError, LookupError, OSError, EOFError, TypeError, AttributeError)),
    "stored records": (lambda body, _: read_records(body, spec()), (BaseException,)),  # arro3 panics
    "stored ids": (lambda body, _: read_ids(body, spec()), (BaseException,)),  # arro3 panics
    "quarantined rows": (lambda body, _: read_rejected(body), (BaseException,)),
    "a declaration": (lambda body, _: read_spec(body), (SpecInvalid,)),
    "a policy of a backtest": (policy_file, (SpecInvalid,)),
} | {
    f"an upload{ending}": (uploaded(ending), (BatchInvalid,))
    for ending in (".parquet", ".csv", ".jsonl", ".pkl", ".joblib", ".npz", ".skops")
}  # fmt: skip


@pytest.mark.parametrize("planted", [plain, npz, skops_file, parquet, yaml_of_python])
@pytest.mark.parametrize("loader", LOADERS)
def test_no_loader_runs_what_was_planted(
    loader: str, planted: Callable[[Path], bytes], fallen: Path, tmp_path: Path
) -> None:
    read, refusals = LOADERS[loader]
    body = planted(fallen)
    with suppress(*refusals):
        read(body, tmp_path)
    assert not fallen.exists()


@pytest.mark.parametrize("planted", [plain, npz, skops_file])
@pytest.mark.parametrize("loader", ["an artifact", "a checkout", "the past of a release", "the rows of a backtest"])
def test_what_opens_archives_refuses_a_pickle(
    loader: str, planted: Callable[[Path], bytes], fallen: Path, tmp_path: Path
) -> None:
    read, refusals = LOADERS[loader]
    with pytest.raises(refusals):
        read(planted(fallen), tmp_path)
