"""Recounts violations of stored rows after some were superseded."""

from pathlib import Path

from steward.errors import BatchInvalid
from steward.ingestion.ingestion_counter import IngestionCounter
from steward.ingestion.version_assignment import AssignedRows
from steward.profiles.ingestion_counts import IngestionCounts
from steward.records.record_file_reader import RecordFileReader
from steward.repositories.uploads import uploaded_at
from steward.spec.model import ModelSpec
from steward.spec.windows import Window


def recount_violations(
    path: Path | None, spec: ModelSpec, window: Window, version: str, batch: str
) -> IngestionCounts | None:
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
        return IngestionCounts()
    arrivals = IngestionCounter(spec, None)
    try:
        file = RecordFileReader(path, f"{batch}.parquet", spec, "predictions", uploaded_at(batch))
        for judged in file:
            arrivals.add(judged, AssignedRows(judged.records, judged.places, judged.content, judged.rejected))
        arrivals.close(file)
    except BatchInvalid:
        return None
    found = arrivals.of(window, version, 0)
    return IngestionCounts(invalid=found.invalid, invalid_rows=found.invalid_rows)
