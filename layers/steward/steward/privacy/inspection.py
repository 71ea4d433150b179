"""Looks for personal data in a file while it is read, and carries out the policies of its columns."""

from steward.privacy.handling import PersonalDataHandler
from steward.privacy.row_sample import RowSample
from steward.privacy.scan import FileScan, scan_samples
from steward.records.raw import RawChunk
from steward.records.row_validation import ValidatedChunk


class PersonalDataInspector:
    """What `RecordFileReader` shows the rows of one file to.

    Args:
        handler: carries out the policies.
    """

    def __init__(self, handler: PersonalDataHandler) -> None:
        self._handler = handler
        self._sample = RowSample()
        self._unlisted = RowSample()

    def unlisted(self, chunk: RawChunk | None) -> None:
        """Look at the first rows of the columns that the declaration does not name."""
        if chunk is not None:
            self._unlisted.add(chunk)

    def look_at(self, chunk: RawChunk) -> None:
        """Sample some rows."""
        self._sample.add(chunk)

    def handle(self, judged: ValidatedChunk) -> ValidatedChunk:
        """What may be stored of the rows."""
        return self._handler.handle(judged)

    def scan(self) -> FileScan:
        """What was found in the whole file, once all of it was read."""
        return scan_samples(self._sample, self._unlisted)
