"""The comparison report, as JSON and as text."""

from typing import TYPE_CHECKING

from steward.offline.findings import Findings

if TYPE_CHECKING:
    import pandas as pd

_FIGURES = ("value", "threshold", "p_value", "significance", "effect", "detectable", "baseline")
FRAME_COLUMNS = ("monitor", "segment", "column", "statistic", "status", *_FIGURES, "rows", "baseline_rows", "message")
"""What a result is in a table."""


class ComparisonReport(Findings):
    """A comparison of two tables; `print` and notebooks show what it found in words.

    Attributes:
        rows: of either.
        drift: the decision.
        columns: what each column of the reference is taken for, and why.
        results: all that it rests on: `ok`, `drift`, or `unknown` with its reason where nothing could be measured.
        notes: what a reader should know beside them.
    """

    def __str__(self) -> str:
        from steward.offline.comparison_summary import text  # noqa: PLC0415 - a program that reads the fields needs none of it

        return text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from steward.offline.comparison_summary import html  # noqa: PLC0415 - as above

        return html(self)

    def to_frame(self) -> "pd.DataFrame":
        """The results as a table, one row each, in their order.

        Returns:
            A pandas DataFrame with the columns `monitor`, `segment` (None for all rows), `column` (None for all
            columns together), `statistic`, `status` (ok, drift or unknown), `value`, `threshold`, `p_value`,
            `significance`, `effect`, `detectable`, `baseline`, `rows`, `baseline_rows` and `message`, each as
            `MetricResult` describes it; figures that are not there are NaN.
        """
        import pandas as pd  # noqa: PLC0415 - as above

        rows = [[getattr(result, name) for name in FRAME_COLUMNS] for result in self.results]
        return pd.DataFrame(rows, columns=list(FRAME_COLUMNS)).astype(dict.fromkeys(_FIGURES, float))
