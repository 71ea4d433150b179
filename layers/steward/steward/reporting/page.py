"""Pages of reports: one file each, which asks for nothing else and runs nothing."""

from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from steward.events import StoredObject
from steward.reporting.drawing import bars, chart, spark
from steward.reporting.first import MOST, explanation, first_steps
from steward.reporting.report import Condition, ModelReport
from steward.reporting.standings import Standings
from steward.reporting.words import day, figure, moment, name, person

CONDITION_WORDS: dict[Condition, str] = {
    "critical": "Critical",
    "warning": "Warning",
    "attention": "Attention",
    "unmeasured": "Not measured",
    "well": "Well",
}
SIGNS: dict[Condition, str] = {"critical": "✖", "warning": "▲", "attention": "◆", "unmeasured": "○", "well": "●"}
"""A shape beside each colour."""


def page(report: ModelReport) -> str:
    """The page of one report, as HTML; whatever text it was given stays text."""
    notes = Footnotes()
    return _environment().get_template("model.html.j2").render(report=report, note=notes.note, notes=notes)


def standings_page(standings: Standings) -> str:
    """The page of all models, the worst first."""
    return _environment().get_template("models.html.j2").render(models=standings.ordered)


class Footnotes:
    """The objects that figures come from, numbered as the page comes to them."""

    def __init__(self) -> None:
        self.sources: dict[StoredObject, int] = {}

    def note(self, source: StoredObject) -> int:
        """The number of an object."""
        return self.sources.setdefault(source, len(self.sources) + 1)

    def named(self, sources: Iterable[StoredObject]) -> list[int]:
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
    }  # fmt: skip
    environment.globals |= {"condition_words": CONDITION_WORDS, "signs": SIGNS, "most_steps": MOST}
    return environment
