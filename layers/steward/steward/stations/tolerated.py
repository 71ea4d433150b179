"""What is wrong with stored rows that were let through, counted again once some of them count no more."""

from pathlib import Path

from steward.errors import BatchInvalid
from steward.profiles.intake import Intake
from steward.records.judge import Batch
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations.admission import Rows
from steward.stations.arrivals import Arrivals
from steward.stations.upload import uploaded_at


def tolerated(path: Path | None, spec: ModelSpec, window: Window, version: str, batch: str) -> Intake | None:
    """Rows that break a range, domain, pattern or rule and are records all the same (`on_invalid: count`).

    Cells that could not be read are empty in stored rows, and so count as such.

    Args:
        path: stored predictions; None for no rows.
        spec: the declaration.
        window: whose rows they are.
        version: whose of them are counted.
        batch: when they were uploaded, which future times are told by.

    Returns:
        Their counts and nothing else; None where the declaration in force cannot judge them any more.
    """
    if path is None or spec.on_invalid != "count":
        return Intake()
    arrivals = Arrivals(spec, None)
    try:
        file = Batch(path, f"{batch}.parquet", spec, "predictions", uploaded_at(batch))
        for judged in file:
            arrivals.add(judged, Rows(judged.records, judged.places, judged.content, judged.rejected))
        arrivals.close(file)
    except BatchInvalid:
        return None
    found = arrivals.of(window, version, 0)
    return Intake(invalid=found.invalid, invalid_rows=found.invalid_rows)
