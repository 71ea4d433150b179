"""What every tool is made to look like."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from tests.benchmarks.study.families import Rows

Alarms = Mapping[str, Sequence[str]]
"""By the name of each way to read the tool's answer, what it cried alarm for; nothing where it was silent."""

DETECTORS = {
    "steward": "tests.benchmarks.study.steward:StewardDetector",
    "evidently": "tests.benchmarks.peers.evidently_study:EvidentlyDetector",
    "nannyml": "tests.benchmarks.peers.nannyml_study:NannyMLDetector",
    "alibi-detect": "tests.benchmarks.peers.alibi_detect_study:AlibiDetectDetector",
}
"""Where each is; none but its own environment can import it."""


class Detector(Protocol):
    """A tool with its default settings that has seen a reference."""

    version: str

    def learn(self, reference: Iterator[Rows], window_rows: int) -> None:
        """Take a reference, whose chunks come in the order of time, for windows of so many rows."""

    def judge(self, window: Rows) -> Alarms:
        """Whether the window has drifted, by each reading."""


class WrongAdapterError(Exception):
    """A tool is not asked what this study says it is asked; such a result must not be kept."""
