"""What one file holds of personal data, found in a sample of its rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from steward.events import PersonalDataFinding
from steward.privacy.examination import coordinate_columns, examine
from steward.privacy.row_sample import RowSample


@dataclass(frozen=True, slots=True)
class FileScan:
    """The result of looking at one file.

    Attributes:
        rows: that the file has.
        looked_at: rows that were looked at.
        columns: that were looked at.
        findings: by column and kind.
    """

    rows: int
    looked_at: int
    columns: tuple[str, ...]
    findings: tuple[PersonalDataFinding, ...]


def scan_samples(sample: RowSample, *others: RowSample) -> FileScan:
    """Look at the sampled rows of a file: at each column's name and values.

    Args:
        sample: of the columns that are read of all rows.
        others: of further columns, of which fewer rows were read.
    """
    columns = {name: values for one in (sample, *others) for name, values in one.columns().items()}
    return FileScan(sample.rows, sample.looked_at, tuple(columns), tuple(find_personal_data(columns)))


def find_personal_data(columns: Mapping[str, Mapping[str, int]]) -> Iterable[PersonalDataFinding]:
    """The findings in a table.

    Args:
        columns: of each column, its distinct values, none of them missing, and how often each comes.

    >>> [one.sentence for one in find_personal_data({"contact": {"ada@example.org": 3, "-": 1}})]
    ['contact: email in 75 % of 4 values']
    """
    for name, counts in columns.items():
        yield from examine(name, list(counts)).findings(name, counts)
    for name in coordinate_columns({name: list(counts) for name, counts in columns.items()}):
        yield PersonalDataFinding(
            column=name, kind="coordinates", share=1.0, values=sum(columns[name].values()), by="both"
        )
