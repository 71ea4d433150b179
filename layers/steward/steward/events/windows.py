"""Events about one window of one version: what join_labels, attribute_features and check_window emit."""

from pydantic import Field

from steward.documents import TolerantModel
from steward.events.event import Event, ObjectRef, Sentence
from steward.results import Status
from steward.spec.monitors import StoredMonitor


class RealisedLoss(TolerantModel):
    """The metric that the retraining policy judges by, realised in one window, with its 95 % interval."""

    metric: str
    value: float
    low: float
    high: float
    rows: int

    @property
    def higher_is_better(self) -> bool:
        """Whether a loss of quality lowers it."""
        return self.metric == "roc_auc"

    def surely_worse_than(self, level: float) -> float:
        """By how much the better end of the interval is worse than a level; negative where it is better."""
        return level - self.high if self.higher_is_better else self.low - level


class OutcomesUpdated(Event):
    """Labels met their predictions: the realised results of one window were written anew.

    Attributes:
        labels_by_class: labelled rows of each class; empty for a regression, and in events of older releases.
        realised: the metric of the retraining policy; None where it is not defined.
    """

    version: str
    window: str
    labelled_rows: int
    outcomes: ObjectRef
    labels_by_class: dict[str, int] = Field(default_factory=dict)
    realised: RealisedLoss | None = None


class AttributionsRequested(Event):
    """Someone, or a schedule, asks for a sample to be attributed: of one window of a version, or of those not done."""

    window: str | None = None
    version: str | None = None


class AttributionsUpdated(Event):
    """A sample of one window was attributed to the features by the version's own artifact, or it cannot be."""

    version: str
    window: str
    rows: int
    summary: Sentence
    attributions: ObjectRef


class CheckRequested(Event):
    """Someone, or a schedule, asks for a check: of one window, or of all that closed lately."""

    window: str | None = None


class CheckCompleted(Event):
    """One window of one version was compared with its baseline."""

    version: str
    window: str
    check: str
    stored: ObjectRef
    rows: int
    labelled_rows: int
    statuses: dict[StoredMonitor, Status]
