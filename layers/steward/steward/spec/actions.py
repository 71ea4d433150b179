"""Actions that run when an alert changes."""

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from steward.spec.durations import Duration, format_duration
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity
from steward.spec.spec_section import SpecSection, spelling

ActionType = Literal["retrain", "roll_back", "freeze", "defect", "event"]

BUS_ARN = r"^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]{1,256}$"
_BUS = "ARN of an event bus: write one such as arn:aws:events:eu-west-1:123456789012:event-bus/mine"


class ActionCondition(SpecSection):
    """When an action is taken."""

    state: Literal["firing", "resolved", "flapping"] = "firing"
    severity: Severity | None = Field(default=None, description="Only when the alert is at least this grave.")
    windows: Annotated[int, Field(ge=1, le=50)] = Field(
        default=1, description="Only once the alert has fired over this many windows, the first bad one included."
    )

    @model_validator(mode="after")
    def _lasting(self) -> Self:
        if self.windows > 1 and self.state != "firing":
            raise ValueError(f"windows counts how long an alert has fired; leave it out for {self.state}")
        return self


class AlertAction(SpecSection):
    """One row of the table: which monitor, when, and what is done."""

    monitor: MonitorName | Literal["any"]
    when: ActionCondition = Field(default_factory=ActionCondition)
    do: ActionType
    lasting: Duration | None = Field(default=None, description="freeze: for how long; unset until a person thaws.")
    bus: Annotated[str, Field(pattern=BUS_ARN), spelling(BUS_ARN, _BUS)] | None = Field(
        default=None,
        description="event: the ARN of the bus, which the deployment's parameter ActionBuses must name too.",
    )
    cool_down: Duration = Field(
        default=timedelta(days=1), description="Not again for the same monitor sooner than this after the last time."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.bus is None) == (self.do == "event"):
            raise ValueError("needs bus, the ARN of an event bus" if self.do == "event" else "bus is for event alone")
        if self.lasting is not None and self.do != "freeze":
            raise ValueError("lasting is for freeze alone; remove it")
        return self

    @property
    def sentence(self) -> str:
        """The action as a person reads it."""
        match self.do:
            case "retrain":
                return "ask for a retraining"
            case "roll_back":
                return "roll back to the champion before"
            case "freeze":
                return f"freeze promotions {f'for {format_duration(self.lasting)}' if self.lasting else 'until thawed'}"
            case "defect":
                return "open a defect"
            case "event":
                return f"tell the bus {re.sub('.*event-bus/', '', self.bus or '')}"
