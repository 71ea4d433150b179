"""Write the generated parts of these pages: `python -m infra.docs`; with `--check`, only say which are stale."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.docs import alarms, commands, events, invariants, keys, packages, parameters, sagemaker

FOLDER = Path(__file__).parent
PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "architecture.md": {
        "order of events": events.picture,
        "events": events.table,
        "packages": packages.picture,
        "table of packages": packages.table,
    },
    "audit.md": {"invariants": invariants.table},
    "commands.md": {"commands": commands.table},
    "operations.md": {"alarms": alarms.table, "parameters": parameters.table},
    "permissions.md": {"functions": events.permissions},
    "security.md": {"key policy": keys.table},
    "../sagemaker/README.md": {"counterparts": sagemaker.table},
}
"""The blocks of each page, in any order: what they are called there, and what writes them."""


def written(page: str, text: str) -> str:
    """A page with its blocks as the code has them now.

    Args:
        page: its name.
        text: the page as it is.

    Raises:
        ValueError: it has no place for one of them.
    """
    for name, write in PAGES[page].items():
        begin, end = f"<!-- {name}: written by python -m infra.docs -->\n", f"\n<!-- {name}: end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{page} has no lines {begin.strip()} and {end.strip()} to write between")
        text = before + begin + write() + end + after
    return text


def main() -> int:
    """Write what is stale, or with `--check` only name it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is stale")
    check = parser.parse_args().check
    stale = 0
    for page in PAGES:
        path = FOLDER / page
        present = path.read_text(encoding="utf-8")
        wanted = written(page, present)
        if present != wanted:
            stale = 1
            print(f"infra/docs/{page}{' is stale: run python -m infra.docs' if check else ''}")
            if not check:
                path.write_text(wanted, encoding="utf-8")
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main())
