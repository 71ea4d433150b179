"""Events about one window of one version: what join_labels, attribute_features and check_window emit."""

from steward.events.event import Event, ObjectRef, Sentence
from steward.results import Status
from steward.spec.monitors import StoredMonitor


class OutcomesUpdated(Event):
    """Labels met their predictions: the realised results of one window were written anew."""

    version: str
    window: str
    labelled_rows: int
    outcomes: ObjectRef


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
