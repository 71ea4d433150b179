"""Renders report pages: single self-contained HTML files."""

from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from steward.events import ObjectRef
from steward.reporting.drawing import bars, chart, spark
from steward.reporting.first_steps import MOST, explanation, first_steps
from steward.reporting.fleet import FleetSummary
from steward.reporting.formatting import code, day, figure, moment, name, name_within, person
from steward.reporting.interval_drawing import draw_interval
from steward.reporting.model_report import HealthStatus, ModelReport
from steward.reporting.reported_release import draw_release
from steward.results import count_of

HEALTH_LABELS: dict[HealthStatus, str] = {
    "critical": "Critical",
    "warning": "Warning",
    "attention": "Attention",
    "unknown": "Not measured",
    "healthy": "Healthy",
}
SIGNS: dict[HealthStatus, str] = {"critical": "✖", "warning": "▲", "attention": "◆", "unknown": "○", "healthy": "●"}
"""A shape beside each colour."""


def page(report: ModelReport) -> str:
    """The page of one report, as HTML; whatever text it was given stays text."""
    notes = Footnotes()
    return _environment().get_template("model.html.j2").render(report=report, note=notes.note, notes=notes)


def fleet_page(statuses: FleetSummary) -> str:
    """The page of all models, the worst first."""
    return _environment().get_template("models.html.j2").render(models=statuses.ordered)


class Footnotes:
    """The objects that figures come from, numbered as the page comes to them."""

    def __init__(self) -> None:
        self.sources: dict[ObjectRef, int] = {}

    def note(self, source: ObjectRef) -> int:
        """The number of an object."""
        return self.sources.setdefault(source, len(self.sources) + 1)

    def numbers_of(self, sources: Iterable[ObjectRef]) -> list[int]:
        """The numbers of some objects, the lowest first."""
        return sorted(self.note(source) for source in sources)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("steward.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "name": name, "moment": moment, "day": day, "figure": figure, "chart": chart, "spark": spark, "person": person,
        "first_steps": first_steps, "explanation": explanation, "bars": bars,
        "code": code, "interval": draw_interval, "name_within": name_within, "count_of": count_of,
        "draw_release": draw_release,
    }  # fmt: skip
    environment.globals |= {"health_labels": HEALTH_LABELS, "signs": SIGNS, "most_steps": MOST}
    return environment
