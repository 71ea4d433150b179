"""What an audit knows of how the version in charge was made, attested, released and watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from steward.events import ObjectRef

SignatureStatus = Literal["valid", "invalid", "unsigned", "unknown_key"]


@dataclass(frozen=True, slots=True)
class ReproducedTraining:
    """One request to train the champion again.

    Attributes:
        identical: whether the artifact was the same; None where it could not be trained again.
        refused: why it could not.
    """

    stored: ObjectRef
    identical: bool | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class VersionEvidence:
    """What is stored of the champion beside its own parts.

    Attributes:
        reproductions: the requests to train it again, the oldest first.
        provenance: its statement; None where there is none.
        provenance_subject: whether the statement is about the artifact that the manifest names.
        signature: of the statement; None without a statement.
        signing: whether the deployment has a key to sign with.
        bill_of_materials: None where there is none.
        overwritten: files of it that are written once, and have several versions or a delete marker.
        first_version: the first version that was in charge; None before any.
        first_version_problem: why nobody can be compared with it; empty where one can.
        checks: how many checks of it are remembered.
        unacknowledged: by monitor, when people were told of a critical alert that fires and that nobody has seen.
    """

    reproductions: Sequence[ReproducedTraining] = ()
    provenance: ObjectRef | None = None
    provenance_subject: bool = True
    signature: SignatureStatus | None = None
    signing: bool = False
    bill_of_materials: ObjectRef | None = None
    overwritten: Sequence[str] = ()
    first_version: str | None = None
    first_version_problem: str = ""
    checks: int = 0
    unacknowledged: Mapping[str, datetime] = field(default_factory=dict)
