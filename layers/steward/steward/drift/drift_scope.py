"""The columns of a model that are monitored for drift, and their limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from steward.profiles.bins import ColumnBins, NumericBins
from steward.profiles.derived_features import columns_by_part
from steward.spec.drift_monitors import DriftMonitor
from steward.spec.features import Feature
from steward.spec.monitors import Monitors

if TYPE_CHECKING:
    from steward.spec.model import ModelSpec


@dataclass(frozen=True, slots=True)
class DriftScope:
    """The declared monitors, and what columns declare of themselves.

    Attributes:
        monitors: None switches one off, and its tests leave the family.
        columns: the declared features and outputs; a column that is not among them has no limits of its own.
        importances: what each feature carries, of any sum; where the declaration gives none, the version's.
    """

    monitors: Monitors
    columns: Mapping[str, Feature] = field(default_factory=dict)
    importances: Mapping[str, float] = field(default_factory=dict)
    _parts: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parts", columns_by_part(self.columns))

    @classmethod
    def of(cls, spec: "ModelSpec", importances: Mapping[str, float]) -> Self:
        """What a declaration asks for."""
        declared = {name: column.importance for name, column in spec.features.items() if column.importance is not None}
        return cls(spec.monitors, spec.features | spec.outputs, declared or importances)

    def declaration(self, part: str) -> Feature | None:
        """What declares a profiled part: the column of its name, or the one that it is a derived feature of."""
        return self.columns.get(self._parts.get(part, part))

    def watches(self, part: str) -> bool:
        """Whether the drift of a part is tested."""
        declared = self.declaration(part)
        return declared is None or declared.monitored

    def importance(self, part: str) -> float | None:
        """The share of all importance that the feature of a part carries; None where nothing is known."""
        total = sum(self.importances.values())
        weight = self.importances.get(part, self.importances.get(self._parts.get(part, part)))
        return weight / total if weight is not None and total > 0 else None

    def least_effect(self, part: str, bins: ColumnBins, monitor: DriftMonitor) -> float:
        """The effect from which on a change of a part matters, in its own unit."""
        declared = self.declaration(part)
        if declared is not None and declared.minimum_effect is not None:
            return declared.minimum_effect
        return monitor.minimum_shift if isinstance(bins, NumericBins) else monitor.minimum_share
