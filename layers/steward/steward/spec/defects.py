"""Service levels for data defects: owner, deadlines, and what opens a defect."""

from datetime import timedelta

from pydantic import Field

from steward.spec.durations import Duration
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity
from steward.spec.spec_section import Share, SpecSection


class Deadlines(SpecSection):
    """How long after it was found a defect may take until it is closed."""

    critical: Duration = timedelta(days=1)
    warning: Duration = timedelta(weeks=1)
    info: Duration = timedelta(weeks=4)

    def of(self, severity: Severity) -> timedelta:
        """The span that a severity leaves."""
        return {"critical": self.critical, "warning": self.warning, "info": self.info}[severity]


class DefectPolicy(SpecSection):
    """What is done about errors in the data."""

    owner: str | None = Field(
        default=None, description="Who answers for a new defect: a person or a team. The model's owner when unset."
    )
    deadlines: Deadlines = Field(default_factory=Deadlines)
    opened_by: list[MonitorName] = Field(
        default=["validity", "schema_consistency", "scale_consistency", "uniqueness", "constant_columns"],
        description="Monitors that open a defect by themselves when their alert fires.",
    )
    maximum_quarantined: Share | None = Field(
        default=0.05, description="A larger share of an upload's rows in quarantine opens a defect; null: none does."
    )
    severity: Severity = Field(default="warning", description="Of a defect that a monitor or a quarantine opens.")
