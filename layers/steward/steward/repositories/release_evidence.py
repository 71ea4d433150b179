"""What is known of a running release at a moment, read from the store."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from steward.alerting.inputs import CheckSummary
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.events import CheckCompleted
from steward.experiments.arm_sums import ArmSums
from steward.experiments.experiment_result import ExperimentResult, conclude, describe_interval, describe_ratio
from steward.experiments.sample_ratio import examine_ratio
from steward.monitoring.check import Check
from steward.releasing.release import Release
from steward.releasing.release_rules import ReleaseEvidence
from steward.releasing.release_windows import (
    ReleaseWindow,
    closed_windows,
    labelled_windows,
    metrics_of,
    plan_step,
    total_arms,
    weights_at,
    windows_of_step,
)
from steward.releasing.routing import Routing
from steward.repositories.check_summaries import summarize_check
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName
from steward.spec.release import OF_LABELS
from steward.store import keys
from steward.store.bucket import Bucket


def declaration_fingerprint(spec: ModelSpec) -> str:
    """The SHA-256 of what a version depends on: the task, the features by name and type, the outputs and classes."""
    columns = spec.columns
    content = {
        "task": spec.task,
        "features": {name: declared.type for name, declared in spec.features.items()},
        "outputs": columns.outputs,
        "prediction": columns.prediction,
        "positive_label": spec.positive_label,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def approval_fingerprint(spec: ModelSpec) -> str:
    """The SHA-256 of what of the declaration an approval rests on: what a version depends on, and its gates.

    Owners, schedules, monitors and alerts may change while people think; so may approvers, whose change holds for the
    next request.
    """
    content = [declaration_fingerprint(spec), spec.validation.canonical_json()]
    content += [spec.guardrails.canonical_json()] if spec.guardrails else []
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def gather_evidence(  # noqa: PLR0917 - the moment, by both clocks
    data: Bucket,
    spec: ModelSpec,
    routing: Routing,
    as_of: datetime,
    checked: CheckCompleted | None = None,
    now: datetime | None = None,
) -> tuple[ReleaseEvidence, dict[int, ExperimentResult]]:
    """What is known of a running release, and what the experiment of each step has found.

    Args:
        data: where it is stored.
        spec: the declaration in force.
        routing: of the model.
        as_of: the moment, in the time of the data.
        checked: the check that was just made, which the alerts may not know of yet.
        now: the moment, by the wall clock.

    Raises:
        ValueError: no release is running.
    """
    release = routing.release
    if release is None:
        raise ValueError(f"no release of {spec.model} is running")
    windows = read_windows(data, spec.model, release)
    step = len(release.steps) - 1
    present = closed_windows(windows_of_step(release, step, windows), as_of)
    arms = total_arms(present)
    rows = {arm: sums.rows for arm, sums in arms.items()}
    alerts = _alerts(data, spec, checked)
    results = conclude_steps(spec, release, windows, as_of)
    return ReleaseEvidence(
        as_of=as_of,
        now=now,
        champion=routing.champion,
        obsolete=_obsolete(spec, release),
        firing={version: _firing(alerts, spec, release, version) for version in release.versions},
        broken_ratio=_broken_ratio(spec, release, arms),
        harm=_harm(release, results),
        rows={one.version: rows.get(arm, 0) for arm, one in release.challengers.items()},
        labelled={
            one.version: sum(window.labelled.get(arm, 0) for window in present)
            for arm, one in release.challengers.items()
        },
        result=results.get(step) if release.policy.experiment else None,
        missing_checks=_missing_checks(alerts, release, present),
        frozen=routing.freeze.sentence if routing.freeze else "",
    ), results


def read_windows(data: Bucket, model: str, release: Release) -> list[ReleaseWindow]:
    """What the arms did, window by window."""
    if release.mode == "direct":
        return []
    listed = data.list(keys.release_windows(model, release.release))
    return [data.load(one.key, ReleaseWindow) for one in listed]


def conclude_steps(
    spec: ModelSpec, release: Release, windows: Sequence[ReleaseWindow], as_of: datetime
) -> dict[int, ExperimentResult]:
    """What the experiment of each step has found at a moment, by the number of the step: late labels count for theirs.

    Args:
        spec: the declaration.
        release: which.
        windows: of the release.
        as_of: the moment.
    """
    results: dict[int, ExperimentResult] = {}
    for at in range(len(release.steps)):
        plan = plan_step(release, at, by_entity=spec.columns.entity is not None)
        if plan is None:
            continue
        used = closed_windows(windows_of_step(release, at, windows), as_of)
        if any(metric in OF_LABELS for metric in metrics_of(release)):
            used = labelled_windows(used, as_of, spec.labels_within)
        names = [keys.release_window(spec.model, release.release, one.window) for one in used]
        results[at] = conclude(plan, [one.sums for one in used], as_of, names)
    return results


def _obsolete(spec: ModelSpec, release: Release) -> str:
    """Why the declaration in force no longer allows a release."""
    if declaration_fingerprint(spec) != release.fingerprint:
        return (
            "the declaration's task, features or outputs changed, and the challenger was made for those before; "
            "retrain under the new declaration"
        )
    if release.request and approval_fingerprint(spec) != release.request.subject.declaration:
        return "validation or guardrails changed since the approval was requested; retrain under the new declaration"
    if spec.release.mode == "direct" and release.mode != "direct":
        return "the declaration asks for direct releases now, so that no share is watched any more"
    return ""


def _alerts(data: Bucket, spec: ModelSpec, checked: CheckCompleted | None) -> ModelAlerts:
    """The stored alerts, with a check that they may not know of yet."""
    alerts = data.load_if_present(keys.alerts(spec.model), ModelAlerts) or ModelAlerts(model=spec.model)
    if checked is None:
        return alerts
    check = data.load(checked.stored, Check)
    return alerts.with_check(summarize_check(check, checked.stored, spec, checked.occurred_at))


def watched_monitors(spec: ModelSpec, release: Release) -> list[MonitorName]:
    """The alerts that end a release when they fire for a challenger."""
    if release.policy.roll_back_on is not None:
        return release.policy.roll_back_on
    return [*spec.performance_monitors, "latency", "error_rate"]


def _firing(alerts: ModelAlerts, spec: ModelSpec, release: Release, version: str) -> list[str]:
    """The alerts of a version's own windows that fire, as if it were the champion, each in a sentence."""
    own = alerts.model_copy(update={"champion": version, "deliveries": {}})
    watched = watched_monitors(spec, release)
    return [
        f"{name}: {status.summary}"
        for name, status in alert_statuses(own, spec).items()
        if name in watched and status.state == "firing"
    ]


