"""The gates of the guardrails in force: bounds that no later version may leave, in however many steps.

They are the approved ones, whatever the newest declaration says. What cannot be measured is not kept: a declaration
that loses a column that a guardrail looks at does not get rid of the guardrail.
"""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from steward.performance.metrics import metric_values
from steward.retraining.scored_outcomes import outcomes_of
from steward.spec.guardrails import Guardrails, MetricBound, PopulationColumn
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.association import association
from steward.validation.behaviour import SteadyGoldenRows
from steward.validation.comparisons import NotWorseThanFirst
from steward.validation.contest import Contest
from steward.validation.evaluation import GateFinding, GateResult
from steward.validation.fairness_gate import FairTreatment

_REMEDY = "Train on other rows or features; the guardrails themselves are changed by approval (steward guardrails)"


class GuardedMetrics:
    """No metric is beyond its bound on unseen rows, overall or in a group of a segment."""

    name = "guardrail_floors"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:  # noqa: ARG002
        """The figures themselves are compared: a bound is no estimate."""
        guards = contest.guardrails
        if guards is None or not guards.floors:
            return None
        return _result(self.name, [finding for bound in guards.floors for finding in _bounded(bound, contest)])


class GuardedLoss:
    """The loss against the first approved version is proved to be within the bound."""

    name = "guardrail_loss"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """As the gate `not_worse_than_first`, by the guardrail's own metric, margin and confidence."""
        guards = contest.guardrails
        if guards is None or guards.loss is None or contest.first is None:
            return None
        asked = {"metric": guards.loss.metric, "first_version_margin": guards.loss.maximum}
        own = policy.model_copy(update={**asked, "confidence": guards.loss.confidence})
        return _renamed(self.name, NotWorseThanFirst().evaluate(contest, own))


class GuardedFairness:
    """No difference between the groups of a protected attribute is surely beyond its limit."""

    name = "guardrail_fairness"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """As the gate `fairness`, with the guardrail's limits."""
        guards = contest.guardrails
        if guards is None or guards.fairness is None:
            return None
        own = policy.model_copy(update={"fairness": guards.fairness, "confidence": 0.95})
        found = FairTreatment().evaluate(contest, own)
        return _renamed(self.name, found) or _unmeasured(self.name, "the section fairness names no group to compare")


class AllowedFeatures:
    """The version takes no feature that the guardrails do not name."""

    name = "guardrail_features"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:  # noqa: ARG002
        """Compare the names."""
        guards = contest.guardrails
        if guards is None or guards.allowed_features is None:
            return None
        others = sorted(set(contest.features) - set(guards.allowed_features))
        message = (
            f"takes {', '.join(others)}, which allowed_features does not name. {_REMEDY}"
            if others
            else f"{len(contest.features)} features, all of them allowed"
        )
        return GateResult(gate=self.name, passed=not others, message=message)


class NoProxies:
    """No feature tells a protected column better than allowed."""

    name = "guardrail_proxies"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:  # noqa: ARG002
        """Measure each feature against each protected column on the unseen rows."""
        guards = contest.guardrails
        if guards is None or guards.forbidden_proxies is None:
            return None
        bound = guards.forbidden_proxies
        if contest.probe is None:
            return _unmeasured(self.name, "no unseen rows are known")
        rows = contest.probe.holdout
        findings = []
        for protected in bound.protected:
            if protected not in rows:
                return _unmeasured(self.name, f"the rows have no column {protected}")
            for feature in contest.features:
                found = None if feature == protected else association(rows[feature], rows[protected])
                name = f"{feature} with {protected}"
                if feature == protected:
                    message = f"{protected} is a feature itself"
                    findings.append(GateFinding(name=name, passed=False, message=message, value=1.0))
                elif found is not None:
                    passed = found <= bound.maximum_association
                    message = f"{name}: {found:.3f}"
                    limit = bound.maximum_association
                    findings.append(
                        GateFinding(name=name, passed=passed, message=message, value=found, limit=limit, rows=len(rows))
                    )
        return _result(self.name, sorted(findings, key=lambda one: -(one.value or 0)))


class GuardedGoldenRows:
    """The predictions of the golden rows have not moved from those of the first approved version."""

    name = "guardrail_golden_rows"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """As the gate `golden_rows`, against the first approved version in the champion's place."""
        guards, first, probe = contest.guardrails, contest.first, contest.probe
        if guards is None or guards.golden_rows is None:
            return None
        if probe is None:
            return _unmeasured(self.name, "the version cannot be asked")
        if first is not None and first.predict is None and not _all_declared(guards, probe.spec.columns.outputs):
            return _unmeasured(self.name, f"{first.unavailable or 'the first version cannot be asked'}")
        against = replace(
            contest,
            champion_version=first.version if first else None,
            probe=replace(probe, champion=first.predict if first else None),
        )
        own = policy.model_copy(update={"golden_rows": guards.golden_rows})
        return _renamed(self.name, SteadyGoldenRows().evaluate(against, own))


