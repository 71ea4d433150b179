"""Ground-truth files: the labels of captured requests, a JSON object for each.

Each line has `groundTruthData` with `data` and `encoding`, and `eventMetadata.eventId`, which is the request's
`inferenceId`, or else its `eventId`. The labels of a request with several records stand in one line, in the records'
order; their ids are made as those of the capture are, see there.
"""

from collections.abc import Iterator
from typing import Any

from steward.records.raw import ReadLimits, as_json
from steward.records.text import NumberedLines
from steward.sagemaker.capture import label, metadata_of, record_id
from steward.sagemaker.event_lines import ColumnSearch, EventRows, Refused, Row
from steward.sagemaker.locations import ANYWHERE
from steward.sagemaker.payloads import Unusable, records

_TRUTH = "groundTruthData"


class GroundTruthRows(EventRows):
    """A ground-truth file as rows of id, label and, where lines have one, the time of the request.

    Args:
        lines: the file, opened.
        limits: what reading may cost.
        columns: names for the id, the time and the label, in this order.
        later: see `EventRows`.
    """

    def __init__(
        self, lines: NumberedLines, limits: ReadLimits, columns: tuple[str, str, str], later: ColumnSearch
    ) -> None:
        """Open it.

        Raises:
            BatchInvalid: it is empty.
        """
        super().__init__(lines, limits, (columns[0], columns[2]), lambda event: labels(event, *columns), later)


def labels(event: dict[str, Any], id_column: str, time_column: str, label_column: str) -> Iterator[Row | Refused]:
    """The labels of one request, as rows."""
    try:
        found = records(event.get(_TRUTH), _TRUTH, 1, ANYWHERE)
    except Unusable as unusable:
        yield Refused(unusable.reason)
        return
    metadata = metadata_of(event)
    time = metadata.get("inferenceTime")
    for at, record in enumerate(found):
        row = {id_column: record_id(metadata, at, len(found))} | ({time_column: time} if time else {})
        try:
            yield row | {label_column: label(record, label_column)}
        except Unusable as unusable:
            yield Refused(unusable.reason, as_json(row | {_TRUTH: record}))
