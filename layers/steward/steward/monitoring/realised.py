"""The realised results of one version in one window, and the batches that they rest on."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from steward.defects.correction import original
from steward.performance.groups import GroupOutcomes
from steward.performance.outcomes import Outcomes


class WindowOutcomes(BaseModel):
    """What became of one window's predictions, as far as labels have come.

    Attributes:
        prediction_batches, label_batches: what was joined, in order of upload.
        corrections: the batches among them that correct others.
        outcomes: of all predictions.
        groups: of each group of the segments and protected attributes that the version's baseline has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    window: str
    prediction_batches: list[str]
    label_batches: list[str]
    corrections: list[str] = []
    outcomes: Outcomes
    groups: GroupOutcomes = GroupOutcomes()

    def know(self, corrections: Iterable[str]) -> bool:
        """Whether these corrections were stored when the labels were joined; else they are about to be joined again."""
        joined = {original(batch) for batch in self.corrections}
        return all(original(batch) in joined for batch in corrections)
