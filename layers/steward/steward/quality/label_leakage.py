"""Features that predict the label too well to be legitimate."""

from collections.abc import Mapping

from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.leakage import Leakage
from steward.results import MetricResult, Status, count_of

_NAMED = 3


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The feature that tells the label best, as it was measured when the version was made; the same in every window."""
    monitor = evidence.spec.monitors.label_leakage
    if monitor is None or evidence.spec.task == "text_generation":
        return []
    known = {name: found for name, found in evidence.baseline.leakage.items() if evidence.scope.watches(name)}
    leaking = leaks(known, monitor.maximum_auc)
    rest = {"monitor": "label_leakage", "statistic": "single_feature_auc", "threshold": monitor.maximum_auc}
    if not known:
        message = "whether a feature gives the label away is not known: too few labels came with the reference rows"
        return [MetricResult.model_validate({**rest, "status": "unknown", "message": message})]
    name = best(leaking or known)
    status: Status = "breach" if leaking else "ok"
    return [
        MetricResult.model_validate(
            {
                **rest,
                "column": name if leaking else None,
                "value": known[name].auc,
                "effect": known[name].auc,
                "low": known[name].low,
                "baseline_rows": known[name].rows,
                "status": status,
                "message": sentence(known, monitor.maximum_auc),
            }
        )
    ]


def leaks(known: Mapping[str, Leakage], maximum: float) -> dict[str, Leakage]:
    """The features that are beyond the limit, beyond doubt."""
    return {name: found for name, found in known.items() if found.low > maximum}


def best(known: Mapping[str, Leakage]) -> str:
    """The feature that tells the label best, ties by name."""
    return min(known, key=lambda name: (-known[name].auc, name))


def sentence(known: Mapping[str, Leakage], maximum: float) -> str:
    """What a person reads of the features that leak, or of the strongest one.

    Args:
        known: by feature; at least one.
        maximum: the limit.
    """
    leaking = leaks(known, maximum)
    if not leaking:
        name = best(known)
        doubt = (
            f", which in {count_of(known[name].rows, 'row')} may be chance" if known[name].auc > maximum else " at most"
        )
        return f"no feature tells the label by itself: `{name}` does with an AUC of {known[name].auc:.3f}{doubt}"
    ranked = sorted(leaking, key=lambda name: (-leaking[name].auc, name))
    named = ", ".join(f"`{name}` with an AUC of {leaking[name].auc:.4f}" for name in ranked[:_NAMED])
    more = f" and {len(ranked) - _NAMED} more" if len(ranked) > _NAMED else ""
    return (
        f"the label can be told by one feature alone: {named}{more}, where {maximum:g} is too good to be true; see "
        "whether it is known before the label is"
    )
