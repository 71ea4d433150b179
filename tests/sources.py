"""The modules of the package as text, and as trees where a pattern says that parsing may find something."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "layers" / "steward" / "steward"


@cache
def sources() -> dict[str, str]:
    """The text of each module, by its path in the package, in the order of the paths."""
    return {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))
    }


def parse_where(pattern: re.Pattern[str]) -> Iterator[tuple[str, ast.Module]]:
    """Modules whose text has the pattern: to parse all of them takes seconds, to search them milliseconds."""
    for name, text in sources().items():
        if pattern.search(text):
            yield name, ast.parse(text)
