"""Attempts at a step of a run, recorded before the work so that the next one sees that this one was killed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from steward.errors import RunLost
from steward.retraining.runs import Attempt, AttemptedStage, Run
from steward.runtime import Runtime
from steward.store import keys

LONGEST_INVOCATION = timedelta(minutes=15)
"""Lambda's longest time for a function, and that of both: an attempt that began longer ago is over.

One that began later may be under way, whatever message it handles: Lambda may deliver an event twice at once. So it is
repeated, which stores the same; if it was killed, the next one will be, and Lambda tells of that.
"""

_MOST_CUT_OFF = 1
"""How many attempts may be killed while they read or store, which they also are when an instance is lost."""


class AttemptKilled(Exception):
    """The attempt before this one was killed; the message says when, and what to do."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts at one step of one run.

    Attributes:
        runtime: the wiring.
        model, run: whose.
        stage: the step.
        message: the id of the message that is handled, the same each time that Lambda tries it.
    """

    runtime: Runtime
    model: str
    run: str
    stage: AttemptedStage
    message: str

    def begin(self, run: Run) -> None:
        """Note that an attempt begins to read its rows.

        An attempt that was killed at its work (the fit, the gates) would be killed again, so it ends the run. One that
        was killed while it read or stored is repeated once: what it stores is the same each time.

        Raises:
            AttemptKilled: the attempt before this one was, and it is not repeated.
        """
        known = self._find_killed(run)
        cut_off = known.cut_off + 1 if known else 0
        at_work = known is not None and known.makes != "" and not self.runtime.data.exists(known.makes)
        if known and (at_work or cut_off > _MOST_CUT_OFF):
            raise AttemptKilled(_reason(known, at_work=at_work))
        attempt = Attempt(stage=self.stage, message=self.message, begun_at=self.runtime.now(), cut_off=cut_off)
        self._change(lambda present: present.model_copy(update={"attempt": attempt}))

    def work(self, makes: str) -> None:
        """Note that the rows are read and the work begins.

        Args:
            makes: the key of the first object that the work stores.
        """
        self._mine(lambda attempt: attempt.model_copy(update={"makes": makes}))

    def fail(self) -> None:
        """Note that this attempt ended with an error, which the next one may not meet."""
        self._mine(lambda attempt: attempt.model_copy(update={"failed": True}))

    def _find_killed(self, run: Run) -> Attempt | None:
        """The attempt that was begun and never ended; None where there is none, or it may still be under way."""
        known = run.attempt
        if known is None or known.failed or known.stage != self.stage:
            return None
        return known if self.runtime.now() - known.begun_at >= LONGEST_INVOCATION else None

    def _mine(self, change: Callable[[Attempt], Attempt]) -> None:
        def apply_change(run: Run) -> Run:
            known = run.attempt
            if known is None or (known.stage, known.message) != (self.stage, self.message):
                return run
            return run.model_copy(update={"attempt": change(known)})

        self._change(apply_change)

    def _change(self, change: Callable[[Run], Run]) -> None:
        def apply_change(present: Run | None) -> Run:
            if present is None:
                raise RunLost(f"run {self.run} of {self.model} is not stored")
            return present if present.ended else change(present)

        self.runtime.data.update(keys.run(self.model, self.run), Run, apply_change)


_FUNCTIONS: Mapping[AttemptedStage, str] = {"training": "TrainModel", "validation": "ValidateModel"}
_WORK: Mapping[AttemptedStage, str] = {"training": "fitted the recipe", "validation": "ran the gates"}


def killed_reason(known: Attempt | None, stage: str) -> str:
    """What became of the newest attempt at a step if it neither ended nor failed; empty otherwise."""
    if known is None or known.failed or known.stage != stage:
        return ""
    return _reason(known, at_work=known.makes != "")


def _reason(known: Attempt, *, at_work: bool) -> str:
    function = _FUNCTIONS[known.stage]
    doing = _WORK[known.stage] if at_work else "read its rows or stored what it made"
    return (
        f"the {known.stage} that began at {known.begun_at:%Y-%m-%d %H:%M} UTC was killed while it {doing}. Most likely "
        f"it needs more memory or time than the function {function} has, whose log says which (`signal: killed`, or "
        "`Task timed out`). Train on fewer rows (retraining.training_span), choose a smaller estimator, or raise "
        f"MemorySize of {function} in template.yaml"
    )
