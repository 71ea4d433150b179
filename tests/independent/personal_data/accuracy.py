"""How much of labelled columns the scanner finds, and how much else.

python -m tests.independent.personal_data.accuracy FILE ...
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from steward.privacy.examination import examine


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What the scanner made of labelled values.

    Attributes:
        values: how many were shown.
        labelled: values that are personal data, by kind.
        right: those of them that were found to be of their kind.
        wrong: values that were found to be of a kind that they are not.
    """

    values: int
    labelled: Counter[str]
    right: Counter[str]
    wrong: int

    @classmethod
    def of(cls, columns: list[dict[str, Any]]) -> Self:
        """Show the columns, as `labelled_values.py` writes them, to the scanner."""
        labelled: Counter[str] = Counter()
        right: Counter[str] = Counter()
        wrong = 0
        for column in columns:
            found = examine(column["column"], column["values"]).kinds
            for value in column["values"]:
                kinds = {kind for kind, values in found.items() if value in values}
                wrong += bool(kinds - {column["kind"]})
                if column["kind"]:
                    labelled[column["kind"]] += 1
                    right[column["kind"]] += column["kind"] in kinds
        return cls(sum(len(column["values"]) for column in columns), labelled, right, wrong)

    @property
    def recall(self) -> float:
        """The share of personal data that is found, from 0 to 1."""
        return self.right.total() / self.labelled.total()

    @property
    def precision(self) -> float:
        """The share of what is found that is right, from 0 to 1."""
        return self.right.total() / (self.right.total() + self.wrong)

    @property
    def lowest(self) -> tuple[float, str]:
        """The lowest recall of a kind, and which."""
        return min((self.right[kind] / rows, kind) for kind, rows in self.labelled.items())


def main() -> None:
    """Print a row of the published table for each file."""
    for name in sys.argv[1:]:
        found = Accuracy.of(json.loads(Path(name).read_text(encoding="utf-8")))
        share, kind = found.lowest
        print(
            f"| {Path(name).stem} | {found.values:,} | {found.labelled.total():,} | {found.precision:.1%} "
            f"| {found.recall:.1%} | {kind} {share:.1%} |"
        )


if __name__ == "__main__":
    main()
