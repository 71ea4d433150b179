"""Every kind of stored document: its keys, its model, and the version of its schema that this release writes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from steward.documents import VersionedModel
from steward.spec.spec_section import MODEL_NAME


@dataclass(frozen=True, slots=True)
class StoredKind:
    """One kind of stored document.

    Attributes:
        model: where its pydantic model is, as `module:class`; its schema and its kept examples have the class's name.
        keys: a regular expression of the whole key.
        version: the schema version that is written, and the newest that can be read.
        oldest: the oldest that can be read.
    """

    model: str
    keys: str
    version: int = 1
    oldest: int = 1

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.model.partition(":")[2]

    def load(self) -> type[VersionedModel]:
        """The model; some of them need NumPy, which not every function has."""
        module, _, name = self.model.partition(":")
        found: type[VersionedModel] = getattr(import_module(f"steward.{module}"), name)
        return found


_MODEL = MODEL_NAME.strip("^$")

STORED = (
    StoredKind("repositories.models:SpecRevision", rf"models/{_MODEL}/specs/[^/]+\.json"),
    StoredKind("retraining.versions:VersionManifest", rf"models/{_MODEL}/versions/[^/]+/manifest\.json"),
    StoredKind("retraining.versions:SearchResult", rf"models/{_MODEL}/versions/[^/]+/search\.json"),
    StoredKind("baselines.baseline:Baseline", rf"models/{_MODEL}/versions/[^/]+/baseline\.json", version=2, oldest=2),
    StoredKind("retraining.background:Background", rf"models/{_MODEL}/versions/[^/]+/background\.json"),
    StoredKind(
        "governance.card:ModelCard",
        rf"(models/{_MODEL}/versions/[^/]+/card|reports/{_MODEL}/documents/model-card/[^/]+/[^/]+)\.json",
    ),
    StoredKind("governance.document_history:DocumentHistory", rf"reports/{_MODEL}/documents/history\.json"),
    StoredKind("validation.evaluation:Evaluation", rf"models/{_MODEL}/versions/[^/]+/(evaluation|tests/[^/]+)\.json"),
    StoredKind(
        "lineage.reproduction_result:ReproductionResult", rf"models/{_MODEL}/versions/[^/]+/reproductions/[^/]+\.json"
    ),
    StoredKind("releasing.routing:Routing", rf"models/{_MODEL}/routing\.json"),
    StoredKind("releasing.release_windows:ReleaseWindow", rf"models/{_MODEL}/releases/[^/]+/windows/[^/]+\.json"),
    StoredKind(
        "experiments.experiment_result:ExperimentResult", rf"models/{_MODEL}/releases/[^/]+/experiment-\d+\.json"
    ),
    StoredKind("retraining.manifest:DatasetManifest", rf"models/{_MODEL}/datasets/[^/]+/manifest\.json"),
    StoredKind("retraining.dataset_profile:DatasetProfile", rf"models/{_MODEL}/dataset-profiles/[^/]+\.json"),
    StoredKind("retraining.split_evidence:SplitEvidence", rf"models/{_MODEL}/datasets/[^/]+/split\.json"),
    StoredKind("ingestion.unmatched_labels_report:LabelFile", rf"arrivals/{_MODEL}/unmatched/[^/]+\.json"),
    StoredKind("privacy.scan_state:PersonalDataState", rf"privacy/{_MODEL}/scans\.json"),
    StoredKind("profiles.profile:Profile", rf"profiles/{_MODEL}/[^/]+/[^/]+/[^/]+\.json", version=2, oldest=2),
    StoredKind("evidence.window_outcomes:WindowOutcomes", rf"outcomes/{_MODEL}/[^/]+/[^/]+\.json"),
    StoredKind("operation.collection_windows:Collection", rf"collections/{_MODEL}\.json"),
    StoredKind("attribution.sampled:SampledAttributions", rf"attributions/{_MODEL}/[^/]+/[^/]+\.json"),
    StoredKind("monitoring.check:Check", rf"checks/{_MODEL}/[^/]+/[^/]+\.json"),
    StoredKind("evidence.history:History", rf"history/{_MODEL}/[^/]+\.json"),
    StoredKind("alerting.model_alerts:ModelAlerts", rf"alerts/{_MODEL}\.json"),
    StoredKind("retraining.policy:RetrainingState", rf"runs/{_MODEL}/_policy\.json"),
    StoredKind("retraining.training_progress:TrainingProgress", rf"progress/{_MODEL}\.json"),
    StoredKind("retraining.policy_decision:PolicyDecision", rf"decisions/{_MODEL}/[^/]+\.json"),
    StoredKind("retraining.runs:Run", rf"runs/{_MODEL}/[^/_][^/]*\.json"),
    StoredKind("defects.defect:Defect", rf"defects/{_MODEL}/[^/]+\.json"),
    StoredKind("corrections.corrected_windows:CorrectedWindows", rf"corrections/{_MODEL}/_windows\.json"),
    StoredKind("defects.correction:Correction", rf"corrections/{_MODEL}/[^/_][^/]*\.json"),
    StoredKind("commands.command_result:CommandResult", rf"commands/{_MODEL}/(refused/)?[^/]+\.json"),
    StoredKind("maintenance.retention_evidence:RetentionEvidence", rf"maintenance/{_MODEL}\.json"),
    StoredKind("services.maintain_store:RemovalPlan", rf"maintenance/plans/{_MODEL}/[^/]+\.json"),
    StoredKind("erasure.erasure_work:ErasureWork", rf"erasing/{_MODEL}/[^/]+\.json"),
    StoredKind("erasure.erasure:Erasure", rf"erasures/{_MODEL}/[^/]+\.json"),
    StoredKind("erasure.erasure_work:Suppression", rf"suppressed/{_MODEL}\.json"),
    StoredKind("governance.audit:Audit", rf"reports/{_MODEL}/audits/[^/]+\.json"),
    StoredKind("governance.audit_exception:AuditExceptions", rf"models/{_MODEL}/exceptions\.json"),
    StoredKind("reporting.model_report:ModelReport", rf"reports/{_MODEL}/(report|periodic/[^/]+)\.json"),
    StoredKind("reporting.fleet:FleetSummary", r"reports/index\.json"),
    StoredKind("promotion.transfer:Transfer", rf"promotions/{_MODEL}/[^/]+\.json"),
    StoredKind("promotion.transfer:LedgerExtract", rf"transfers/{_MODEL}/[^/]+/ledger\.json"),
    StoredKind("selfcheck.incidents:OpenIncidents", r"watch/problems\.json"),
    StoredKind("selfcheck.last_watch:LastWatch", r"watch/last\.json"),
    StoredKind("selfcheck.schema_versions:SchemaVersions", r"watch/schema-versions\.json"),
    StoredKind("ledger.checkpoints:Checkpoint", r"_checkpoints/c[0-9]{10}\.json"),
    StoredKind("ledger.entries:LedgerEntry", rf"({_MODEL}|_deployment)/[0-9]{{10}}\.json"),
)
"""In the data bucket, but for the ledger's. What a transfer sends has the kinds that its parts are of."""


def schema_versions() -> dict[str, int]:
    """The version of each kind that this release writes."""
    return {kind.name: kind.version for kind in STORED}


def kinds_of(key: str) -> Iterator[StoredKind]:
    """The kinds that a key may be of: one, or none where it holds no document."""
    return (kind for kind in STORED if re.fullmatch(kind.keys, key))
