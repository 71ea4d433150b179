"""Validate a data card with mlcroissant, and load all its records; runs in its environment, without Steward.

`python load_croissant.py CARD`: the files that it describes are beside it.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import mlcroissant


def load(card: Path) -> Iterator[str]:
    """The warnings, and the number of records and the fields of each record set, a line each.

    Raises:
        Exception: the card is not valid, a file has another hash, or its records cannot be loaded; mlcroissant's own.
    """
    dataset = mlcroissant.Dataset(jsonld=str(card))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors, issues.errors
    for warning in sorted(issues.warnings):
        yield f"warning: {warning}"
    for file in dataset.metadata.file_objects:
        digest = hashlib.sha256((card.parent / file.content_url).read_bytes()).hexdigest()
        assert digest == file.sha256, file.content_url
    for records in dataset.metadata.record_sets:
        rows = list(dataset.records(records.uuid))
        yield f"{records.uuid}: {len(rows)} records of {', '.join(rows[0])}"


if __name__ == "__main__":
    for line in load(Path(sys.argv[1])):
        print(line)
