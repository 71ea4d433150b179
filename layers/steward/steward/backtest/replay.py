"""Replays records window by window under one policy: the same rules, monitors, alerts, training and gates as live."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

import pandas as pd

from steward.alerting.model_alerts import ModelAlerts, changed_since, firing
from steward.backtest.circumstances import scheduled_moments
from steward.backtest.records import ReplayImpossible, ReplayRecords
from steward.backtest.replayed_version import PassedVersion, ReplayedVersion, ServedWindow
from steward.backtest.results import PolicyReplay, ReplayedRun, ReplayedWindow
from steward.errors import TrainingImpossible
from steward.performance.metrics import metric_values
from steward.performance.policy_metric import expected_change, labels_by_class, realised_loss
from steward.retraining import recipe
from steward.retraining.dataset import constant
from steward.retraining.fitting import Fit, FittedVersion, fit_version
from steward.retraining.gain_forecast import measured_gain
from steward.retraining.manifest import DatasetManifest
from steward.retraining.policy import RetrainingState
from steward.retraining.policy_decision import PolicyDecision, decide
from steward.retraining.policy_inputs import MonthlySpending, PolicyInputs
from steward.retraining.scored_outcomes import outcomes_of
from steward.retraining.version_baseline import baseline_of
from steward.services.holdout_contest import Contender, constant_scores, contest_of
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.validation.contest import FirstVersion, judge
from steward.validation.evaluation import grounds
from steward.validation.gates import GATES
from steward.validation.promotion_chance import run_chance

_SETTINGS = "replayed"
_SCHEDULED = "the schedule of retrain was due"


def replay_policy(
    spec: ModelSpec,
    records: ReplayRecords,
    name: str,
    *,
    dollars_a_run: float = 0.0,
    fit: Fit = recipe.fit,
    progress: Callable[[int], object] = lambda _: None,
) -> PolicyReplay:
    """Replay all windows after the reference.

    Args:
        spec: the declaration, with the policy.
        records: the labelled rows.
        name: of the policy.
        dollars_a_run: what a run costs, for a budget of dollars.
        fit: fits a recipe; a backtest gives one that remembers.
        progress: told after each window how many are done.

    Raises:
        ReplayImpossible: no version can be made of the reference.
    """
    replay = _Replay(spec, records, dollars_a_run, fit)
    first = replay.begin()
    windows = []
    for window, rows in records.windows(spec):
        windows.append(replay.live(window, rows))
        progress(len(windows))
    return PolicyReplay(policy=name, first=first, windows=[replay.settle(window) for window in windows])


@dataclass(slots=True)
class _Replay:
    """The state of a replay: what the deployment stores of a model."""

    spec: ModelSpec
    records: ReplayRecords
    dollars_a_run: float
    fit: Fit
    state: RetrainingState = field(default_factory=RetrainingState)
    alerts: ModelAlerts = field(init=False)
    champion: ReplayedVersion = field(init=False)
    first: ReplayedVersion | None = None
    first_metrics: Mapping[str, float] = field(default_factory=dict)
    expected: float | None = None
    waiting: list[ServedWindow] = field(default_factory=list)
    runs: list[ReplayedRun] = field(default_factory=list)
    held: dict[str, PassedVersion] = field(default_factory=dict)
    thawed: set[str] = field(default_factory=set)
    declined: int = 0
    asked: int = 0

    def begin(self) -> ReplayedRun:
        """Make the first version of the reference."""
        until, rows = self.records.reference_until, self.records.reference(self.spec)
        self.alerts = ModelAlerts(model=self.spec.model)
        self.state = self.state.with_reference("replayed", len(rows), until)
        inputs = self._inputs(until).model_copy(update={"has_champion": False, "referred": True, "labels": len(rows)})
        self._answer(inputs, "reference", until)
        for first in self.runs:
            if first.outcome == "promoted":
                return first
        whys = [first.reason for first in self.runs]
        why = whys[0] if whys else f"{len(rows):,} labelled rows are fewer than retraining.minimum_labels"
        raise ReplayImpossible(
            f"no first version can be made of the reference: {why}; give it more rows with a "
            "later --reference-until, or change the declaration's retraining and validation"
        )

    def live(self, window: Window, rows: pd.DataFrame) -> ReplayedWindow:
        """One window: it is served, and once it has ended, what became known by then is told."""
        self.runs, self.declined = [], 0
        self._promote_held(window.start)
        scores = recipe.score(self.champion.model, self.spec, rows)
        served = ServedWindow(window, self.champion.name, rows, scores, outcomes_of(scores, rows, self.spec))
        realised = realised_loss(served.outcomes, self.spec)
        self.waiting.append(served)
        due = [one for one in self.waiting if one.window.end + self.records.label_delay <= window.end]
        self.waiting = [one for one in self.waiting if one not in due]
        for moment in scheduled_moments(self.spec.schedules, self.records.reference_until, window.start, window.end):
            inputs = self._inputs(moment).model_copy(update={"asked": "schedule", "reason": _SCHEDULED})
            self._answer(inputs, f"schedule {moment}", moment)
        for one in due:
            self._tell_labels(one, window.end)
        self._check(served, now=window.end, labelled=served in due)
        for one in due:
            if one is not served:
                self._check(one, now=window.end, labelled=True)
        return ReplayedWindow(
            window=window.id, version=served.version, rows=len(rows), realised=realised, runs=self.runs,
            held_back=self.declined,
        )  # fmt: skip

    def settle(self, window: ReplayedWindow) -> ReplayedWindow:
        """A window whose runs are told what became of versions that waited for a freeze to end."""
        later = {"outcome": "promoted"}
        runs = [run.model_copy(update=later) if run.run in self.thawed else run for run in window.runs]
        return window.model_copy(update={"runs": runs})

    def _promote_held(self, moment: datetime) -> None:
        """Once a freeze is over the newest version that waited takes over; those before it have lost their champion."""
        if self.held and not self.records.circumstances.freeze_at(moment):
            name, passed = self.held.popitem()
            self.held.clear()
            self.thawed.add(name)
            self.state = self.state.with_judged(name, gain=passed.gain, promoted=True)
            self._promote(passed)

    def _promote(self, passed: PassedVersion) -> None:
        self.champion = passed.version
        self.alerts = self.alerts.with_champion(passed.version.name)
        self.expected = None
        self.first = self.first or self.champion
        self.first_metrics = self.first_metrics or passed.metrics

    def _tell_labels(self, served: ServedWindow, now: datetime) -> None:
        outcomes = served.outcomes
        place = f"{served.version}/{served.window.id}"
        self.state = self.state.with_labels(
            place, outcomes.labelled, labels_by_class(outcomes), realised_loss(outcomes, self.spec)
        )
        self._ask(served.window.end, f"labels {place}", now)

    def _check(self, served: ServedWindow, now: datetime, *, labelled: bool) -> None:
        """Check a window of the champion, and ask the policy for each alert that begins to fire."""
        if served.version != self.champion.name or not self._watches:
            return
        before = set(firing(self.alerts, self.spec))
        unattributed = self.spec.monitors.model_copy(update={"attribution_drift": None})
        summary, results = self.champion.check(
            self.spec.model_copy(update={"monitors": unattributed}), served, labelled=labelled
        )
        self.alerts = self.alerts.with_check(summary)
        if self.alerts.history and served.window.id == self.alerts.history[-1].window:
            self.expected = expected_change(results, self.spec)
        newest = self.alerts.newest
        for monitor in firing(self.alerts, self.spec):
            if monitor not in before:
                self._ask(newest.end if newest else now, f"alert {monitor} {served.window.id}", now)

    @property
    def _watches(self) -> bool:
        """Whether the policy looks at what monitors say."""
        policy = self.spec.retraining
        return bool(policy.on_alerts) or policy.on_expected_loss is not None

    def _ask(self, as_of: datetime, cause: str, now: datetime) -> None:
        self._answer(self._inputs(as_of), cause, now)

    def _inputs(self, as_of: datetime) -> PolicyInputs:
        state, policy = self.state, self.spec.retraining
        month = state.runs_of_month(as_of)
        champion = self.champion.name if state.last_run else None
        past, held_by = self.records.circumstances, policy.hold_on
        return PolicyInputs(
            as_of=as_of,
            firing=list(firing(self.alerts, self.spec)),
            changed_since=changed_since(self.alerts, self.spec) if policy.asks_for_change else None,
            last_run=state.last_run,
            last_as_of=state.last_as_of,
            labels=state.all_labels,
            new_labels=state.new_labels,
            new_labels_by_class=state.new_labels_by_class,
            newest_label=state.newest_label,
            realised=state.newest_realised(champion),
            holdout=self.champion.holdout if champion else None,
            expected_change=self.expected if policy.on_expected_loss is not None else None,
            forecast=state.forecast(self.spec, champion, self.champion.holdout if champion else None),
            month=MonthlySpending(
                runs=len(month), dollars=len(month) * self.dollars_a_run, dollars_of_next=self.dollars_a_run
            ),
            freeze=past.freeze_at(as_of) if "freeze" in held_by else "",
            critical_defects=past.defects_at(as_of) if "critical_defect" in held_by else [],
        )

    def _answer(self, inputs: PolicyInputs, cause: str, now: datetime) -> None:
        self.asked += 1
        identity = f"{inputs.as_of:%Y%m%dT%H%M%S}-{self.asked:08d}"
        decision = decide(self.spec.retraining, inputs, model=self.spec.model, decision=identity, cause=cause)
        self.state = self.state.with_decision(decision, requested_at=now, settings=_SETTINGS)
        if decision.verdict == "start":
            self.runs.append(self._train(decision, now))
        elif decision.verdict == "decline":
            self.declined += 1

    def _train(self, decision: PolicyDecision, now: datetime) -> ReplayedRun:
        """Fit a version and judge it by the gates; one that passes serves from the next window on."""
        rows = self.records.known_at(self.spec, now)
        times = rows[self.spec.columns.time]
        newest = times[times < pd.Timestamp(decision.as_of)].max()
        reference = self.records.reference(self.spec)[self.spec.columns.time].max()
        manifest = DatasetManifest.of(self.spec, [], newest.to_pydatetime(), "replayed", reference.to_pydatetime())
        outcome: Literal["promoted", "refused", "failed"] = "failed"
        span, gain = "", None
        try:
            fitted = fit_version(self.spec, rows, manifest, since=decision.inputs.changed_since, fit=self.fit)
            passed, reason, gain = self._judge(decision.decision, fitted, manifest)
            outcome, span = "promoted" if passed else "refused", fitted.span.sentence
            frozen = self.records.circumstances.freeze_at(decision.as_of)
            if passed and frozen:
                self.held[decision.decision] = passed
                outcome, reason = "refused", f"{reason}. It waits: {frozen}"
            elif passed:
                self._promote(passed)
        except TrainingImpossible as error:
            reason = str(error)
        if decision.decision not in self.held:
            self.state = self.state.with_judged(decision.decision, gain=gain, promoted=outcome == "promoted")
        return ReplayedRun(
            run=decision.decision, as_of=decision.as_of, fired=decision.fired, outcome=outcome, reason=reason, span=span
        )

    def _judge(
        self, name: str, fitted: FittedVersion, manifest: DatasetManifest
    ) -> tuple[PassedVersion | None, str, float | None]:
        spec, holdout = self.spec, fitted.holdout
        _, baseline = baseline_of(spec, fitted, weighed=self._watches)
        challenger = partial(recipe.score, fitted.judged, spec)
        scores = challenger(holdout)
        champion = self.champion if self.state.runs and len(self.state.runs) > 1 else None
        opponent = partial(recipe.score, champion.model, spec) if champion else None
        opposing = opponent(holdout) if opponent else constant_scores(constant(fitted.training, spec), scores)
        contest = contest_of(
            spec,
            holdout,
            Contender(None, manifest.holdout_start, scores, challenger),
            Contender(champion.name, champion.saw_until, opposing, opponent)
            if champion
            else Contender(None, None, opposing),
            holdout_start=manifest.holdout_start,
            features=list(spec.features),
            baseline=baseline,
            first=self._first_version(holdout, manifest.holdout_start),
            run_chance=self._run_chance(),
        )
        gain = measured_gain(spec.judged_by, contest.metrics, metric_values(outcomes_of(opposing, holdout, spec)))\
            if champion else None  # fmt: skip
        gates = judge(GATES, contest, spec.validation)
        if not all(gate.passed for gate in gates):
            return None, grounds(gates), gain
        judged = realised_loss(outcomes_of(scores, holdout, spec), spec)
        saw_until = manifest.end if fitted.refitted else manifest.holdout_start
        version = ReplayedVersion(name, fitted.released, saw_until, baseline, judged.value if judged else None)
        return PassedVersion(version, contest.metrics, gain), grounds(gates), gain

    def _run_chance(self) -> float | None:
        """The newest run's part of the chance that the runs of a year share, as live."""
        *earlier, now = self.state.runs.values()
        yearly = self.spec.validation.chance_a_year
        return None if yearly is None else run_chance(yearly, earlier, now)

    def _first_version(self, holdout: pd.DataFrame, holdout_start: datetime) -> FirstVersion | None:
        """The first version, as live for the guardrail against small losses."""
        first = self.first
        if first is None or not self.spec.validation.asks_first_version:
            return None
        if first.saw_until > holdout_start:
            reason = f"{first.name} was fitted on rows of this holdout"
            return FirstVersion(first.name, None, self.first_metrics, reason)
        return FirstVersion(first.name, recipe.score(first.model, self.spec, holdout), self.first_metrics)
