"""The context that data quality monitors evaluate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from steward.baselines.baseline import Baseline
from steward.profiles.bins import NumericBins
from steward.profiles.derived_features import columns_by_part
from steward.profiles.profile import Profile
from steward.profiles.summaries import NumericSummary
from steward.quality.label_matches import LabelMatches, PastMatches
from steward.results import MetricResult
from steward.spec.features import Feature
from steward.spec.model import ModelSpec
from steward.spec.monitors import usual_rate
from steward.spec.windows import ORIGIN, Window


@dataclass(frozen=True, slots=True)
class NumericSides:
    """A numeric column in the window and in the baseline."""

    name: str
    window: NumericSummary
    reference: NumericSummary
    bins: NumericBins


@dataclass(frozen=True, slots=True)
class QualityContext:
    """One window, its baseline, and what is remembered of the windows before.

    Attributes:
        spec: the declaration in force.
        window: which.
        baseline: of the version; its own reference, whatever drift is measured against.
        profile: of the window.
        ended: whether no more records of the window are due.
        volumes: rows of earlier windows, by the number of the window, counted from `ORIGIN`.
        labelled: labelled rows of the windows before, by number, of those that had any rows.
        columns: what was odd about the columns of the window before, as `schema_consistency` keeps it; None where
            nothing is known of any.
        unreadable: batches that are left out of the profile, each with the reason.
        matches: what became of the labels of the window; None where none came.
        past_matches: the same of earlier windows, by number.
    """

    spec: ModelSpec
    window: Window
    baseline: Baseline
    profile: Profile
    ended: bool = True
    volumes: Mapping[int, int] = field(default_factory=dict)
    labelled: Mapping[int, int] = field(default_factory=dict)
    columns: Mapping[str, float] | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    matches: LabelMatches | None = None
    past_matches: Mapping[int, PastMatches] = field(default_factory=dict)
    _parts: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parts", columns_by_part(self.spec.features | self.spec.outputs))

    @property
    def number(self) -> int:
        """Of the window."""
        return self.window.number

    @property
    def false_alarm_rate(self) -> float:
        """Of a monitor that declares none, in one window."""
        return usual_rate(self.window.length)

    def starts(self, number: int) -> datetime:
        """When a window begins."""
        return ORIGIN + number * self.window.length

    def declared_feature(self, part: str) -> Feature | None:
        """What declares a profiled feature or output that is no derived feature of another column."""
        return self.spec.features.get(part) or self.spec.outputs.get(part)

    def watches(self, part: str) -> bool:
        """Whether a part is looked at: all are, but those whose column is declared not to be monitored."""
        declared = self.declared_feature(self._parts.get(part, part))
        return declared is None or declared.monitored

    def measured_numbers(self) -> Iterator[NumericSides]:
        """Numeric features, numeric outputs and a predicted value: what people measure in a unit of their choice."""
        for found, known, bins in (
            (self.profile.features, self.baseline.reference.features, self.baseline.bins.features),
            (self.profile.outputs, self.baseline.reference.outputs, self.baseline.bins.outputs),
        ):
            for name, column in bins.items():
                declared = self.declared_feature(name)
                plain = declared.type == "numeric" if declared else name == "prediction"
                window, reference = found[name], known[name]
                if (
                    plain
                    and self.watches(name)
                    and isinstance(column, NumericBins)
                    and isinstance(window, NumericSummary)
                    and isinstance(reference, NumericSummary)
                ):
                    yield NumericSides(name, window, reference, column)


Judgement = list[MetricResult]
"""What one monitor says of a window; empty where it is switched off."""
