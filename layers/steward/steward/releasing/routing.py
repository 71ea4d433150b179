"""The routing state of a model: champion, freeze and held promotions."""

from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from steward.approvals.approval_request import ApprovalGiven
from steward.approvals.emergency_override import EmergencyOverride
from steward.approvals.safeguards import SafeguardHistory
from steward.documents import TolerantModel, VersionedModel
from steward.events import POLICY, FreezeProposed, ValidationCompleted
from steward.releasing.freeze import Freeze
from steward.releasing.release import Release
from steward.releasing.traffic import CHAMPION, AnsweringVersion, Traffic

_RELEASES_KEPT = 3
"""How many gradual releases are remembered, so that a redelivered event is answered as it was."""
_CAUSES_KEPT = 100
"""How many freezes and thaws are remembered, so that a redelivered one changes nothing."""


class Promotion(TolerantModel):
    """One change of champion.

    Attributes:
        run: the run that made the version.
        rolled_back: the version that it took over from again; None where it was promoted.
        cause: the event that asked for the roll-back.
        approval: who approved it; None where no approval was asked for, and in routings of older releases.
    """

    version: str
    run: str
    as_of: AwareDatetime
    promoted_at: AwareDatetime
    rolled_back: str | None = None
    cause: str = ""
    approval: ApprovalGiven | None = None


