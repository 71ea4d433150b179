"""Simulate years of weekly runs: `python -m tests.benchmarks.promotions`, then `… published promotions`."""

import json
import sys

from tests.benchmarks.promotions.figures import KEPT
from tests.benchmarks.promotions.years import WORLDS, found_in_runs, promoted_alone_by_week, promoted_by_week

ROWS = (400, 900)
DAYS = (7, 14, 28, 56)
ALONE = 1000
"""Years without a shared chance: they take longer to judge, and the figure is coarse."""


def main() -> None:
    """As many years of every kind as the argument says; 4,000 without one."""
    years = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    cells = []
    for rows in ROWS:
        for world in WORLDS:
            for days in DAYS:
                seed = 1000 * rows + days
                cells.append(
                    {
                        "world": world.name,
                        "rows": rows,
                        "days": days,
                        "years": years,
                        "alone_years": min(years, ALONE),
                        "shared": promoted_by_week(world, days, rows, years, seed),
                        "alone": promoted_alone_by_week(world, days, rows, min(years, ALONE), seed + 1),
                        "found": found_in_runs(world, days, rows, years, seed + 2),
                    }
                )
                print(cells[-1]["world"], rows, days, cells[-1]["shared"][-1], cells[-1]["found"], flush=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "years.json").write_text(json.dumps(cells), encoding="utf-8")


if __name__ == "__main__":
    main()
