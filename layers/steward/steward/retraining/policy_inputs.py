"""What a retraining decision is made from."""

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from steward.documents import TolerantModel
from steward.events import RealisedLoss, Sentence
from steward.retraining.gain_forecast import GainForecast

RunAsked = Literal["person", "schedule", "correction", "erasure", "action"]


class MonthlySpending(TolerantModel):
    """Runs of the calendar month (UTC, event time) of a decision.

    Attributes:
        runs: started so far.
        dollars: what they cost at list price.
        dollars_of_next: what the newest run with a known cost took; the next one is expected to cost the same.
    """

    runs: int = 0
    dollars: float = 0.0
    dollars_of_next: float = 0.0


class PolicyInputs(TolerantModel):
    """Everything that the policy looks at. The same inputs under the same declaration give the same decision.

    Attributes:
        as_of: the moment the decision speaks for, in event time.
        asked, reason: who asks for a run and why; None where the policy is only told of news.
        resumed: a declaration was just registered, or a run just ended. That starts a run only where no version is in
            charge and the newest run was made under other settings.
        referred: reference data have just come.
        firing: monitors whose alerts fire.
        changed_since: the start of the first bad window of those of them that the policy names; None where none fires,
            or the span does not ask.
        has_champion: a version is in charge.
        last_run, last_as_of: the newest run and the moment it speaks for.
        in_flight: it has not ended.
        settings_changed: a run would be made under other settings than the newest one.
        labels, new_labels: labelled rows so far, and since the newest run.
        new_labels_by_class: likewise of each class; empty for a regression.
        newest_label: the end of the newest labelled window or reference batch.
        realised: the champion's newest labelled window; None before any.
        holdout: the same metric on the champion's holdout; None where it was not measured.
        expected_change: of the same metric, by the inputs of the newest window alone, against the holdout; None where
            it cannot be estimated.
        forecast: what a run is forecast to gain; None where the policy does not ask, or nothing can be forecast.
        month: runs and dollars of the month.
        freeze: why promotions are frozen; empty where they are not.
        critical_defects: titles of critical defects that are not closed.
    """

    as_of: AwareDatetime
    asked: RunAsked | None = None
    reason: Sentence = ""
    resumed: bool = False
    referred: bool = False
    firing: list[str] = Field(default_factory=list)
    changed_since: AwareDatetime | None = None
    has_champion: bool = True
    last_run: str | None = None
    last_as_of: AwareDatetime | None = None
    in_flight: bool = False
    settings_changed: bool = False
    labels: int = 0
    new_labels: int = 0
    new_labels_by_class: dict[str, int] = Field(default_factory=dict)
    newest_label: AwareDatetime | None = None
    realised: RealisedLoss | None = None
    holdout: float | None = None
    expected_change: float | None = None
    forecast: GainForecast | None = None
    month: MonthlySpending = Field(default_factory=MonthlySpending)
    freeze: str = ""
    critical_defects: list[str] = Field(default_factory=list)

    @property
    def age(self) -> timedelta | None:
        """How old the newest run is; None without one."""
        return self.as_of - self.last_as_of if self.last_as_of else None

    @property
    def realised_increase(self) -> float | None:
        """By how much the newest labelled window is surely (95 %) worse than the holdout; None where unknown."""
        if self.realised is None or self.holdout is None:
            return None
        return self.realised.surely_worse_than(self.holdout)

    @property
    def expected_increase(self) -> float | None:
        """By how much the newest window is expected to be worse than the holdout; None where unknown."""
        if self.expected_change is None:
            return None
        return -self.expected_change if self.realised and self.realised.higher_is_better else self.expected_change