class Routing(VersionedModel):
    """The champion of a model and all before it (compare-and-swap).

    Attributes:
        freeze: what holds promotions back; None where nothing does.
        held: judgements that passed while promotions were frozen.
        causes: the newest freezes and thaws that were told, by event.
        asked: when the newest of them was asked for, and when it was accepted.
        overtaken: those of them that were told after a newer one, so that they changed nothing.
        releases: the newest gradual releases, the last of which may be running.
        traffic: which version answers which entities while a release is running; None where the champion answers all.
        overrides: every approval that was done without in an emergency, with its review.
        safeguards: the guardrails and approvals in force, and a change of them that waits for its approval.
    """

    schema_version: Literal[1] = 1
    model: str
    promotions: list[Promotion] = Field(default_factory=list)
    freeze: Freeze | None = None
    held: list[ValidationCompleted] = Field(default_factory=list)
    causes: list[str] = Field(default_factory=list)
    asked: tuple[AwareDatetime, AwareDatetime] | None = None
    overtaken: list[str] = Field(default_factory=list)
    releases: list[Release] = Field(default_factory=list)
    traffic: Traffic | None = None
    overrides: list[EmergencyOverride] = Field(default_factory=list)
    safeguards: SafeguardHistory = Field(default_factory=SafeguardHistory)

    @property
    def unreviewed(self) -> list[EmergencyOverride]:
        """The emergency overrides that nobody has reviewed, the oldest first."""
        return [one for one in self.overrides if one.review is None]

    def with_override(self, override: EmergencyOverride) -> Self:
        """The routing with an override as it is now; known by the event that asked for it."""
        others = [one for one in self.overrides if one.cause != override.cause]
        return self.model_copy(update={"overrides": sorted([*others, override], key=lambda one: one.at)})

    @property
    def release(self) -> Release | None:
        """The gradual release that is running; None where none is."""
        return self.releases[-1] if self.releases and not self.releases[-1].ended else None

    def release_of(self, run: str) -> Release | None:
        """The gradual release of a run's version, running or ended; None where none is remembered."""
        return next(
            (
                release
                for release in reversed(self.releases)
                if any(one.judged.run == run for one in release.challengers.values())
            ),
            None,
        )

    def was_begun(self, run: str) -> bool:
        """Whether a run's version has its release, running or ended; not where it waits for another one since."""
        release = self.release_of(run)
        waits = any(judged.run == run for judged in self.held)
        return release is not None and not (release.ended and waits)

    def with_release(self, release: Release) -> Self:
        """The routing with a release as it is now, and the shares that follow from it, in one write."""
        others = [known for known in self.releases if known.release != release.release]
        kept = [*others, release][-_RELEASES_KEPT:]
        return self.model_copy(update={"releases": kept, "traffic": release.traffic})

    def arm_of(self, entity: str | int | None) -> AnsweringVersion:
        """Who answers a row: its arm and version; the champion, in no arm, while a release runs and no entity is known.

        Args:
            entity: as the row has it; None, NaN and empty text are none.

        Raises:
            ExperimentInvalid: the entity is neither text nor a whole number.
        """
        if self.traffic is None:
            return AnsweringVersion(CHAMPION, self.champion)
        return self.traffic.arm_of(entity) or AnsweringVersion(None, self.champion)

    @property
    def champion(self) -> str | None:
        """The version in charge."""
        return self.promotions[-1].version if self.promotions else None

    @property
    def promotion(self) -> Promotion | None:
        """How the version in charge took charge first, with its approval; None without a champion."""
        return next((one for one in self.promotions if one.version == self.champion and not one.rolled_back), None)

    def approval_of(self, promotion: Promotion) -> ApprovalGiven | None:
        """Who approved a promotion; of an older release's, as long as its gradual release is remembered."""
        if promotion.approval:
            return promotion.approval
        release = self.release_of(promotion.run)
        return release.request.given if release and release.request else None

    @property
    def previous(self) -> str | None:
        """The version in charge before this one, which takes over when this one is rolled back."""
        lineage = self._lineage
        return lineage[-2].version if len(lineage) > 1 else None

    @property
    def rolled_back(self) -> set[str]:
        """Every version that was rolled back."""
        return {promotion.rolled_back for promotion in self.promotions if promotion.rolled_back}

    @property
    def _lineage(self) -> list[Promotion]:
        """The promotions that still stand, the champion's last: a roll-back takes away the one before it."""
        status: list[Promotion] = []
        for promotion in self.promotions:
            if promotion.rolled_back:
                status.pop()
            else:
                status.append(promotion)
        return status

    def was_promoted(self, run: str) -> bool:
        """Whether the version of a run was put in charge."""
        return any(promotion.run == run for promotion in self.promotions)

    def champion_at(self, moment: datetime) -> str | None:
        """The version that was in charge at a moment of the wall clock; the answer for a past moment never changes."""
        before = [promotion.version for promotion in self.promotions if promotion.promoted_at <= moment]
        return before[-1] if before else None

    def champion_for(self, moment: datetime) -> str | None:
        """The version that what came at a moment belongs to if it names none: that in charge, or else the first ever.

        None while there was none ever. The answer never changes once there is one.
        """
        return self.champion_at(moment) or (self.promotions[0].version if self.promotions else None)

    def promote(
        self,
        version: str,
        *,
        over: str | None,
        run: str,
        as_of: datetime,
        promoted_at: datetime,
        approval: ApprovalGiven | None = None,
    ) -> Self:
        """Put a version in charge, provided the champion is still the one it was judged against.

        Raises:
            ChampionMoved: another version is in charge now.
            VersionRolledBack: it was in charge already, and somebody had it rolled back.
        """
        if self.was_promoted(run):
            return self.dequeue(run)
        self.refuse_moved(version, over)
        promotion = Promotion(version=version, run=run, as_of=as_of, promoted_at=promoted_at, approval=approval)
        return self.dequeue(run).model_copy(update={"promotions": [*self.promotions, promotion], "traffic": None})

    def refuse_moved(self, version: str, over: str | None) -> None:
        """Let a version be released, provided that the champion is still the one it was judged against.

        Raises:
            ChampionMoved: another version is in charge now.
            VersionRolledBack: it was in charge already, and somebody had it rolled back.
        """
        if version in self.rolled_back:
            raise VersionRolledBack(f"{version} was rolled back, and does not take over again by itself")
        if self.champion != over:
            raise ChampionMoved(f"{version} was judged against {over}, but {self.champion} is in charge now")

    def roll_back(self, *, cause: str, asked_at: datetime, as_of: datetime, promoted_at: datetime) -> Self:
        """Put the version before in charge again; a freeze holds nobody back from it.

        Args:
            cause: the event that asks; once told, it changes nothing more.
            asked_at: when it asked, by the wall clock: it means the champion of that moment.
            as_of: the moment that the roll-back speaks for.
            promoted_at: now, by the wall clock.

        Raises:
            NothingToRollBack: no version was in charge before, or another took over since it was asked.
        """
        if any(promotion.cause == cause for promotion in self.promotions):
            return self
        lineage = self._lineage
        if len(lineage) < 2:  # noqa: PLR2004 - the champion and the one before
            raise NothingToRollBack(f"there is no version before {self.champion or 'the first'} that could take over")
        if self.promotions[-1].promoted_at > asked_at:
            raise NothingToRollBack(
                f"{self.champion} took over at {self.promotions[-1].promoted_at.isoformat()}, after this was asked at "
                f"{asked_at.isoformat()}; ask again if it is to go too"
            )
        restored = Promotion(
            version=lineage[-2].version,
            run=lineage[-2].run,
            as_of=as_of,
            promoted_at=promoted_at,
            rolled_back=lineage[-1].version,
            cause=cause,
        )
        return self.model_copy(update={"promotions": [*self.promotions, restored], "traffic": None})

    def with_freeze(self, proposed: FreezeProposed) -> Self:
        """The routing after a freeze or a thaw; the one that was asked for last counts, and each counts once.

        People's commands are ordered by the second in which they were given; two of one second by when they were
        accepted. The policy asks when it decides.
        """
        if proposed.event_id in self.causes:
            return self
        moment = proposed.occurred_at if proposed.author == POLICY else proposed.as_of
        asked = (moment, proposed.occurred_at)
        noted = self.model_copy(update={"causes": [*self.causes, proposed.event_id][-_CAUSES_KEPT:]})
        if self.asked and asked < self.asked:
            return noted.model_copy(update={"overtaken": [*self.overtaken, proposed.event_id][-_CAUSES_KEPT:]})
        ends = proposed.until is not None and proposed.until <= proposed.as_of
        freeze = Freeze(until=proposed.until, reason=proposed.reason, author=proposed.author, cause=proposed.event_id)
        return noted.model_copy(update={"freeze": None if ends else freeze, "asked": asked})

    def as_of(self, as_of: datetime) -> Self:
        """The routing once something speaks for a moment: a freeze that ends by then is over."""
        over = self.freeze is not None and self.freeze.until is not None and self.freeze.until <= as_of
        return self.model_copy(update={"freeze": None}) if over else self

    def enqueue(self, judged: ValidationCompleted) -> Self:
        """The routing with a promotion that waits; itself where it waits already, or was carried out."""
        if self.was_promoted(judged.run) or any(held.run == judged.run for held in self.held):
            return self
        return self.model_copy(update={"held": [*self.held, judged]})

    def still_waiting(self, before: "Routing") -> Self:
        """The routing with the promotions that waited before: each goes once it was told what became of it."""
        return self.model_copy(update={"held": before.held})

    def dequeue(self, run: str) -> Self:
        """The routing in which a run's promotion no longer waits."""
        held = [judged for judged in self.held if judged.run != run]
        return self if len(held) == len(self.held) else self.model_copy(update={"held": held})

    @property
    def promotable(self) -> list[ValidationCompleted]:
        """The promotions that waited and need wait no longer, the newest first: it is the one to take over."""
        waiting = sorted(self.held, key=lambda judged: (judged.as_of, judged.run), reverse=True)
        return [] if self.freeze or self.release else waiting


class ChampionMoved(Exception):
    """The champion changed between judgement and promotion; the judgement no longer holds."""


class VersionRolledBack(Exception):
    """A version that was rolled back would be promoted again."""


class NothingToRollBack(Exception):
    """No version could take over, or the one that was meant is no longer in charge."""
