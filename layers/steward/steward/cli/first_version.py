"""Follows reference data to the version that is trained on it, or to the reason why there is none."""

from collections.abc import Sequence
from typing import Final

from steward.cli import history
from steward.cli.deployment import Deployment
from steward.cli.terminal import console, errors
from steward.cli.wait_notice import wait_notice
from steward.errors import StewardError
from steward.ledger import LedgerEntry
from steward.repositories import models
from steward.retraining.policy import RetrainingState, training_settings
from steward.retraining.runs import Run
from steward.spec.model import ModelSpec
from steward.store import keys

_ENDS: Final = {"champion_promoted": True, "promotion_held": True, "version_refused": False, "run_failed": False}
"""The entries that end a run, and whether its version passed."""

_NEXT: Final = {
    "training_requested": "train_model is to make the version",
    "training_completed": "validate_model is to judge the version",
    "validation_completed": "release_model is to put the version in charge",
}
"""By the newest entry of a run, what comes next."""

_FIRST = "kick_retraining is to decide on a run"


def show_version(
    deployment: Deployment, model: str, answers: Sequence[LedgerEntry], after: int, patience: float
) -> bool:
    """Follow the runs that reference data lead to until they have ended; whether a version passed, or none was asked.

    A model that Steward trains has a run of its own accord only while no version is in charge; one that is trained
    elsewhere has one for each upload.

    Args:
        deployment: where the data were uploaded.
        model: whose.
        answers: to the uploads.
        after: the sequence that the ledger had reached before them.
        patience: seconds without news after which to stop waiting.

    Raises:
        StewardError: a run has not ended in time.
    """
    spec, _ = models.current_spec(deployment.data, model)
    asking = {answer.correlation_id for answer in answers if answer.action == "batch_ingested"}
    first = models.routing(deployment.data, model).champion is None
    if not asking and not (first and any(answer.action == "batch_repeated" for answer in answers)):
        return True
    if not first and spec.retraining.recipe:
        return True
    reason = None if asking else _last_failure(deployment, spec)
    if reason:
        errors.print(reason, style="red", markup=False)
        return False
    progress = Progress(asking)
    about = next(iter(asking)) if len(asking) == 1 else None  # else what else happens would prolong the wait
    with wait_notice(f"a version of {model} to be in charge", patience):
        for entry in history.follow(deployment.ledger, model, after=after, seconds=patience, about=about):
            if progress.concerns(entry):
                console.print(history.line(entry))
                progress.take(entry)
            if progress.is_over:
                break
    if not progress.is_over:
        raise StewardError(
            f"no version of {model} is in charge after {patience:g} s without news: {progress.next}. It goes on by "
            f"itself: `steward outcome {model}` waits for it, and predictions that are pushed meanwhile wait too"
        )
    return progress.passed


def _last_failure(deployment: Deployment, spec: ModelSpec) -> str | None:
    """Why there is no version, where the newest run ended without one and another would end alike."""
    state = deployment.data.load_if_present(keys.retraining_state(spec.model), RetrainingState)
    if not spec.retraining.recipe or not state or not state.last_run or state.settings_changed(training_settings(spec)):
        return None
    run = deployment.data.load_if_present(keys.run(spec.model, state.last_run), Run)
    if run is None or run.stage not in {"failed", "refused"}:
        return None
    return (
        f"the newest run of {spec.model} brought no version ({run.stage}): {run.outcome}\n"
        "The same rows under the same declaration end alike: change the declaration (retraining or validation) and "
        "push it, which starts a run, or push more reference data"
    )


class Progress:
    """How far the runs have come that some uploads asked for; where none asked, any run of the model will do."""

    def __init__(self, asking: set[str]) -> None:
        self._unanswered = set(asking)
        self._asking = asking
        self._running: set[str] = set()
        self._ended: list[bool] = []
        self.next = _FIRST

    def concerns(self, entry: LedgerEntry) -> bool:
        """Whether an entry is about these runs."""
        shown = entry.action in {*_ENDS, *_NEXT, "training_declined"}
        return shown and (not self._asking or entry.correlation_id in self._asking)

    def take(self, entry: LedgerEntry) -> None:
        """Note an entry."""
        self._unanswered.discard(entry.correlation_id)
        self.next = _NEXT.get(entry.action, self.next)
        if entry.action in _NEXT:
            self._running.add(entry.correlation_id)
        elif entry.action in _ENDS:
            self._running.discard(entry.correlation_id)
            self._ended.append(_ENDS[entry.action])

    @property
    def is_over(self) -> bool:
        """Whether every upload was answered, and every run has ended."""
        return not self._unanswered and not self._running and bool(self._asking or self._ended)

    @property
    def passed(self) -> bool:
        """Whether a version passed, or no run was begun."""
        return any(self._ended) or not self._ended
