"""The evidence that the evaluation of one window uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from steward.baselines.baseline import Baseline
from steward.monitoring.history import PastWindow
from steward.monitoring.window_outcomes import WindowOutcomes
from steward.profiles.attribution_sums import AttributionSums
from steward.profiles.profile import Profile
from steward.quality.label_matches import PastMatches
from steward.spec.model import ModelSpec
from steward.spec.windows import Window

FEWEST_COMPARED = 3
"""Earlier windows that must have records to be compared with; below, the reference stands in for them."""


@dataclass(frozen=True, slots=True)
class WindowEvidence:
    """The evidence about one window of one version.

    Attributes:
        spec: the declaration in force.
        window: which.
        baseline: of the version.
        profile: of the window, merged.
        realised: what became of its predictions; None before any label.
        attributions: what its features contributed, from its records or from a sample; empty where nothing is known.
        unattributed: why a sample of the window could not be attributed; empty where it was, or none was taken.
        compared: the profiles of the earlier windows that a seasonal or trailing comparison asks for, merged.
        history: the version's earlier windows, the oldest first.
        unreadable: batches of the window that are left out of the profile, each with the reason.
        volumes: rows of the version's windows, by number, counted from `ORIGIN`; later ones may be among them.
        labelled: rows of them that have a label, likewise.
        waiting: what is remembered of labels of them that wait for their predictions, likewise.
        ended: whether no more records of the window are due; see `services.stream`.
    """

    spec: ModelSpec
    window: Window
    baseline: Baseline
    profile: Profile
    realised: WindowOutcomes | None = None
    attributions: AttributionSums = field(default_factory=AttributionSums.empty)
    unattributed: str = ""
    compared: Sequence[Profile] = ()
    history: Sequence[PastWindow] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[int, int] = field(default_factory=dict)
    labelled: Mapping[int, int] = field(default_factory=dict)
    waiting: Mapping[int, PastMatches] = field(default_factory=dict)
    ended: bool = True

    @property
    def drift_baseline(self) -> Baseline:
        """What drift is measured against: earlier windows where the declaration asks for them and there are enough."""
        usable = [profile for profile in self.compared if profile.rows]
        return self.baseline.against(usable) if len(usable) >= FEWEST_COMPARED else self.baseline

    @property
    def as_of(self) -> datetime:
        """The moment that the judgement speaks for."""
        return self.window.end
