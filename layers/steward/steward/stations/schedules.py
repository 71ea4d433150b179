"""A model's schedules, made to agree with its declaration."""

from steward.events import SCHEDULED_TIME, SOURCE
from steward.runtime import Settings
from steward.spec.model import ModelSpec
from steward.store.schedules import Schedules

_EVENTS = {
    "check": "CheckRequested",
    "collect": "CollectionRequested",
    "retrain": "RetrainingProposed",
    "audit": "AuditRequested",
    "attribute": "AttributionsRequested",
    "defects": "DefectReviewRequested",
    "maintain": "MaintenanceRequested",
}


def reconcile(settings: Settings, spec: ModelSpec) -> None:
    """Create, change or delete the model's schedules.

    Raises:
        ScheduleRefused: an expression or the time zone is not accepted.
    """
    schedules = Schedules(str(settings.schedule_group), str(settings.schedule_role_arn))
    queues = {
        "check": settings.check_queue_arn,
        "collect": settings.collection_queue_arn,
        "retrain": settings.retraining_queue_arn,
        "audit": settings.audit_queue_arn,
        "attribute": settings.attribution_queue_arn,
        "defects": settings.defect_queue_arn,
        "maintain": settings.maintenance_queue_arn,
    }
    expressions = spec.schedules.model_dump(exclude={"timezone"})
    if not spec.resources:
        expressions["collect"] = None
    for purpose, queue in queues.items():
        name = f"{spec.model}-{purpose}"
        if expressions[purpose]:
            schedules.put(name, expressions[purpose], spec.schedules.timezone, str(queue), _message(spec, purpose))
        else:
            schedules.delete(name)


def remove(settings: Settings, model: str) -> None:
    """Delete all schedules of a model."""
    schedules = Schedules(str(settings.schedule_group), str(settings.schedule_role_arn))
    for purpose in _EVENTS:
        schedules.delete(f"{model}-{purpose}")


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
