"""One call of a peer, timed in a process of its own.

    .local/peers/evidently/bin/python -m tests.benchmarks.peers.evidently_speed REFERENCE.parquet CURRENT.parquet

Reading the files, and what a user does once for a reference, are not counted.
"""

import json
import sys
import time
from collections.abc import Callable

import pandas as pd

from tests.benchmarks.peak_memory import peak_megabytes

Prepared = Callable[[], object]


def measure(prepare: Callable[[pd.DataFrame, pd.DataFrame], Prepared]) -> None:
    """Time the standard drift call and print it as JSON: seconds of the call, peak memory of the process.

    Args:
        prepare: takes the reference and the current rows, does what is done once, and returns the call.
    """
    reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
    call = prepare(reference, current)
    began = time.perf_counter()
    call()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes()}))
