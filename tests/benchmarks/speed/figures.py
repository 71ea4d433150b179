"""Where measured figures are kept until the tables and charts are made of them."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.speed.files import FOLDER


def keep(name: str, figures: dict[str, Any]) -> None:
    """Store the figures of one benchmark; they replace its earlier ones."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    stamped = {"measured_on": datetime.now(UTC).date().isoformat(), **figures}
    (FOLDER / f"{name}.json").write_text(json.dumps(stamped, indent=1))


def known(name: str) -> dict[str, Any] | None:
    """The last figures of a benchmark; None where it was never run here."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None
