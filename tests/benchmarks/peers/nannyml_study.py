"""NannyML's univariate drift calculator with its defaults: Jensen-Shannon, three standard deviations over the chunks.

The reference is cut into chunks as large as the window, at least eight of them; a window is one chunk.
"""

from collections.abc import Iterator
from importlib.metadata import version

import nannyml
import pandas as pd
from nannyml.chunk import SizeBasedChunker

from tests.benchmarks.peers.frames import frame_of
from tests.benchmarks.study.detector import Alarms
from tests.benchmarks.study.families import CATEGORICAL_NAMES, NUMERIC_NAMES, Rows


class NannyMLDetector:
    """An alarm is an alert of any column."""

    version = version("nannyml")

    def learn(self, reference: Iterator[Rows], window_rows: int) -> None:
        """See `Detector`."""
        chunks = [frame_of(rows) for rows in reference]
        names = [*NUMERIC_NAMES, *CATEGORICAL_NAMES]
        calculator = nannyml.UnivariateDriftCalculator(column_names=names, chunk_size=len(chunks[0]))
        self._calculator = calculator.fit(pd.concat(chunks, ignore_index=True))
        self._calculator.chunker = SizeBasedChunker(window_rows)

    def judge(self, window: Rows) -> Alarms:
        """See `Detector`."""
        result = self._calculator.calculate(frame_of(window)).filter(period="analysis").to_df()
        alerts = result.xs("alert", axis=1, level=2)
        return {"NannyML": sorted({str(column) for column, _ in alerts.columns[alerts.any(axis=0)]})}
