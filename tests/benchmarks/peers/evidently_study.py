"""Evidently's `DataDriftPreset` with its defaults.

The preset takes 8 seconds a window, nearly all of it for charts. So its own tests are called without it, chosen by its
own rule for every window; and for the first window of every reference up to 5,000 rows the preset itself must agree.
"""

from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
import pandas as pd
from evidently import Dataset, Report
from evidently.core.report import Snapshot
from evidently.legacy.calculations.stattests import get_stattest
from evidently.presets import DataDriftPreset

from tests.benchmarks.peers.frames import frame_of
from tests.benchmarks.study.detector import Alarms, WrongAdapterError
from tests.benchmarks.study.families import Rows

_CHECKED_UP_TO = 5_000


class EvidentlyDetector:
    """Evidently, which calls a data set drifted when half its columns are; and the eye that looks at each column."""

    version = version("evidently")

    def learn(self, reference: Iterator[Rows], window_rows: int) -> None:
        """See `Detector`."""
        self._reference = pd.concat([frame_of(rows) for rows in reference], ignore_index=True)
        definition = Dataset.from_pandas(self._reference).data_definition
        self._types = {name: definition.get_column_type(name) for name in self._reference.columns}
        self._share = DataDriftPreset().drift_share
        self._present = {name: _present(column) for name, column in self._reference.items()}
        self._agreed = window_rows > _CHECKED_UP_TO

    def judge(self, window: Rows) -> Alarms:
        """See `Detector`."""
        frame = frame_of(window)
        drifted = [name for name, column in frame.items() if self._drifted(str(name), _present(column))]
        if not self._agreed:
            by_preset = drifted_by_preset(Report([DataDriftPreset()]).run(frame, self._reference))
            if by_preset != drifted:
                msg = f"the preset finds {by_preset}, its tests called one by one {drifted}; mend this module"
                raise WrongAdapterError(msg)
            self._agreed = True
        whole = len(drifted) / len(self._types) >= self._share
        return {"Evidently, data set": drifted if whole else [], "Evidently, any column": drifted}

    def _drifted(self, name: str, column: pd.Series) -> bool:
        reference, kind = self._present[name], self._types[name]
        return bool(get_stattest(reference, column, kind, None)(reference, column, kind, None).drifted)


def drifted_by_preset(snapshot: Snapshot) -> list[str]:
    """The columns that a run of the preset calls drifted."""
    values = {
        metric["config"]["column"]: (metric["value"], metric["config"]["threshold"])
        for metric in snapshot.dict()["metrics"]
        if "column" in metric["config"]
    }
    return [name for name, (value, threshold) in values.items() if value >= threshold]


def _present(column: pd.Series) -> pd.Series:
    return column.replace([-np.inf, np.inf], np.nan).dropna()
