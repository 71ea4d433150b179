"""Evidence that a declaration gives by itself."""

from collections.abc import Iterator

from steward.events import ObjectRef
from steward.governance.frameworks.evidence_of_safeguards import describe_approvals, describe_guardrails
from steward.governance.frameworks.requirement import Evidence
from steward.spec.features import BooleanFeature
from steward.spec.model import ModelSpec

_DRIFT = ("feature_drift", "score_drift", "joint_drift", "attribution_drift")
_SHOWN = 400


def declared_evidence(spec: ModelSpec, stored: ObjectRef) -> dict[str, Evidence]:
    """What a declaration says, by kind; a text that nobody wrote, and what is not asked for, is left out."""
    return {kind: Evidence(sentence, (stored,)) for kind, sentence in (*_texts(spec), *_settings(spec))}


def _texts(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    if spec.documentation:
        for field, text in spec.documentation.texts.items():
            yield f"documentation.{field}", text
    if spec.data is None:
        return
    for field in type(spec.data).model_fields:
        value = getattr(spec.data, field)
        if field == "contains_personal_data":
            if value is not None:
                yield f"data.{field}", "Rows are about people." if value else "No row is about a person, the team says."
                if not value:
                    yield "data.personal_data", "There is none, the team says."
        elif value:
            yield f"data.{field}", ", ".join(value) if isinstance(value, list) else str(value)


def _settings(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    yield "declaration", f"{spec.model}, owned by {spec.owner}: {spec.description or 'no description'}"
    yield "input_specification", f"{_features(spec)}; invalid rows: {spec.on_invalid}"
    yield (
        "data_quality",
        f"Every row is checked when it comes: types, bounds, domains, {len(spec.rules)} rules; {spec.on_invalid}",
    )
    monitors = [name for name in type(spec.monitors).model_fields if getattr(spec.monitors, name) is not None]
    yield "monitors", f"{len(monitors)} monitors are declared: {', '.join(monitors)}"
    if drift := [name for name in _DRIFT if name in monitors]:
        yield "drift_monitors", f"Drift is watched without labels: {', '.join(drift)}"
    if "estimated_performance" in monitors:
        yield "estimated_performance", "Performance is estimated before labels come (monitor estimated_performance)."
    if spec.fairness and "fairness" in monitors:
        yield "fairness_monitors", f"Groups are compared in each window: {', '.join(spec.fairness.protected)}"
    schedules = {name: getattr(spec.schedules, name) for name in type(spec.schedules).model_fields}
    running = [f"{name} {when}" for name, when in schedules.items() if when and name not in {"timezone", "flexible"}]
    if running:
        yield "schedules", f"Scheduled: {', '.join(running)}"
    retraining = spec.retraining
    yield (
        "retraining_policy",
        f"Policy: {retraining.policy}; alerts that may start a run: {', '.join(retraining.on_alerts) or 'none'}"
        if retraining.recipe
        else "Trained elsewhere: Steward trains no version, and adopts what is given to it.",
    )
    yield "validation_policy", f"Asked of a version: {_describe_gates(spec)}"
    yield "release_policy", f"Versions that pass are released by mode {spec.release.mode}."
    if spec.asks_approval:
        yield "approval_policy", describe_approvals(spec.approvals)
    if spec.guardrails:
        yield "guardrails", f"Declared: {describe_guardrails(spec.guardrails)}"
    yield "alert_policy", f"People are told from severity {spec.alerting.notify_at} on."
    yield "retention", f"Kept: {_describe_retention(spec)}"
    if spec.business_value:
        yield "business_value", f"What decisions are worth: {spec.business_value.model_dump_json(exclude_none=True)}"
    if spec.commands.allow:
        allowed = "; ".join(f"{name}: {', '.join(people)}" for name, people in spec.commands.allow.items())
        yield "command_policy", f"Who may give commands: {allowed}"
    if spec.actions:
        yield "actions", f"{len(spec.actions)} actions follow alerts by themselves."


def _features(spec: ModelSpec) -> str:
    bounded = [name for name, feature in spec.features.items() if not isinstance(feature, BooleanFeature)]
    named = ", ".join(f"{name} ({feature.type})" for name, feature in spec.features.items())
    shown = named if len(named) <= _SHOWN else f"{named[:_SHOWN]} …"
    return f"{len(spec.features)} features, {len(bounded)} of them not boolean: {shown}; {len(spec.rules)} rules"


def _describe_gates(spec: ModelSpec) -> str:
    asked = spec.validation.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    asked.pop("golden_rows", None)
    said = ", ".join(f"{name} = {value}" for name, value in asked.items())
    return f"{spec.judged_by} with confidence {spec.validation.confidence}" + (f"; {said}" if said else "")


def _describe_retention(spec: ModelSpec) -> str:
    kinds = ("inbox", "records", "profiles", "checks", "quarantine")
    spans = [f"{kind} {span.days} days" for kind in kinds if (span := getattr(spec.retention, kind))]
    return ", ".join([*spans, "all else for good"]) if spans else "everything, for good"
