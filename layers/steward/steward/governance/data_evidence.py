"""What an audit knows of a model's data, beside the bytes of the champion's dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from steward.defects.defect import Defect
from steward.retraining.manifest import DatasetManifest
from steward.spec.retention import RetainedKind


@dataclass(frozen=True, slots=True)
class DataEvidence:
    """What is stored of a model's data.

    Attributes:
        dataset: the manifest of the champion's dataset; None without one that can be read.
        defects: all that were ever opened.
        replayed_until: the present moment in the time of data that is replayed; None where that is the wall clock.
        expired: by kind, the oldest key that is older than the declaration keeps, and that nothing needs.
        orphans: folders and objects under the model's prefix that no manifest names.
    """

    dataset: DatasetManifest | None = None
    defects: Sequence[Defect] = ()
    replayed_until: datetime | None = None
    expired: Mapping[RetainedKind, str] = field(default_factory=dict)
    orphans: Sequence[str] = ()
