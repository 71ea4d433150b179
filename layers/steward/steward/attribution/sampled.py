"""Stored attributions of a sample of a window, computed with the version's own artifact."""

from typing import Literal

from pydantic import ConfigDict

from steward.attribution.attributions import Method
from steward.documents import VersionedModel
from steward.profiles.attribution_sums import AttributionSums


class SampledAttributions(VersionedModel):
    """The attributions of some records of one window (create-only).

    Attributes:
        sums: of the sample, per feature; empty where it could not be attributed.
        rows: records in the sample.
        method: how they were found, the same as those of the version's baseline; None where there are none.
        reason: why there are none; empty where there are.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    schema_version: Literal[1] = 1
    sums: AttributionSums
    rows: int = 0
    method: Method | None = None
    reason: str = ""
