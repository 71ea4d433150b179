"""Which version answers which rows while a release is running, as it is stored for whoever serves them."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Self

from pydantic import AwareDatetime, Field, model_validator

from steward.documents import TolerantModel
from steward.experiments.assignment import POSITIONS, ArmBound, Assignment

CHAMPION = "champion"
"""The name of the arm that the champion answers."""

TrafficMode = Literal["shadow", "canary", "ab"]


class AnsweringVersion(NamedTuple):
    """Who answers a row.

    Attributes:
        arm: None where the row takes no part in the release, since it names no entity.
        version: None where the model has no champion yet.
    """

    arm: str | None
    version: str | None


class TrafficArm(TolerantModel):
    """One version that answers, and where the positions of its entities end.

    Attributes:
        weight: share of the entities.
        below: the first position beyond it, of 2^52; it begins where the arm before ends.
    """

    name: str
    version: str
    weight: float
    below: int


class Traffic(TolerantModel):
    """The shares of one release; None in its place means that the champion answers everything.

    Attributes:
        release: its ID, which is the experiment's too.
        salt: mixes the entities; the same for all steps of a release, so that an entity stays with the challenger.
        arms: those that answer, the champion's first.
        shadows: versions that score the same rows and never answer.
        since: event time from which these shares hold.
    """

    release: str
    mode: TrafficMode
    salt: str
    arms: tuple[TrafficArm, ...] = Field(min_length=1)
    shadows: tuple[str, ...] = ()
    since: AwareDatetime

    @classmethod
    def of(
        cls,
        release: str,
        mode: TrafficMode,
        champion: str,
        challengers: Mapping[str, tuple[str, float]],
        *,
        since: AwareDatetime,
        shadows: tuple[str, ...] = (),
    ) -> Self:
        """Lay out the shares; the champion has what the challengers leave.

        Args:
            release: its ID; the entities are mixed by it.
            mode: of the release.
            champion: the version in charge.
            challengers: by arm, the version and its share of the entities; empty if all only shadow.
            since: event time from which the shares hold.
            shadows: versions that only score.

        Raises:
            ExperimentInvalid: a share is not in (0, 1), or they leave nothing for the champion.
        """
        rest = 1 - sum(weight for _, weight in challengers.values())
        weights = {CHAMPION: round(rest, 12), **{arm: weight for arm, (_, weight) in challengers.items()}}
        versions = {CHAMPION: champion, **{arm: version for arm, (version, _) in challengers.items()}}
        bounds = Assignment.of(release, weights).arms
        arms = (TrafficArm(name=b.name, version=versions[b.name], weight=b.weight, below=b.below) for b in bounds)
        return cls(release=release, mode=mode, salt=release, arms=tuple(arms), shadows=shadows, since=since)

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        """Every position has exactly one arm, or an entity of the last would have none."""
        below = [arm.below for arm in self.arms]
        if below != sorted(set(below)) or below[0] <= 0 or below[-1] != POSITIONS:
            raise ValueError(
                f"bounds of arms {below} must rise to {POSITIONS}, so that their weights sum to one; start the release "
                "anew with `steward release MODEL --abort`"
            )
        if len({arm.name for arm in self.arms}) < len(self.arms):
            raise ValueError("two arms have the same name; each needs its own")
        return self

    @property
    def assignment(self) -> Assignment:
        """The arms as the hash of an entity chooses among them."""
        return Assignment(self.salt, tuple(ArmBound(arm.name, arm.weight, arm.below) for arm in self.arms))

    @property
    def versions(self) -> dict[str, str]:
        """The version of each arm."""
        return {arm.name: arm.version for arm in self.arms}

    def share_of(self, version: str) -> float:
        """The share of the entities that a version answers; 0 where it only shadows."""
        return sum(arm.weight for arm in self.arms if arm.version == version)

    def arm_of(self, entity: str | int | None) -> AnsweringVersion | None:
        """The arm and version of an entity; None where no entity is known.

        Raises:
            ExperimentInvalid: the entity is neither text nor a whole number.
        """
        arm = self.assignment.arm_of(entity)
        return None if arm is None else AnsweringVersion(arm, self.versions[arm])
