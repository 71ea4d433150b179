"""What a search for parameters tried, and what it chose."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from steward.documents import TolerantModel, VersionedModel
from steward.spec.recipe import Scalar


class Candidate(TolerantModel):
    """One combination that was tried.

    Attributes:
        parameters: those that the search tries; empty for the declared ones.
        loss: the mean over the folds; smaller is better. None where the estimator refused the combination.
        folds: of each fold.
        refused: what the estimator said.
    """

    parameters: dict[str, Scalar]
    loss: float | None = None
    folds: tuple[float, ...] = ()
    refused: str = ""


class SearchResult(VersionedModel):
    """What a search tried: with it, the same version is fitted again whatever the clock says.

    Attributes:
        metric: by which combinations were compared, `validation.metric` of the declaration.
        folds: how many there were.
        candidates: in the order in which they were tried.
        chosen: the place of the best among them.
        stopped_by: what ended the search: all combinations tried, as many as were allowed, or the time.
        planned: how many there would have been with time enough.
    """

    schema_version: Literal[1] = 1
    metric: str
    folds: Annotated[int, Field(ge=1)]
    candidates: tuple[Candidate, ...]
    chosen: Annotated[int, Field(ge=0)]
    stopped_by: Literal["tries", "seconds"]
    planned: int

    @property
    def parameters(self) -> Mapping[str, Scalar]:
        """The combination that did best."""
        return self.candidates[self.chosen].parameters

    @property
    def sentence(self) -> str:
        """What came of it."""
        best, declared = self.candidates[self.chosen], self.candidates[0]
        values = ", ".join(f"{name} = {value}" for name, value in best.parameters.items()) or "the declared parameters"
        tried = f"{len(self.candidates)} of {self.planned} combinations tried"
        ended = f"{tried}, when the time was over" if self.stopped_by == "seconds" else tried
        against = f" (declared: {declared.loss:.4f})" if self.chosen and declared.loss is not None else ""
        return f"{values}: mean loss {best.loss:.4f}{against}; {ended}"
