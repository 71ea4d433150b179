"""Which version is in charge: the state that `routing.json` holds, and how it changes."""

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Promotion(BaseModel):
    """One change of champion."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    version: str
    run: str
    as_of: AwareDatetime
    promoted_at: AwareDatetime


class Routing(BaseModel):
    """The champion of a model and all before it (compare-and-swap)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    model: str
    promotions: list[Promotion] = Field(default_factory=list)

    @property
    def champion(self) -> str | None:
        """The version in charge."""
        return self.promotions[-1].version if self.promotions else None

    @property
    def previous(self) -> str | None:
        """The version in charge before this one."""
        return self.promotions[-2].version if len(self.promotions) > 1 else None

    def champion_at(self, moment: datetime) -> str | None:
        """The version that was in charge at a moment of the wall clock; the answer for a past moment never changes."""
        before = [promotion.version for promotion in self.promotions if promotion.promoted_at <= moment]
        return before[-1] if before else None

    def promote(self, version: str, *, over: str | None, run: str, as_of: datetime, promoted_at: datetime) -> Self:
        """Put a version in charge, provided the champion is still the one it was judged against.

        Raises:
            ChampionMoved: another version is in charge now.
        """
        if any(promotion.run == run for promotion in self.promotions):
            return self
        if self.champion != over:
            raise ChampionMoved(f"{version} was judged against {over}, but {self.champion} is in charge now")
        promotion = Promotion(version=version, run=run, as_of=as_of, promoted_at=promoted_at)
        return self.model_copy(update={"promotions": [*self.promotions, promotion]})


class ChampionMoved(Exception):
    """The champion changed between judgement and promotion; the judgement no longer holds."""
