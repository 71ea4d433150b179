"""The state of one alert: a pure function of what the newest checks of each window said."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from steward.results import Status
from steward.spec.monitors import MonitorName

State = Literal["ok", "firing", "resolved"]

WINDOWS_KEPT = 200
"""How many windows an alert remembers; the state rests on the newest ones."""


class Verdict(BaseModel):
    """What one check said of one monitor in one window.

    Attributes:
        version: the version that made the window's predictions.
        window: the window's id; ids sort by time.
        check: the check that said so.
        evidence: how many batches, of predictions and of labels, the check saw; of two checks of one window the one
            that knew more stands.
        rows, labelled_rows: what these batches came to, readings of telemetry among the rows.
        revision: the declaration that was in force.
        status: `ok`, `drift` or `breach`; an `unknown` is no verdict.
        summary: the sentence a person reads.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    version: str
    window: str
    check: str
    evidence: int
    rows: int = 0
    labelled_rows: int = 0
    revision: str = ""
    status: Status
    summary: str

    @property
    def precedence(self) -> tuple[int, int, int, str, str]:
        """Sorts checks of one window by how much they knew, ties by id, so that the order of arrival is nothing.

        Batches only ever come; a correction is a batch of labels. While they are the same, rows can only go (to an
        earlier upload that has their ids), and labels only find more predictions.
        """
        return (self.evidence, -self.rows, self.labelled_rows, self.revision, self.check)

    @property
    def bad(self) -> bool:
        """Whether the monitor found something."""
        return self.status in ("drift", "breach")


class Announced(BaseModel):
    """The last thing that subscribers were told of an alert."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    state: Literal["firing", "resolved"]
    version: str
    window: str

    def tells(self, untold: "Announced") -> bool:
        """Whether subscribers who hear this know the other as well: only the window may differ."""
        return (self.state, self.version) == (untold.state, untold.version)


class Claim(BaseModel):
    """Who is telling subscribers something, since when; a claim that grew old was left by a function that died."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    announced: Announced
    cause: str
    since: AwareDatetime


CLAIM_HOLDS = timedelta(minutes=5)
"""Longer than the function may run: by then whoever claimed is gone."""


class Alert(BaseModel):
    """One monitor of one model.

    Attributes:
        champion: the version whose windows count; None before the first.
        verdicts: by `window/version`, the verdict that stands.
        announced: what subscribers were told last; None before anything.
        claim: who is telling them what they do not know yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    model: str
    monitor: MonitorName
    champion: str | None = None
    verdicts: dict[str, Verdict] = Field(default_factory=dict)
    announced: Announced | None = None
    claim: Claim | None = None

    @property
    def history(self) -> list[Verdict]:
        """The champion's verdicts, oldest window first."""
        return [verdict for _, verdict in sorted(self.verdicts.items()) if verdict.version == self.champion]

    @property
    def state(self) -> State:
        """`firing` while the newest window is bad; `resolved` when an earlier one was; `ok` when none was."""
        history = self.history
        if history and history[-1].bad:
            return "firing"
        return "resolved" if any(verdict.bad for verdict in history) else "ok"

    @property
    def latest(self) -> Verdict | None:
        """The verdict that the state rests on; None while the champion has none."""
        history = self.history
        return history[-1] if history else None

    @property
    def unannounced(self) -> Announced | None:
        """What subscribers have yet to be told; None when they know how things stand."""
        told = self.announced
        was_firing = told is not None and told.state == "firing"
        history = self.history
        if self.state == "firing" and (not was_firing or (told and told.version != self.champion)):
            return Announced(state="firing", version=history[-1].version, window=self._since(history).window)
        if self.state != "firing" and was_firing and told:
            recovered = history[-1] if history else None
            return Announced(
                state="resolved",
                version=recovered.version if recovered else self.champion or told.version,
                window=recovered.window if recovered else told.window,
            )
        return None

    def seeing(self, verdict: Verdict) -> Self:
        """The alert after one more verdict. The order of verdicts makes no difference, nor do repetitions."""
        place = f"{verdict.window}/{verdict.version}"
        known = self.verdicts.get(place)
        if known and known.precedence >= verdict.precedence:
            return self
        verdicts = self.verdicts | {place: verdict}
        return self.model_copy(update={"verdicts": dict(sorted(verdicts.items())[-WINDOWS_KEPT:])})

    def under(self, champion: str | None) -> Self:
        """The alert once another version is in charge: windows of the one before no longer count."""
        return self if champion == self.champion else self.model_copy(update={"champion": champion})

    def claimed(self, cause: str, now: datetime) -> Self:
        """The alert once the function that handles `cause` has taken on to tell subscribers, if anything is to be told.

        Of several functions that see the same change one tells it. Should that one die, the redelivery of its own cause
        tells it again, and so does any other after `CLAIM_HOLDS`.
        """
        untold = self.unannounced
        if untold is None:
            return self.model_copy(update={"claim": None})
        held = self.claim
        if held and held.announced.tells(untold) and held.cause != cause and now - held.since < CLAIM_HOLDS:
            return self
        return self.model_copy(update={"claim": Claim(announced=untold, cause=cause, since=now)})

    def told(self, announced: Announced) -> Self:
        """The alert once subscribers have been told; who is telling them something else goes on."""
        claim = self.claim if self.claim and not self.claim.announced.tells(announced) else None
        return self.model_copy(update={"announced": announced, "claim": claim})

    @staticmethod
    def _since(history: list[Verdict]) -> Verdict:
        """The first window of the bad ones that the history ends with."""
        first = history[-1]
        for verdict in reversed(history):
            if not verdict.bad:
                break
            first = verdict
        return first
