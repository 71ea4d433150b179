"""The rules of the retraining policy: each reads declaration and inputs, and says in a sentence that it applies.

`TRIGGERS` ask for a run, `HOLDS` hold it back. A run starts where a trigger applies and no hold does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from steward.documents import TolerantModel
from steward.events import Sentence
from steward.retraining.policy_inputs import PolicyInputs, RunAsked
from steward.spec.durations import format_duration
from steward.spec.policies import RetrainingPolicy

_NAMED = 3


class RuleResult(TolerantModel):
    """A rule that applied to a decision, and the sentence that a person reads of it."""

    rule: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule.

    Attributes:
        name: by which decisions name it.
        apply: the sentence; empty where the rule does not apply.
    """

    name: str
    apply: Callable[[RetrainingPolicy, PolicyInputs], str]


def apply_rules(rules: Sequence[PolicyRule], policy: RetrainingPolicy, inputs: PolicyInputs) -> list[RuleResult]:
    """Those that apply, in their order."""
    found = ((rule.name, rule.apply(policy, inputs)) for rule in rules)
    return [RuleResult(rule=name, sentence=sentence) for name, sentence in found if sentence]


def _alert(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    firing = [monitor for monitor in policy.on_alerts if monitor in inputs.firing]
    return f"alert{'s' * (len(firing) > 1)} {', '.join(firing)} {'are' if len(firing) > 1 else 'is'} firing" * bool(
        firing
    )


def _first_version(_: RetrainingPolicy, inputs: PolicyInputs) -> str:
    return "" if inputs.has_champion else "no version is in charge yet"


def _asked_by(asked: RunAsked) -> Callable[[RetrainingPolicy, PolicyInputs], str]:
    return lambda _, inputs: inputs.reason if inputs.asked == asked else ""


def _age(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    age = inputs.age
    if policy.every is None or age is None or age < policy.every:
        return ""
    return f"the newest run is {_days(age)} old; the policy asks for one every {format_duration(policy.every)}"


def _new_labels(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    wanted = policy.on_new_labels
    if wanted is None or inputs.last_run is None or inputs.new_labels < wanted:
        return ""
    return f"{inputs.new_labels:,} labelled rows since the newest run; the policy asks for a run at {wanted:,}"


def _realised_loss(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    limit, increase, realised = policy.on_realised_loss, inputs.realised_increase, inputs.realised
    if limit is None or increase is None or realised is None or increase <= limit:
        return ""
    return (
        f"{_title(realised.metric)} of the newest labelled window is {realised.value:.4g}, surely {increase:.4g} worse "
        f"than the holdout's {inputs.holdout:.4g}; the policy asks for a run beyond {limit:g}"
    )


def _expected_loss(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    limit, increase = policy.on_expected_loss, inputs.expected_increase
    if limit is None or increase is None or increase <= limit:
        return ""
    return (
        f"the inputs of the newest window let it be expected to be {increase:.4g} worse than the holdout; the policy "
        f"asks for a run beyond {limit:g}"
    )


def _expected_gain(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    forecast = inputs.forecast
    if policy.policy != "cost_aware" or forecast is None or not forecast.worth_it:
        return ""
    return (
        f"a new version is forecast to gain {forecast.gain:.3g} of {_title(forecast.metric)} over "
        f"{forecast.horizon} windows ({forecast.staleness:.2g} in the next one, 95 % interval {forecast.low:.2g} to "
        f"{forecast.high:.2g}); at a cost of {forecast.cost:g}, a run now saves {forecast.advantage:.2g} over waiting"
    )


def _run_in_flight(_: RetrainingPolicy, inputs: PolicyInputs) -> str:
    return f"run {inputs.last_run} has not ended" if inputs.in_flight else ""


def _cool_down(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    age = inputs.age
    if not inputs.has_champion or age is None or age >= policy.cool_down or inputs.asked == "erasure":
        return ""
    since = _days(max(age, timedelta(0)))
    return f"cool-down: the newest run is {since} old, the policy asks for {format_duration(policy.cool_down)}"


def _minimum_labels(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    if inputs.has_champion or inputs.labels >= policy.minimum_labels:
        return ""
    return f"{inputs.labels:,} labelled rows so far; a first run needs {policy.minimum_labels:,}"


def _minimum_new_labels(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    if not inputs.last_run or _on_other_terms(inputs) or inputs.new_labels >= policy.minimum_new_labels:
        return ""
    return (
        f"{inputs.new_labels:,} labelled rows since the newest run, under the same declaration; "
        f"the policy asks for {policy.minimum_new_labels:,}"
    )


def _on_other_terms(inputs: PolicyInputs) -> bool:
    """Whether a run is not for the sake of new labels: the declaration changed, or rows were erased."""
    return inputs.settings_changed or inputs.asked == "erasure"


def _minimum_new_labels_per_class(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    wanted = policy.minimum_new_labels_per_class
    if not inputs.last_run or _on_other_terms(inputs):
        return ""
    few = {name: rows for name, rows in sorted(inputs.new_labels_by_class.items()) if rows < wanted}
    if not few:
        return ""
    said = ", ".join(f"{rows:,} of {name}" for name, rows in few.items())
    return f"labelled rows since the newest run: {said}; the policy asks for {wanted:,} of each class"


def _budget_of_runs(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    limit, taken = policy.budget.runs if policy.budget else None, inputs.month.runs
    if limit is None or not inputs.has_champion or taken < limit:
        return ""
    return f"budget: {taken} runs in {inputs.as_of:%B %Y}, of {limit} that the policy allows a month"


def _budget_of_dollars(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    limit, month = policy.budget.dollars if policy.budget else None, inputs.month
    if limit is None or not inputs.has_champion or month.dollars + month.dollars_of_next <= limit:
        return ""
    return (
        f"budget: runs of {inputs.as_of:%B %Y} took {month.dollars:.4f} dollars and the next may take "
        f"{month.dollars_of_next:.4f}, of {limit:g} that the policy allows a month"
    )


def _freeze(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    return inputs.freeze if "freeze" in policy.hold_on else ""


def _critical_defect(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    titles = inputs.critical_defects
    if "critical_defect" not in policy.hold_on or not titles:
        return ""
    more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
    return f"critical defects of the data are not closed: {'; '.join(titles[:_NAMED])}{more}"


def _late_labels(policy: RetrainingPolicy, inputs: PolicyInputs) -> str:
    limit, newest = policy.maximum_label_age, inputs.newest_label
    if limit is None or not inputs.has_champion or (newest is not None and inputs.as_of - newest <= limit):
        return ""
    when = f"{_days(inputs.as_of - newest)} old" if newest else "missing"
    return f"the newest labels are {when}; the policy asks for labels of the last {format_duration(limit)}"


TRIGGERS: tuple[PolicyRule, ...] = (
    PolicyRule("alert", _alert),
    PolicyRule("first_version", _first_version),
    PolicyRule("person", _asked_by("person")),
    PolicyRule("schedule", _asked_by("schedule")),
    PolicyRule("correction", _asked_by("correction")),
    PolicyRule("erasure", _asked_by("erasure")),
    PolicyRule("action", _asked_by("action")),
    PolicyRule("age", _age),
    PolicyRule("new_labels", _new_labels),
    PolicyRule("realised_loss", _realised_loss),
    PolicyRule("expected_loss", _expected_loss),
    PolicyRule("expected_gain", _expected_gain),
)
"""What asks for a run."""

HOLDS: tuple[PolicyRule, ...] = (
    PolicyRule("run_in_flight", _run_in_flight),
    PolicyRule("cool_down", _cool_down),
    PolicyRule("minimum_labels", _minimum_labels),
    PolicyRule("minimum_new_labels", _minimum_new_labels),
    PolicyRule("minimum_new_labels_per_class", _minimum_new_labels_per_class),
    PolicyRule("budget_of_runs", _budget_of_runs),
    PolicyRule("budget_of_dollars", _budget_of_dollars),
    PolicyRule("freeze", _freeze),
    PolicyRule("critical_defect", _critical_defect),
    PolicyRule("late_labels", _late_labels),
)
"""What holds a run back."""


def _title(metric: str) -> str:
    return "ROC AUC" if metric == "roc_auc" else metric.replace("_", " ")


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.0f} d" if days >= 1 else f"{days * 24:.0f} h"
