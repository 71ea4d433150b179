"""Make a Lambda layer small and quick to import: drop what no handler needs, then compile what is left.

Tests, headers, stubs and installation records go, and so do the paths named on the command line and whatever only
linkers and debuggers read in shared libraries (a tenth of the layers). Bytecode is never checked against its source
(unchecked hash) and names `/opt/python`, where Lambda mounts layers, so that two builds give the same bytes. Bytecode
takes the place of its source and carries no docstrings, as under `python -OO`: NumPy, pandas, SciPy and scikit-learn
have 70 MB of source and bytecode otherwise, and all layers may have 262 MB unzipped. `--with-source` names the one
package whose source is kept, so that tracebacks show its lines.

The makefile of each layer runs it with the Python that Lambda runs, since bytecode belongs to one version.
"""

import argparse
import compileall
import shutil
import struct
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

UNNEEDED_FOLDERS = {"__pycache__", "bin", "include", "sboms", "test", "tests"}
UNNEEDED_SUFFIXES = {".a", ".build", ".c", ".cpp", ".f", ".f90", ".h", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx", ".tp"}
UNNEEDED_FILES = {".lock", "INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"}
LAMBDA_MOUNT = "/opt/python"
ELF_64_BIT_LITTLE_ENDIAN = b"\x7fELF\x02\x01"


def trim(folder: Path, unneeded: list[str]) -> None:
    """Delete from `folder` what no handler reads, and the paths in `unneeded`, each of which must be there."""
    for name in unneeded:
        if not (folder / name).exists():
            sys.exit(f"trim.py: {name} is not in {folder}: a package has changed, so mend the layer's makefile.")
        discard(folder / name)
    for path in sorted(folder.rglob("*")):
        if is_unneeded(path):
            discard(path)
        elif path.is_file() and ".so" in path.suffixes:
            strip(path)


def is_unneeded(path: Path) -> bool:
    """Whether no handler reads this file or folder of an installed package."""
    if path.is_dir():
        return path.name in UNNEEDED_FOLDERS
    return path.is_file() and (path.suffix in UNNEEDED_SUFFIXES or path.name in UNNEEDED_FILES)


def discard(path: Path) -> None:
    """Delete a file, or a folder with all that it holds."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def strip(library: Path) -> None:
    """Cut a shared library after its last loaded byte and forget its section table, on any architecture.

    The loader reads segments only. Symbols and debug records stand behind them in most wheels.
    """
    content = library.read_bytes()
    if not content.startswith(ELF_64_BIT_LITTLE_ENDIAN):
        return
    (table,) = struct.unpack_from("<Q", content, 32)
    entry_size, entries = struct.unpack_from("<HH", content, 54)
    end = table + entry_size * entries
    for entry in range(entries):
        offset, size = struct.unpack_from("<8xQ16xQ", content, table + entry * entry_size)
        end = max(end, offset + size)
    header = bytearray(content[:64])
    struct.pack_into("<Q", header, 40, 0)
    struct.pack_into("<HHH", header, 58, 0, 0, 0)
    mode = library.stat().st_mode
    library.unlink()
    library.write_bytes(bytes(header) + content[64:end])
    library.chmod(mode)


def compile_bytecode(folder: Path, with_source: Path | None) -> None:
    """Compile every module in `folder`: in the place of its source, or beside it in the package that keeps it."""
    for source in sorted(folder.rglob("*.py")):
        kept = with_source is not None and source.is_relative_to(with_source)
        compiled = compileall.compile_file(
            source,
            quiet=1,
            stripdir=str(folder),
            prependdir=LAMBDA_MOUNT,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            legacy=not kept,
            optimize=-1 if kept else 2,
        )
        if not compiled:
            sys.exit(f"trim.py: {source} did not compile, see above.")
        if not kept:
            source.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Trim and compile the packages of one Lambda layer.")
    parser.add_argument("--with-source", type=Path, help="the package whose source is kept")
    parser.add_argument("folder", type=Path, help="the layer's python folder")
    parser.add_argument("unneeded", nargs="*", help="paths below it that no handler needs")
    arguments = parser.parse_args()
    trim(arguments.folder, arguments.unneeded)
    compile_bytecode(arguments.folder, arguments.with_source)
