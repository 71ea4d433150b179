"""Explains why a window has no attributions."""

from steward.monitoring.window_evidence import WindowEvidence


def missing_attributions_reason(evidence: WindowEvidence) -> str:
    """The reason why a window, or the baseline that it would be compared with, has no attributions; else empty."""
    spec = evidence.spec
    if not evidence.baseline.reference.attributions.rows:
        if spec.retraining.recipe:
            return "the version's baseline has no attributions, as it was trained without this monitor: train it again"
        return (
            "the model is trained elsewhere, so no artifact can be asked, and its reference carries no attributions: "
            "name their columns in columns.attributions, or set monitors.attribution_drift to null"
        )
    if evidence.attributions.rows:
        return ""
    if evidence.unattributed:
        return evidence.unattributed
    if spec.schedules.attribute and spec.retraining.recipe:
        return (
            f"no sample of the window has been attributed; schedules.attribute ({spec.schedules.attribute}) asks for it"
        )
    return "the window's records carry no attributions (columns.attributions)"
