"""UUIDs of version 7, which sort by the time they were made; Python has them from 3.14 on."""

import os
import time


def new_prediction_id() -> str:
    """A UUID of version 7, which begins with the time: RFC 9562, section 5.7."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
