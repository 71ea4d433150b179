"""Verify a chain of a file, and print seconds of the processor and megabytes at most: a process of its own."""

import json
import resource
import sys
import time
from pathlib import Path

from steward.ledger import EntryMarker
from steward.ledger.chain_examination import ChainExamination

if __name__ == "__main__":
    began = time.process_time()
    examination = ChainExamination("long")
    with Path(sys.argv[1]).open() as file:
        for place, line in enumerate(file, start=1):
            body, digest = json.loads(line)
            marker = EntryMarker(place, digest)
            examination.add(place, body.encode(), lambda *_, found=marker: found)
    assert examination.finish() == []
    print(json.dumps([time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
