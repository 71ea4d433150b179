"""The gate that holds the decisions on the holdout to limits of the differences between declared groups."""

from steward.fairness.group_fairness import compare_groups
from steward.results import MetricResult
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest
from steward.validation.evaluation import GateFinding, GateResult


class FairTreatment:
    """No difference between the groups of a protected attribute is surely beyond its limit.

    The intervals of all pairs of groups, measures and attributes hold together with the declared confidence
    (Bonferroni), as in the monitor. The limits do not move with the champion, so that small steps cannot add up.
    """

    name = "fairness"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Nothing is asked without limits, or where the holdout cannot be decided on."""
        treatment = contest.treatment
        if policy.fairness is None or treatment is None:
            return None
        results = compare_groups(
            treatment.attributes,
            treatment.challenger,
            treatment.champion,
            treatment.spec,
            1 - policy.confidence,
            limits=policy.fairness,
            rows_of="holdout",
        )
        findings = [_finding(result) for result in results if result.threshold is not None or _declared_late(result)]
        beyond = [finding for finding in findings if not finding.passed]
        measured = sum(finding.value is not None for finding in findings)
        message = (
            f"{'; '.join(finding.message for finding in beyond)}. Train on other rows or features, choose another "
            "threshold, or accept the difference by another limit in validation.fairness"
            if beyond
            else f"no difference between groups is surely beyond its limit; {measured} of {len(findings)} could be "
            f"measured on the holdout: {'; '.join(finding.message for finding in findings)}"
        )
        return GateResult(gate=self.name, passed=not beyond, message=message, findings=findings)


def _finding(result: MetricResult) -> GateFinding:
    return GateFinding(
        name=f"{result.statistic.replace('_', ' ')} of {result.column}",
        passed=result.status != "breach",
        message=result.message,
        value=result.value,
        low=result.low,
        high=result.high,
        limit=result.threshold,
        rows=result.rows or 0,
    )


def _declared_late(result: MetricResult) -> bool:
    return result.statistic == "groups"
