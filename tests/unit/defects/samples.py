"""Findings and changes of made-up defects, for the tests of this folder."""

from datetime import timedelta

from hypothesis import strategies as st

from steward.defects.defect import AppliedCorrection
from steward.events import DefectProposed
from steward.spec.windows import Window
from tests.unit.examples import START, stored

WINDOWS = [Window.containing(START + timedelta(days=day), timedelta(days=1)).id for day in range(20)]


def proposed(hours: int = 0, **changes: object) -> DefectProposed:
    fields = {
        "occurred_at": START,
        "model": "lemons",
        "as_of": START + timedelta(hours=hours),
        "correlation_id": "upload-1",
        "source": "monitor",
        "severity": "warning",
        "title": "mileage is out of range",
        "windows": WINDOWS[:1],
        "author": "policy",
    }
    return DefectProposed.model_validate(fields | changes)


def applied(number: int) -> AppliedCorrection:
    batch = f"202401{number + 1:02}T000000Z-0123456789ab-replaced"
    return AppliedCorrection(
        batch=batch,
        kind="predictions",
        withdrawn=False,
        rows=number + 1,
        windows=(WINDOWS[number],),
        at=START + timedelta(days=number),
        stored=stored(f"corrections/lemons/{batch}.json"),
    )


findings = st.builds(
    proposed,
    st.integers(0, 500),
    source=st.sampled_from(["monitor", "quarantine"]),
    severity=st.sampled_from(["info", "warning", "critical"]),
    title=st.sampled_from(["mileage is out of range", "age is missing", "many rows in quarantine"]),
    windows=st.lists(st.sampled_from(WINDOWS), max_size=3),
)
"""Findings of one cause."""
