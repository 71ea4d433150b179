"""Coverage of intervals: `python -m tests.benchmarks.intervals 1000`, then `tests.benchmarks.published intervals`."""

import sys

from tests.benchmarks.intervals.coverage import SIZES, coverage_of, keep
from tests.benchmarks.intervals.shapes import SHAPES, SHARES


def main() -> None:
    """Count as many windows of every kind as the argument says; 1,000 without one."""
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    found = []
    for share in SHARES:
        for rows in SIZES:
            for shape in SHAPES:
                found += coverage_of(shape, share, rows, windows)
                told = (f"{one.metric} {one.held:.3f}, {one.unknown} unknown" for one in found[-4:])
                print(shape, share, rows, *told, sep=" | ", flush=True)
    keep(found)


if __name__ == "__main__":
    main()
