"""What is known of personal data in the uploads of a model: the last scan of each kind of file, and every finding."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from pydantic import AwareDatetime, Field

from steward.documents import TolerantModel, VersionedModel
from steward.events import PersonalDataFinding
from steward.spec.personal_data import PersonalData

if TYPE_CHECKING:  # recognising needs what most readers of the state do not have
    from steward.privacy.scan import FileScan

_SCANS_APART = timedelta(days=1)
"""A scan that finds what the last one found is noted once a day: each note is a request of S3."""


class LastScan(TolerantModel):
    """The last scan of one kind of file that was noted.

    Attributes:
        batch: the file.
        uploaded: when it was.
        rows: that it has.
        looked_at: rows that were looked at, those whose positions have the smallest hashes.
        columns: that were looked at.
        findings: by column and kind.
    """

    batch: str
    uploaded: AwareDatetime
    rows: int
    looked_at: int
    columns: tuple[str, ...]
    findings: tuple[PersonalDataFinding, ...] = ()


class KnownFinding(TolerantModel):
    """A finding as it was made first.

    Attributes:
        files: the kind of file.
        batch: the file that it was found in.
        found: when that was uploaded.
        rows: that the file has.
        looked_at: rows of it that were looked at.
        finding: what was found.
    """

    files: str
    batch: str
    found: AwareDatetime
    rows: int
    looked_at: int
    finding: PersonalDataFinding


class PersonalDataState(VersionedModel):
    """What is known of personal data in the uploads of a model. It holds names of columns and figures, and no value.

    Attributes:
        model: whose uploads.
        scans: by the kind of file.
        known: every finding by kind of file, column and kind of data, in the order in which they were made.
        since: when the file was uploaded that was scanned first; None in states of older releases.
    """

    model: str
    scans: dict[str, LastScan] = Field(default_factory=dict)
    known: tuple[KnownFinding, ...] = ()
    since: AwareDatetime | None = None

    def with_scan(self, files: str, batch: str, uploaded: datetime, scan: "FileScan") -> Self:
        """The state after one file was looked at; the same state where it tells nothing new on the same day."""
        before = {(one.files, one.finding.column, one.finding.kind) for one in self.known}
        news = [one for one in scan.findings if (files, one.column, one.kind) not in before]
        last = self.scans.get(files)
        if last and not news and _alike(last, scan) and abs(uploaded - last.uploaded) < _SCANS_APART:
            return self
        if last and not news and last.uploaded > uploaded:
            return self
        noted = LastScan(
            batch=batch,
            uploaded=uploaded,
            rows=scan.rows,
            looked_at=scan.looked_at,
            columns=scan.columns,
            findings=scan.findings,
        )
        newer = {files: noted} if not last or last.uploaded <= uploaded else {}
        found = (
            KnownFinding(
                files=files, batch=batch, found=uploaded, rows=scan.rows, looked_at=scan.looked_at, finding=one
            )
            for one in news
        )
        changes = {"scans": self.scans | newer, "known": (*self.known, *found), "since": self.since or uploaded}
        return self.model_copy(update=changes)

    def first_found_in(self, batch: str, policies: PersonalData) -> tuple[KnownFinding, ...]:
        """The findings that were made in one file first, in columns without a policy: the same whenever it is asked."""
        return tuple(one for one in self.known if one.batch == batch and one.finding.column not in policies.columns)


def without_policy(findings: Iterable[PersonalDataFinding], policies: PersonalData) -> list[PersonalDataFinding]:
    """Those findings in columns for which the declaration has no policy."""
    return [one for one in findings if one.column not in policies.columns]


def _alike(last: LastScan, scan: "FileScan") -> bool:
    found = {(one.column, one.kind) for one in last.findings}
    return last.columns == scan.columns and found == {(one.column, one.kind) for one in scan.findings}
