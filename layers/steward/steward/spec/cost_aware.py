"""Settings of the cost-aware retraining policy: what one run costs, and how long a version's gain counts."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from steward.spec.durations import Duration, format_duration
from steward.spec.spec_section import SpecSection

MAX_HORIZON = 60
"""Windows that a horizon has at most: no more of them are remembered."""

_FEWEST_WINDOWS = 2


class CostAwareSettings(SpecSection):
    """The part of the retraining policy that weighs the gain of a run against its cost."""

    policy: Literal["rules", "cost_aware"] = Field(
        default="rules",
        description="`cost_aware`: forecast from realised metrics and earlier runs what a new version would gain over "
        "keeping the present one, and ask for a run when that is worth `run_cost`. Declared rules (`every`, "
        "`on_alerts`, ...) still ask beside it, but no alert does unless `on_alerts` is declared.",
    )
    run_cost: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="What one run costs, in units of validation.metric over one window: with 0.05, a run is worth it "
        "that lowers the loss by 0.005 over ten windows. For `policy: cost_aware`.",
    )
    horizon: Duration | None = Field(
        default=None,
        description="Over how long gain and further runs are counted, such as 26w: from 2 to 60 windows. Unset: 26 "
        "windows. For `policy: cost_aware`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _no_alert_unless_declared(cls, content: Any) -> Any:
        if isinstance(content, dict) and content.get("policy") == "cost_aware" and "on_alerts" not in content:
            return {**content, "on_alerts": []}
        return content

    @model_validator(mode="after")
    def _costs_are_of_the_policy(self) -> Self:
        if self.policy == "cost_aware" and self.run_cost is None:
            raise ValueError(
                "policy: cost_aware needs run_cost: what one run costs, in units of validation.metric over one window, "
                "such as run_cost: 0.05"
            )
        if self.policy == "rules" and (self.run_cost is not None or self.horizon is not None):
            raise ValueError("run_cost and horizon say nothing with policy: rules; write policy: cost_aware")
        return self

    def horizon_windows(self, window: timedelta) -> int:
        """The horizon in windows of some length."""
        return 26 if self.horizon is None else self.horizon // window


def horizon_problem(settings: CostAwareSettings, window: timedelta) -> str:
    """What is wrong with the horizon for windows of this length; empty where nothing is."""
    if settings.horizon is None or _FEWEST_WINDOWS <= settings.horizon_windows(window) <= MAX_HORIZON:
        return ""
    least, most = format_duration(_FEWEST_WINDOWS * window), format_duration(MAX_HORIZON * window)
    return (
        f"must hold from {_FEWEST_WINDOWS} to {MAX_HORIZON} windows: write from {least} to {most}, or change "
        "window.length"
    )