def _broken_ratio(spec: ModelSpec, release: Release, arms: dict[str, ArmSums]) -> str:
    """Why the arms do not have their shares; empty where they have, or no arm has any."""
    if release.mode not in {"canary", "ab"} or not arms:
        return ""
    weights = weights_at(release, len(release.steps) - 1)
    ratio = examine_ratio(arms, weights, unit="entity" if spec.columns.entity else "row")
    return describe_ratio(ratio) if ratio.broken else ""


def _harm(release: Release, results: dict[int, ExperimentResult]) -> dict[str, list[str]]:
    """The guardrails of a canary that challengers were shown to be worse on, in any step's own rows."""
    found: dict[str, list[str]] = {}
    for result in results.values() if release.mode == "canary" else ():
        for one in result.comparisons:
            if one.tolerable is False:
                name = one.metric.name
                said = f"is worse on {name} by more than {one.metric.margin:g} {describe_interval(one)}"
                found.setdefault(release.challengers[one.challenger].version, []).append(said)
    return found


def _missing_checks(alerts: ModelAlerts, release: Release, windows: Sequence[ReleaseWindow]) -> tuple[str, ...]:
    """The windows whose check does not know yet of all that challengers answered, or of all its labels."""
    if release.mode not in {"canary", "ab"}:
        return ()
    oldest = min((one.window for one in alerts.checks.values()), default="")
    return tuple(
        one.window
        for one in windows
        for arm, challenger in release.challengers.items()
        if one.window >= oldest and not _knows(alerts.checks.get(f"{one.window}/{challenger.version}"), one, arm)
    )


def _knows(check: CheckSummary | None, window: ReleaseWindow, arm: str) -> bool:
    if not window.sums.arms.get(arm, ArmSums()).rows:
        return True
    return check is not None and check.labelled_rows >= window.labelled.get(arm, 0)
