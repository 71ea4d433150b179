"""Summary of every model, for the fleet page."""

from datetime import date
from typing import Literal, Self

from pydantic import Field

from steward.documents import TolerantModel, VersionedModel
from steward.reporting.model_report import HEALTH_STATUSES, HealthStatus, ModelReport
from steward.spec.windows import Window


class ModelSummary(TolerantModel):
    """One model. Nothing in it changes with each window, so that the page is seldom written.

    Attributes:
        checked: the day of the newest window that was checked.
        firing: monitors whose alerts fire.
        defects: how many are open.
        audited: whether every invariant held; None before any audit.
    """

    model: str
    owner: str
    health: HealthStatus
    headline: str
    champion: str | None
    checked: date | None
    firing: list[str]
    defects: int
    audited: bool | None

    @classmethod
    def of(cls, report: ModelReport) -> Self:
        """The line of a report."""
        return cls(
            model=report.model,
            owner=report.owner,
            health=report.health,
            headline=report.headline,
            champion=report.champion.version if report.champion else None,
            checked=Window.parse(report.check.window).start.date() if report.check else None,
            firing=[monitor.monitor for monitor in report.firing],
            defects=len(report.defects),
            audited=not report.audit.failed if report.audit else None,
        )


class FleetSummary(VersionedModel):
    """Every model that has a report (compare-and-swap)."""

    schema_version: Literal[1] = 1
    models: dict[str, ModelSummary] = Field(default_factory=dict)

    def with_model(self, line: ModelSummary) -> Self:
        """The statuses after one model's line."""
        return self.model_copy(update={"models": dict(sorted((self.models | {line.model: line}).items()))})

    def without_model(self, model: str) -> Self:
        """The statuses without a model that was removed."""
        return self.model_copy(update={"models": {name: line for name, line in self.models.items() if name != model}})

    @property
    def ordered(self) -> list[ModelSummary]:
        """The worst first."""
        return sorted(self.models.values(), key=lambda line: (HEALTH_STATUSES.index(line.health), line.model))
