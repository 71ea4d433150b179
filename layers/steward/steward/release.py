"""The release of Steward that runs, and what was locked for it."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class CodeRelease:
    """One release.

    Attributes:
        version: of Steward.
        locks: SHA-256 of the files that pin its dependencies with their hashes, by name: one of each layer.
    """

    version: str
    locks: dict[str, str]


@cache
def read_release() -> CodeRelease:
    """What `make lock` has written of this release."""
    content = json.loads(files("steward").joinpath("release.json").read_text(encoding="utf-8"))
    return CodeRelease(content["version"], content["locks"])
