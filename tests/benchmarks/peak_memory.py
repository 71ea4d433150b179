"""The most memory that this process has held."""

import re
from pathlib import Path


def peak_megabytes() -> float:
    """Megabytes (2^20 bytes), as Linux counts them of this program alone.

    `resource.getrusage` would count what the process that started it held too, since a child begins as its copy.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise OSError("/proc/self/status tells no peak; memory is measured on Linux")
    return int(found[1]) / 1024
