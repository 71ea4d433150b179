"""Report files of SageMaker's monitors for one window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steward.performance.outcomes import Outcomes
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.results import MetricResult
from steward.sagemaker.check_violations import violations_of
from steward.sagemaker.counterparts import COUNTERPARTS, STATISTICS, VIOLATIONS, Folder
from steward.sagemaker.quality_statistics import quality_statistics_of
from steward.sagemaker.window_statistics import statistics_of
from steward.spec.model import ModelSpec
from steward.spec.windows import Window

if TYPE_CHECKING:
    from steward.sagemaker.documents import JsonDocument


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """One file: the monitor's folder, its name, and its JSON."""

    folder: Folder
    name: str
    text: str


def reports(
    spec: ModelSpec,
    window: Window,
    profile: Profile,
    bins: Bins,
    *,
    outcomes: Outcomes | None,
    results: Sequence[MetricResult],
) -> Iterator[MonitorReport]:
    """The reports of a window, those of each monitor that had something to measure; equal checks give equal bytes.

    Nothing is written for a monitor that measured nothing, since an empty list of violations says that all is well.

    Args:
        spec: the declaration in force.
        window: which.
        profile: of the window.
        bins: of the profile.
        outcomes: what became of its predictions; None before any label.
        results: of the check.
    """
    statistics: dict[Folder, JsonDocument | None] = {
        "data-quality": statistics_of(spec, profile, bins),
        "model-quality": quality_statistics_of(outcomes, results, window) if outcomes else None,
    }
    for counterpart in COUNTERPARTS:
        documents: dict[str, JsonDocument | None] = {
            STATISTICS: statistics.get(counterpart.folder),
            VIOLATIONS: violations_of(counterpart, spec, bins, results),
        }
        for name in counterpart.writes:
            document = documents[name]
            if document is not None:
                yield MonitorReport(counterpart.folder, name, document.write())
