"""Waits until the windows that uploads touched are checked, and their alerts are decided."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

from steward.alerting.model_alerts import MAX_WINDOWS, ModelAlerts, alert_statuses
from steward.cli.deployment import Deployment
from steward.cli.terminal import console
from steward.cli.wait_notice import wait_notice
from steward.errors import StewardError, UnknownModel
from steward.ledger import LedgerEntry
from steward.records.ingestion_summary import WindowSpan, windows_of
from steward.repositories import models
from steward.results import count_of
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.deployment import QueueUnreadable, backlog

CHECKED = ("predictions", "labels", "telemetry")
"""Kinds whose uploads lead to checks."""

_QUEUES = ("JoinLabels", "CheckWindow", "RaiseAlerts")
_PAUSE = 0.5
"""Seconds between two looks."""

_IDLE, _IDLE_UNSEEN = 4, 20
"""Looks in a row without news and with empty queues, after which nothing is on its way: an event may be between two.
More where who asks may not read how full the queues are."""

_FIRST = 8
"""Looks until the first check of labels, once they have been joined; some lead to none."""


def show_checks(deployment: Deployment, model: str, answers: Sequence[LedgerEntry], patience: float) -> None:
    """Wait until what some uploads led to is checked and decided, and say how many windows were and what fires.

    Args:
        deployment: where they were uploaded.
        model: whose.
        answers: to the uploads of predictions, labels or telemetry.
        patience: seconds without news after which to stop waiting.

    Raises:
        StewardError: it is not done in time.
    """
    taken = [answer for answer in answers if answer.action == "batch_ingested"]
    try:
        spec, _ = models.current_spec(deployment.data, model)
    except UnknownModel:
        return
    if not taken or models.routing(deployment.data, model).champion is None:
        return
    spans = [windows_of(answer.summary) for answer in taken]
    closed, still_open = _closed(spans, spec, _now())
    if still_open:
        console.print(f"{count_of(still_open, 'window')} may have more rows to come, and will be checked after the end")
    if closed == 0:
        return
    progress = CheckProgress(deployment, model, taken, expected=closed)
    progress.look()
    if not progress.is_over:
        with wait_notice(f"the checks of {model} and their alerts", patience):
            _wait(progress, model, patience)
    if progress.decided:
        console.print(f"{progress.sentence}; {_firing(deployment, spec)}", markup=False)


def _wait(progress: "CheckProgress", model: str, patience: float) -> None:
    """Look until all is done, or nothing is on its way where nothing need be.

    Raises:
        StewardError: there was no news for so long.
    """
    quiet = 0
    while not progress.is_over:
        if quiet * _PAUSE >= patience and progress.leads_to_nothing:
            return
        if quiet * _PAUSE >= patience:
            raise StewardError(
                f"{progress.sentence} after {patience:g} s without news. It goes on by itself: `steward status "
                f"{model}` shows what came of it, and `steward doctor` what may be in its way"
            )
        time.sleep(_PAUSE)
        quiet = 0 if progress.look() else quiet + 1


def _now() -> datetime:
    return datetime.now(UTC)


def _closed(spans: Sequence[WindowSpan | None], spec: ModelSpec, now: datetime) -> tuple[int | None, int]:
    """How many windows are checked at once, and how many once they have ended; None where labels say which."""
    if None in spans:
        return None, 0
    known = [span for span in spans if span is not None]
    first = Window.containing(now - spec.window.allowed_lateness, spec.window.length).start
    later = {
        span: min(span.windows, max(0, ceil((span.end - max(first, span.start)) / spec.window.length)))
        for span in known
    }
    return sum(span.windows - later[span] for span in known), max(later.values(), default=0)


def _firing(deployment: Deployment, spec: ModelSpec) -> str:
    alerts = deployment.data.load_if_present(keys.alerts(spec.model), ModelAlerts)
    states = alert_statuses(alerts, spec) if alerts else {}
    firing = [name for name, status in states.items() if status.state == "firing"]
    return f"firing: {', '.join(firing) or 'none'}; `steward status {spec.model}` shows what was found"


class CheckProgress:
    """How far the checks that some uploads lead to have come.

    Attributes:
        expected: windows that are to be checked; None where that is not known, as of labels.
    """

    def __init__(
        self, deployment: Deployment, model: str, taken: Sequence[LedgerEntry], *, expected: int | None
    ) -> None:
        self.expected = expected
        self._deployment, self._model = deployment, model
        self._after = min(answer.sequence for answer in taken)
        self._chains = {answer.correlation_id for answer in taken}
        self._spans = [span for answer in taken if (span := windows_of(answer.summary))]
        self._checks: dict[str, str] = {}
        self._undecided: set[str] = set()
        self._looks = self._idle = 0
        self._readable = True

    @property
    def is_over(self) -> bool:
        """Whether all is checked and decided; where it is not known what all is, once nothing is on its way."""
        if not self._looks or self._undecided:
            return False
        if self.expected is not None and len(self.windows) >= self.expected:
            return True
        return self._is_idle and (bool(self._checks) or self._looks >= _FIRST)

    @property
    def leads_to_nothing(self) -> bool:
        """Whether nothing is on its way, where it is not known whether anything should be."""
        return self.expected is None and (not self._checks or self._idle > 0)

    @property
    def windows(self) -> set[str]:
        """The windows that were checked."""
        return {place.partition("/")[0] for place in self._checks}

    @property
    def decided(self) -> set[str]:
        """Those whose alerts are decided, too."""
        return self.windows - {place.partition("/")[0] for place in self._undecided}

    @property
    def sentence(self) -> str:
        """How far it has come."""
        decided = self.decided
        of = f"{len(decided)} of " if self.expected is not None and len(decided) < self.expected else ""
        number = max(self.expected or 0, len(decided))
        return f"{of}{count_of(number, 'window')} of {self._model} {'are' if number != 1 or of else 'is'} checked"

    def look(self) -> bool:
        """Look once more; whether there was any news."""
        before = len(self._checks), len(self._undecided)
        for entry in self._deployment.ledger.entries(self._model, self._after):
            self._after = entry.sequence
            if entry.action == "check_completed" and self._concerns(entry):
                window, _, version = entry.subject.partition(" ")
                self._checks[f"{window}/{version}"] = entry.identity.removeprefix("check-")
        alerts = self._deployment.data.load_if_present(keys.alerts(self._model), ModelAlerts)
        known = alerts.checks if alerts else {}
        oldest = min((check.window for check in known.values()), default="")
        forgotten = oldest if len({check.window for check in known.values()}) >= MAX_WINDOWS else ""
        self._undecided = {
            place
            for place, check in self._checks.items()
            if place >= forgotten and not ((found := known.get(place)) and found.check == check)
        }
        news = before != (len(self._checks), len(self._undecided))
        self._looks += 1
        self._idle = 0 if news or self._is_busy() else self._idle + 1
        if self._is_idle:  # a check that knew more stands for the same window
            self._undecided = set()
        return news

    @property
    def _is_idle(self) -> bool:
        return self._idle >= (_IDLE if self._readable else _IDLE_UNSEEN)

    def _concerns(self, entry: LedgerEntry) -> bool:
        """Whether a check is of these uploads, or saw their rows although another event asked for it."""
        if entry.correlation_id in self._chains:
            return True
        window = Window.parse(entry.subject.partition(" ")[0])
        return any(span.start <= window.start < span.end for span in self._spans)

    def _is_busy(self) -> bool:
        """Whether a message waits or is in work; unknown to those who may not ask."""
        if not self._readable:
            return False
        try:
            return any(sum(backlog(self._deployment.outputs[f"{name}QueueUrl"])) for name in _QUEUES)
        except QueueUnreadable:
            self._readable = False
            return False