class WithinPopulation:
    """The unseen rows are of the population that the model is meant for."""

    name = "guardrail_population"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:  # noqa: ARG002
        """Compare the share of rows outside with what is allowed."""
        guards = contest.guardrails
        if guards is None or guards.population is None:
            return None
        meant = guards.population
        if contest.probe is None:
            return _unmeasured(self.name, "no unseen rows are known")
        rows = contest.probe.holdout
        if missing := [name for name in meant.columns if name not in rows]:
            return _unmeasured(self.name, f"the rows have no column {', '.join(missing)}")
        outside = pd.Series(data=False, index=rows.index)
        for name, column in meant.columns.items():
            outside |= is_outside(rows[name], column)
        share = float(outside.mean()) if len(rows) else 0.0
        passed = share <= meant.maximum_outside
        message = (
            f"{share:.1%} of {len(rows):,} unseen rows are outside the intended population, "
            f"{'within' if passed else 'beyond'} the {meant.maximum_outside:.1%} allowed"
            f"{'' if passed else f'. {_REMEDY}'}"
        )
        return GateResult(gate=self.name, passed=passed, message=message, value=share, rows=len(rows))


def is_outside(cells: pd.Series, meant: PopulationColumn) -> pd.Series:
    """Which rows are outside what one column is meant to hold; a missing cell is outside nothing.

    Args:
        cells: of the column.
        meant: its bounds or categories.
    """
    outside = pd.Series(data=False, index=cells.index)
    if meant.minimum is not None:
        outside |= cells < meant.minimum
    if meant.maximum is not None:
        outside |= cells > meant.maximum
    if meant.categories is not None:
        outside |= cells.notna() & ~cells.astype(str).isin(meant.categories)
    return outside.fillna(value=False).astype(bool)


def _bounded(bound: MetricBound, contest: Contest) -> Iterator[GateFinding]:
    """The metric overall, and in every group that has enough rows where that is asked."""
    yield _finding(bound, "overall", contest.metrics.get(bound.metric), len(contest.labels))
    if not bound.every_segment:
        return
    probe = contest.probe
    if probe is None or not contest.segments:
        yield GateFinding(name="segments", passed=False, message="no segment can be looked at: declare segments again")
        return
    for group, rows in contest.segments.items():
        if len(rows) < bound.minimum_rows:
            continue
        outcomes = outcomes_of(contest.challenger[rows], probe.holdout.iloc[rows], probe.spec)
        found = metric_values(outcomes, probe.spec.business_value).get(bound.metric)
        if found is not None:  # a group of one class has no ROC AUC
            yield _finding(bound, group, found, len(rows))


def _finding(bound: MetricBound, where: str, value: float | None, rows: int) -> GateFinding:
    name = f"{bound.metric} {where}"
    if value is None:
        return GateFinding(name=name, passed=False, message=f"{name} could not be measured", rows=rows)
    low = bound.at_least is not None and value < bound.at_least
    high = bound.at_most is not None and value > bound.at_most
    limit = bound.at_least if low or bound.at_most is None else bound.at_most
    asked = "at least" if limit == bound.at_least else "at most"
    message = f"{name} is {value:.4f}, {'not ' if low or high else ''}{asked} {limit:.4f}"
    return GateFinding(name=name, passed=not (low or high), message=message, value=value, limit=limit, rows=rows)


def _all_declared(guards: Guardrails, outputs: dict[str, str]) -> bool:
    rows = guards.golden_rows.rows if guards.golden_rows else []
    return all(set(outputs.values()) & row.keys() for row in rows)


def _result(gate: str, findings: list[GateFinding]) -> GateResult:
    beyond = [one for one in findings if not one.passed]
    message = (
        f"{'; '.join(one.message for one in beyond)}. {_REMEDY}"
        if beyond
        else f"{len(findings)} kept: {'; '.join(one.message for one in findings[:3])}"
    )
    return GateResult(gate=gate, passed=not beyond, message=message, findings=findings)


def _renamed(gate: str, result: GateResult | None) -> GateResult | None:
    return result.model_copy(update={"gate": gate}) if result else None


def _unmeasured(gate: str, why: str) -> GateResult:
    return GateResult(
        gate=gate, passed=False, message=f"not kept, since it cannot be measured: {why}; declare it again. {_REMEDY}"
    )


GUARDRAIL_GATES = (
    AllowedFeatures(),
    GuardedMetrics(),
    GuardedLoss(),
    GuardedFairness(),
    NoProxies(),
    GuardedGoldenRows(),
    WithinPopulation(),
)
"""Every gate of the guardrails, for versions that Steward trained."""
