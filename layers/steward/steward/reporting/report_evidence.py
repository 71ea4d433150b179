"""What a model's report is assembled from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from steward.alerting.model_alerts import ModelAlerts
from steward.defects.defect import Defect
from steward.events import ObjectRef
from steward.experiments.experiment_result import ExperimentResult
from steward.governance.audit import Audit
from steward.monitoring.check import Check
from steward.releasing.routing import Routing
from steward.reporting.ledger_projection import LedgerProjection
from steward.reporting.trends import VersionHistory
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class StoredDocument[Thing]:
    """Something, and the exact object that it was read from."""

    it: Thing
    stored: ObjectRef


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """What was read of a model; None and empty where there is nothing.

    Attributes:
        experiment: of the newest gradual release's newest step.
        validations: evaluations of the champion and of the version that was judged last.
        tests: evaluations of the champion on labels that came since.
        problems: what is there and could not be read, each as a sentence.
    """

    spec: StoredDocument[ModelSpec]
    environment: str
    story: LedgerProjection
    routing: StoredDocument[Routing] | None = None
    alerts: StoredDocument[ModelAlerts] | None = None
    check: StoredDocument[Check] | None = None
    histories: Sequence[VersionHistory] = ()
    defects: Sequence[StoredDocument[Defect]] = ()
    audit: StoredDocument[Audit] | None = None
    experiment: StoredDocument[ExperimentResult] | None = None
    validations: Sequence[StoredDocument[Evaluation]] = ()
    tests: Sequence[StoredDocument[Evaluation]] = ()
    problems: Sequence[str] = field(default_factory=tuple)
