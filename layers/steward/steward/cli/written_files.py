"""Writes files that commands make."""

from pathlib import Path

from steward.errors import StewardError


def write_file(target: Path, body: bytes) -> None:
    """Write a file, and the folder that it is in.

    Raises:
        StewardError: it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    except OSError as error:
        raise StewardError(f"{target} cannot be written: {error.strerror}; name another folder with --to") from error
