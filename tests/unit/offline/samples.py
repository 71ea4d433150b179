"""Tables of every kind of column."""

import json

import numpy as np
import pandas as pd

WORDS = ["slow", "fast", "service", "price", "good", "bad", "room", "again", "never", "always"]


def sales(rows: int, *, shift: float = 0.0, seed: int = 0, start: str = "2024-01-01") -> pd.DataFrame:
    """What a model that scores requests may have for its reference."""
    random = np.random.default_rng(seed)
    times = pd.Timestamp(start) + pd.to_timedelta(np.sort(random.integers(0, 60 * 86_400, rows)), unit="s")
    return pd.DataFrame(
        {
            "request_id": [f"r-{seed}-{row}" for row in range(rows)],
            "requested_at": times.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "customer_id": random.integers(0, 10**7, rows),
            "session": [f"{key:016x}" for key in random.integers(0, 2**60, rows)],
            "age": random.integers(18, 90, rows),
            "balance": random.normal(100 * shift, 100, rows),
            "score": random.beta(2, 5, rows),
            "store_type": random.integers(1, 6, rows),
            "rooms": random.integers(1, 6, rows),
            "gender": random.choice(["f", "m"], rows),
            "region": random.choice(["north", "south", "east", "west"], rows),
            "married": random.choice(["yes", "no"], rows),
            "member": random.integers(0, 2, rows),
            "last_seen": (times - pd.to_timedelta(random.exponential(30, rows), unit="D")).strftime("%Y-%m-%d"),
            "comment": [" ".join(random.choice(WORDS, 7)) for _ in range(rows)],
            "discount": np.where(random.random(rows) < 0.3, np.nan, random.random(rows)),
            "nothing": [None] * rows,
            "vector": [json.dumps(random.normal(1, 1, 4).round(4).tolist()) for _ in range(rows)],
            "latency_ms": random.gamma(2, 20, rows),
            "label": random.choice(["good", "bad"], rows, p=[0.8, 0.2]),
        }
    )
