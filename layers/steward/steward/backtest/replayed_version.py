"""A version that a replay trained, and the check of a window by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.alerting.inputs import CheckSummary
from steward.baselines.baseline import Baseline
from steward.events import ObjectRef
from steward.evidence.history import History
from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.check import Check
from steward.monitoring.evaluate import evaluate
from steward.monitoring.reference_windows import earlier_windows
from steward.monitoring.window_figures import window_figures
from steward.performance.outcomes import Outcomes
from steward.profiles.profile import Profile, ProfileBuilder
from steward.repositories.check_summaries import summarize_check
from steward.results import MetricResult
from steward.retraining.dataset import negative_label
from steward.retraining.profile_inputs import profile_input, scored_columns
from steward.retraining.recipe import Fitted
from steward.retraining.scored_outcomes import group_outcomes_of
from steward.spec.model import ModelSpec
from steward.spec.windows import Window

_NOWHERE = ObjectRef(key="replayed", version_id="", sha256="0" * 64)
"""What stored objects are named by in a check that nobody stores."""


@dataclass(frozen=True, slots=True)
class ServedWindow:
    """One window as a version served it: rows, scores and what became of them."""

    window: Window
    version: str
    rows: pd.DataFrame
    scores: NDArray[np.float64]
    outcomes: Outcomes


@dataclass(slots=True)
class ReplayedVersion:
    """A version of a replay.

    Attributes:
        name: of the run that made it.
        model: what serves.
        saw_until: rows from this moment on were not used to fit what serves.
        baseline: of its training rows and its holdout.
        holdout: the policy's metric on its holdout; None where it is not defined.
        history: what is remembered of the windows that it served.
        profiles: of these windows.
    """

    name: str
    model: Fitted
    saw_until: datetime
    baseline: Baseline
    holdout: float | None
    history: History = field(default_factory=History)
    profiles: dict[Window, Profile] = field(default_factory=dict)

    def check(
        self, spec: ModelSpec, served: ServedWindow, *, labelled: bool
    ) -> tuple[CheckSummary, Sequence[MetricResult]]:
        """Judge a window by every monitor, as `check_window` does, and remember its figures.

        Args:
            spec: the declaration, without monitors of what a replay does not have.
            served: the window.
            labelled: whether its labels have come.
        """
        window, rows = served.window, served.rows
        scored = profile_input(rows, spec, scored_columns(served.scores, spec, negative_label(rows, spec)))
        if window not in self.profiles:
            builder = ProfileBuilder(self.baseline.bins, spec.columns)
            builder.add(scored)
            self.profiles[window] = builder.profile()
        profile = self.profiles[window]
        realised = None
        if labelled:
            groups = group_outcomes_of(served.scores, rows, spec, scored.chunk, self.baseline.bins)
            realised = WindowOutcomes(
                version=self.name, window=window.id, prediction_batches=[], label_batches=[_NOWHERE.key],
                outcomes=served.outcomes, groups=groups,
            )  # fmt: skip
        drift = spec.monitors.feature_drift
        earlier = earlier_windows(window, drift.compared_with) if drift else ()
        evidence = WindowEvidence(
            spec=spec,
            window=window,
            baseline=self.baseline,
            profile=profile,
            realised=realised,
            compared=[self.profiles[past] for past in earlier if past in self.profiles],
            history=self.history.before(window),
            volumes=self.history.volumes,
            labelled=self.history.labelled,
            waiting=self.history.waiting,
        )
        results = evaluate(evidence)
        labels = served.outcomes.labelled if labelled else 0
        check = Check(
            model=spec.model,
            version=self.name,
            window=window.id,
            as_of=window.end,
            batches=[],
            label_batches=realised.label_batches if realised else [],
            baseline=_NOWHERE,
            outcomes=_NOWHERE if labelled else None,
            spec=_NOWHERE,
            rows=profile.rows,
            labelled_rows=labels,
            results=results,
        )
        past = window_figures(window.id, profile.rows, labels, results)
        self.history = self.history.with_window(past)
        return summarize_check(check, _NOWHERE, spec, window.end), results


@dataclass(frozen=True, slots=True)
class PassedVersion:
    """A version that the gates let through, with its metrics on the holdout and its gain over the champion there."""

    version: ReplayedVersion
    metrics: Mapping[str, float]
    gain: float | None
