"""Settings of the monitors of drift."""

from typing import Annotated, Literal

from pydantic import Field

from steward.spec.durations import Duration
from steward.spec.spec_section import Share, SpecSection, Tolerance


class SeasonalBaseline(SpecSection):
    """Earlier windows in the same season: `1w` is the same hour of the week, `52w` the same week of last year."""

    every: Duration
    repeats: Annotated[int, Field(ge=3, le=104)] = Field(
        default=4, description="How many earlier rounds; at least three, or nothing is known of how windows differ."
    )


class TrailingBaseline(SpecSection):
    """The preceding windows."""

    windows: Annotated[int, Field(ge=3, le=1000)]


class DriftMonitor(SpecSection):
    """Drift is both significant at this family-wise rate and at least this large."""

    false_alarm_rate: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.01, description="The chance of any drift result in one window of unchanged data, over all columns."
    )
    minimum_shift: Tolerance = Field(
        default=0.05,
        description="Numbers: the normalised Wasserstein distance, in standard deviations of the baseline, below which "
        "a real change does not matter.",
    )
    minimum_share: Share = Field(
        default=0.02,
        description="Categories: the largest change of a category's share below which a real change does not matter.",
    )


class FeatureDriftMonitor(DriftMonitor):
    """Drift of the features, and what they are compared with."""

    compared_with: Literal["reference"] | SeasonalBaseline | TrailingBaseline = Field(
        default="reference",
        description="The reference data, or earlier windows of the same version: data with a rhythm change every hour "
        "and are still as always. Until there are enough earlier windows, the reference stands in.",
    )
    weights: Literal["equal", "importance"] = Field(
        default="equal",
        description="How the false-alarm rate is shared out: alike, or half of it by importance, so that what the "
        "model leans on is noticed sooner.",
    )


class JointMonitor(SpecSection):
    """Changes in the joint distribution of the features, such as correlations, that no single feature shows."""

    minimum_auc: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        default=0.55,
        description="The ROC AUC with which a classifier must tell the window from the baseline for it to matter.",
    )
    minimum_correlation: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.2, description="The change of a correlation that matters."
    )
    minimum_reconstruction: Tolerance = Field(
        default=0.1, description="The relative change of the PCA reconstruction error that matters."
    )


class ShareMonitor(SpecSection):
    """A share of the rows that may exceed the baseline's by this much, beyond chance."""

    maximum_increase: Share


class SegmentMonitor(SpecSection):
    """Drift within each segment, with the limits of feature drift; the family's rate covers it too."""

    minimum_rows: Annotated[int, Field(ge=10)] = Field(
        default=100, description="Rows that a segment needs in the window to be tested."
    )


class AttributionMonitor(SpecSection):
    """Changes in the ranking of the features by their contribution to the predictions."""

    minimum_ndcg: Share = Field(default=0.9, description="Normalised discounted cumulative gain of the two rankings.")
