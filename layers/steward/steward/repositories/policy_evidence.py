"""What the retraining policy looks at beside its own memory: only what the declaration asks for is read."""

from datetime import datetime

from steward.alerting.model_alerts import ModelAlerts
from steward.releasing.routing import Routing
from steward.retraining.gain_forecast import measured_gain
from steward.retraining.policy import RetrainingState
from steward.retraining.policy_inputs import MonthlySpending
from steward.retraining.runs import Run
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


def holdout_metric(data: Bucket, spec: ModelSpec, champion: str | None) -> float | None:
    """The policy's metric on the champion's own holdout; None where no rule asks, or it was not measured."""
    wanted = (spec.retraining.on_realised_loss, spec.retraining.on_expected_loss)
    if champion is None or (wanted == (None, None) and spec.retraining.policy != "cost_aware"):
        return None
    key = keys.version(spec.model, champion, "evaluation.json")
    evaluation = data.load_if_present(key, Evaluation)
    return evaluation.metrics.get(spec.judged_by) if evaluation else None


def settle_runs(data: Bucket, spec: ModelSpec, state: RetrainingState) -> RetrainingState:
    """The memory, told what the runs showed that a forecast was made for and that have ended since."""
    for run, judged in state.judged.items():
        stored = None if judged.settled else data.load_if_present(keys.run(spec.model, run), Run)
        if stored is None or not stored.ended:
            continue
        evaluation = data.load(stored.evaluation, Evaluation) if stored.evaluation else None
        state = state.with_judged(run, gain=_gain(evaluation, spec), promoted=stored.stage == "promoted")
    return state


def _gain(evaluation: Evaluation | None, spec: ModelSpec) -> float | None:
    """By how much a version was better than the champion on the holdout; None where one of them was not measured."""
    if evaluation is None or evaluation.champion is None:
        return None
    return measured_gain(spec.judged_by, evaluation.metrics, evaluation.champion_metrics)


def expected_change(data: Bucket, spec: ModelSpec, alerts: ModelAlerts | None) -> float | None:
    """How the inputs of the champion's newest window are expected to change the policy's metric."""
    if spec.retraining.on_expected_loss is None or alerts is None or not alerts.history:
        return None
    from steward.monitoring.check import Check  # noqa: PLC0415 - few policies ask, and a function starts sooner
    from steward.performance import policy_metric  # noqa: PLC0415 - as above

    newest = alerts.history[-1]
    check = data.load_if_present(keys.check(spec.model, newest.window, newest.check), Check)
    return policy_metric.expected_change(check.results, spec) if check else None


def spending_of_month(data: Bucket, spec: ModelSpec, state: RetrainingState, as_of: datetime) -> MonthlySpending:
    """What the runs of the month of a moment took so far."""
    mine = state.runs_of_month(as_of)
    if spec.retraining.budget is None or spec.retraining.budget.dollars is None:
        return MonthlySpending(runs=len(mine))
    newest_first = (data.load_if_present(keys.run(spec.model, run), Run) for run in reversed(state.runs))
    last = next((run.dollars for run in newest_first if run and run.dollars), 0.0)
    stored = [data.load_if_present(keys.run(spec.model, run), Run) for run in mine]
    return MonthlySpending(runs=len(mine), dollars=sum(run.dollars for run in stored if run), dollars_of_next=last)


def freeze_reason(spec: ModelSpec, routing: Routing, as_of: datetime) -> str:
    """Why promotions are frozen at a moment, where that holds runs back."""
    freeze = routing.as_of(as_of).freeze if "freeze" in spec.retraining.hold_on else None
    return freeze.sentence if freeze else ""


def critical_defects(data: Bucket, spec: ModelSpec) -> list[str]:
    """The titles of critical defects that are not closed, where they hold runs back."""
    if "critical_defect" not in spec.retraining.hold_on:
        return []
    from steward.defects.defect import Defect  # noqa: PLC0415 - as above

    found = (data.load(listed.key, Defect) for listed in data.list(keys.defects(spec.model)))
    return sorted(defect.title for defect in found if defect.severity == "critical" and not defect.finished)
