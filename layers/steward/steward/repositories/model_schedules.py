"""Reconciles a model's schedules with its declaration."""

from datetime import timedelta

from steward.errors import StewardError
from steward.events import SCHEDULED_TIME, SOURCE
from steward.runtime import ScheduleSettings
from steward.spec.model import ModelSpec
from steward.store.schedules import Schedule, Scheduler

_EVENTS = {
    "check": "CheckRequested",
    "test": "ChampionTestRequested",
    "collect": "CollectionRequested",
    "retrain": "RetrainingProposed",
    "audit": "AuditRequested",
    "attribute": "AttributionsRequested",
    "defects": "DefectReviewRequested",
    "maintain": "MaintenanceRequested",
    "report": "ReportRequested",
}


class SchedulesDisagree(StewardError):
    """EventBridge Scheduler took a schedule and has another."""


def reconcile(settings: ScheduleSettings, spec: ModelSpec) -> None:
    """Create, change or delete the model's schedules, and read them back.

    Raises:
        ScheduleRefused: an expression or the time zone is not accepted.
        SchedulesDisagree: what is there is not what was asked for; to try again may help.
    """
    schedules, declared = Scheduler(settings.schedule_group), wanted_schedules(settings, spec)
    restore(settings, spec)
    for purpose in _EVENTS:
        name = _name(spec.model, purpose)
        if name not in declared:
            schedules.delete(name)
    left = find_differences(settings, spec)
    if left:
        raise SchedulesDisagree(f"schedules were set, and yet: {'; '.join(left.values())}")


def restore(settings: ScheduleSettings, spec: ModelSpec) -> dict[str, str]:
    """Put the schedules back that are missing, switched off or changed; what was amiss, by the schedule's name.

    Raises:
        ScheduleRefused: an expression or the time zone is not accepted.
    """
    schedules, declared = Scheduler(settings.schedule_group), wanted_schedules(settings, spec)
    found = find_differences(settings, spec)
    for name in found:
        if name in declared:
            schedules.put(declared[name])
    return found


def find_differences(settings: ScheduleSettings, spec: ModelSpec) -> dict[str, str]:
    """A sentence on each schedule that is not as the declaration has it, by its name."""
    schedules, declared = Scheduler(settings.schedule_group), wanted_schedules(settings, spec)
    sentences = {}
    for purpose in _EVENTS:
        name = _name(spec.model, purpose)
        sentence = difference(name, declared.get(name), schedules.find(name))
        if sentence:
            sentences[name] = sentence
    return sentences


def difference(name: str, declared: Schedule | None, present: Schedule | None) -> str:
    """What is wrong with a schedule, as a sentence; empty when nothing is."""
    if declared == present:
        return ""
    if present is None:
        return f"the schedule {name} is gone"
    if declared is None:
        return f"the schedule {name} is there, and the declaration does not ask for it"
    if not present.enabled:
        return f"the schedule {name} is switched off"
    changes = [
        f"{words} is {_describe(present, field)} where the declaration has {_describe(declared, field)}"
        for field, words in _SHOWN.items()
        if getattr(present, field) != getattr(declared, field)
    ]
    return f"the schedule {name} was changed: {', '.join(changes) or 'it sends another message'}"


def _describe(schedule: Schedule, field: str) -> str:
    value = getattr(schedule, field)
    return "none" if value == "" else str(value)


_SHOWN = {
    "expression": "its time",
    "timezone": "its time zone",
    "flexible_minutes": "the minutes that it may be put off",
    "target_arn": "its target",
    "role_arn": "its role",
    "dead_letters_arn": "its dead-letter queue",
    "key_arn": "its key",
}


def wanted_schedules(settings: ScheduleSettings, spec: ModelSpec) -> dict[str, Schedule]:
    """The schedules that a declaration asks for, by name."""
    targets = {
        "check": settings.check_target_arn,
        "test": settings.validation_target_arn,
        "collect": settings.collection_target_arn,
        "retrain": settings.retraining_target_arn,
        "audit": settings.audit_target_arn,
        "attribute": settings.attribution_target_arn,
        "defects": settings.defect_target_arn,
        "maintain": settings.maintenance_target_arn,
        "report": settings.report_target_arn,
    }
    expressions = {purpose: getattr(spec.schedules, purpose) for purpose in _EVENTS}
    if not spec.resources:
        expressions["collect"] = None
    return {
        _name(spec.model, purpose): Schedule(
            name=_name(spec.model, purpose),
            expression=expression,
            timezone=spec.schedules.timezone,
            flexible_minutes=(spec.schedules.flexible or timedelta(0)) // timedelta(minutes=1),
            target_arn=targets[purpose],
            role_arn=settings.schedule_role_arn,
            dead_letters_arn=settings.schedule_dead_letters_arn,
            message=_message(spec, purpose),
            key_arn=settings.schedule_key_arn,
        )
        for purpose, expression in expressions.items()
        if expression
    }


def remove(settings: ScheduleSettings, model: str) -> None:
    """Delete all schedules of a model."""
    for purpose in _EVENTS:
        Scheduler(settings.schedule_group).delete(_name(model, purpose))


def _name(model: str, purpose: str) -> str:
    return f"{model}-{purpose}"


def _message(spec: ModelSpec, purpose: str) -> dict[str, object]:
    """The schedule's input, in the shape of an event; EventBridge Scheduler fills in the time it was due."""
    detail = {
        "occurred_at": SCHEDULED_TIME,
        "as_of": SCHEDULED_TIME,
        "correlation_id": SCHEDULED_TIME,
        "model": spec.model,
    }
    if purpose == "retrain":
        detail["reason"] = f"the schedule {spec.schedules.retrain} was due"
    return {"source": SOURCE, "detail-type": _EVENTS[purpose], "detail": detail}
