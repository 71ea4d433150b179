"""Limits of monitors of arriving predictions and labels."""

from typing import Annotated

from pydantic import Field

from steward.spec.durations import Duration
from steward.spec.spec_section import Share, SpecSection


class FreshnessMonitor(SpecSection):
    """The median delay between the event and the upload of a record."""

    maximum_lag: Duration


class NoDataMonitor(SpecSection):
    """Predictions, or their labels, that stop arriving."""

    silent_windows: Annotated[int, Field(ge=1, le=500)] = Field(
        default=24,
        description="Windows in a row without any record that are too many for whatever rhythm; one is too many where "
        "the volume monitor knows what is usual, and none is far below it.",
    )
    labels_within: Duration | None = Field(
        default=None,
        description="How late labels may be; unset: the label_horizon. Longer, and they have stopped coming.",
    )
    maximum_unlabelled_increase: Share = Field(
        default=0.2,
        description="How far above the usual the share of predictions may be whose labels have not come by then.",
    )


class UnmatchedLabelsMonitor(SpecSection):
    """Labels whose prediction cannot be found."""

    maximum: Share | None = Field(
        default=None,
        description="The share of a window's labels that may be without a prediction; unset: what is usual, and "
        "`maximum_increase`.",
    )
    maximum_increase: Share = Field(
        default=0.2, description="How far above the usual share of earlier windows it may be."
    )
    minimum_labels: Annotated[int, Field(ge=1)] = Field(
        default=5, description="Labels without a prediction below which nothing is said."
    )
