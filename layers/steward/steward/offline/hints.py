"""Hints of the user about a table's columns, in place of inference."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
from arro3.core import Array

from steward.errors import BatchInvalid
from steward.offline.agreement import labels_of
from steward.offline.inferred_column import InferredColumn
from steward.offline.roles import Role
from steward.spec.features import DatetimeFeature
from steward.spec.model_sections import Task

SAID = "as you said"


@dataclass(frozen=True, slots=True)
class Hints:
    """Columns by their part, and the task; what is None or empty is inferred.

    Attributes:
        scores: one column with the probability of the positive label, or one for each class.
    """

    label: str | None = None
    scores: tuple[str, ...] = ()
    prediction: str | None = None
    time: str | None = None
    id: str | None = None
    entity: str | None = None
    task: Task | None = None

    @property
    def results(self) -> frozenset[str]:
        """The columns that hold what the model said, or the truth."""
        return frozenset(name for name in (self.label, *self.scores, self.prediction) if name)

    def check(self, names: Collection[str]) -> None:
        """Refuse what cannot be.

        Raises:
            BatchInvalid: the table has no such column, or one column is given two parts.
        """
        parts = [name for name in (self.label, *self.scores, self.prediction, self.time, self.id, self.entity) if name]
        for name in parts:
            if name not in names:
                near = get_close_matches(name, names, n=1)
                meant = f"is it {near[0]}?" if near else f"it has {', '.join(names)}"
                raise BatchInvalid("missing_columns", f"the table has no column {name} ({meant}); name one of its own")
            if parts.count(name) > 1:
                raise BatchInvalid("two_roles", f"{name} is given two parts; give each part a column of its own")

    def place(
        self, columns: Mapping[str, InferredColumn], cells: Mapping[str, Sequence[Array]]
    ) -> dict[str, InferredColumn]:
        """The columns with the time, the id and the entity that the user names.

        Raises:
            BatchInvalid: the time cannot be read, or ids come twice.
        """
        placed = dict(columns)
        wanted: tuple[tuple[Role, str | None], ...] = (("time", self.time), ("id", self.id), ("entity", self.entity))
        for role, wished in wanted:
            if wished is None:
                continue
            for name, column in placed.items():
                if column.role == role:
                    placed[name] = replace(column, role=None, role_reason="")
            self._refuse_unfit(role, wished, placed[wished], cells[wished])
            placed[wished] = replace(placed[wished], role=role, role_reason=SAID, counts="", no_time="")
        return {
            name: replace(column, role=None, role_reason="") if name in self.results and column.role else column
            for name, column in placed.items()
        }

    def _refuse_unfit(self, role: Role, name: str, column: InferredColumn, chunks: Sequence[Array]) -> None:
        if role == "time" and not isinstance(column.feature, DatetimeFeature):
            why = column.unreadable or column.reason
            raise BatchInvalid(
                "no_times", f"{name} cannot be the time: {why}; write ISO 8601, such as 2024-01-31T08:00"
            )
        if role == "id":
            values = labels_of(chunks, name)
            different = len(np.unique(values.astype(str)))
            if different < len(values):
                raise BatchInvalid(
                    "duplicate_id",
                    f"{name} cannot be the id: {len(values):,} cells have {different:,} different values, and every "
                    "row needs an id of its own; give rows one, such as their number",
                )
