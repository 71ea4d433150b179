"""How many rows came more than once."""

from steward.evidence.window_evidence import WindowEvidence
from steward.quality.exact_proportion import exact_proportion
from steward.results import MetricResult, Status, count_of


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The share of otherwise valid rows whose id an earlier row or upload has; the earlier one stands.

    In breach when the lower end of the exact 95 % interval is above the limit. A file that is uploaded again in full is
    found here too: each of its rows came twice.
    """
    monitor = evidence.spec.monitors.uniqueness
    if monitor is None:
        return []
    intake = evidence.profile.intake
    rows = intake.accepted + intake.duplicates
    unknown = MetricResult(
        monitor="uniqueness",
        statistic="duplicate_share",
        status="unknown",
        message="uniqueness cannot be judged: nothing is known of how the rows came in",
    )
    if not intake.files or not rows:
        return [unknown]
    share = exact_proportion(intake.duplicates, rows)
    status: Status = "breach" if share.low > monitor.maximum else "ok"
    name = evidence.spec.columns.id
    message = f"{share.value:.2%} of {count_of(rows, 'row')} have a `{name}` that came before"
    if share.value > monitor.maximum:
        message += f" (95 % interval {share.low:.2%} to {share.high:.2%})"
    if status == "breach":
        message += f", where {monitor.maximum:.2%} are allowed; the earlier row of each stands"
    elif share.value > monitor.maximum:
        message += f", no more beyond the {monitor.maximum:.2%} allowed than chance explains in so few"
    figures = {
        "value": share.value,
        "threshold": monitor.maximum,
        "effect": share.value,
        "low": share.low,
        "high": share.high,
        "rows": rows,
    }
    return [unknown.model_copy(update={**figures, "status": status, "message": message})]
