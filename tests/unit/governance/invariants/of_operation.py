"""What breaks the invariants of what looks after a model."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

from steward.events import Problem
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.audit_exception import AuditException, AuditExceptions
from steward.governance.operation_evidence import DriftedResource
from tests.unit.examples import DAY, spec
from tests.unit.governance.invariants.intact import AS_OF, DECLARED, Break, defect, replaced, replaced_in


def _problem(cause: str) -> Callable[[AuditEvidence], AuditEvidence]:
    problem = Problem(cause=cause, sentence=f"It is said of {cause}.", remedy="nothing is left to do")
    return replaced_in("operation", problems=[problem])


def _drifted(logical: str, kind: str) -> Callable[[AuditEvidence], AuditEvidence]:
    return replaced_in("operation", drifted=[DriftedResource(logical, kind)])


_LAPSED = AuditException(
    invariant="champion_card",
    owner="ana",
    reason="lost in the move",
    author="arn:aws:iam::123456789012:user/ana",
    command="c1",
    declared_at=AS_OF - 9 * DAY,
    until=AS_OF,
)
_ALONE = _LAPSED.model_copy(update={"until": AS_OF + DAY})
_DAY_AND_MORE = timedelta(days=1, minutes=1)
_MONITORS_OFF = "monitors: {" + ", ".join(f"{name}: null" for name in type(spec().monitors).model_fields) + "}\n"

BREAKS = [
    Break(
        "exceptions_current",
        "one has run out",
        replaced(exceptions=AuditExceptions(model="lemons", exceptions=[_LAPSED])),
        "champion_card (owner ana, until 2024-01-11)",
    ),
    Break(
        "exceptions_current",
        "one person alone declared one",
        lambda evidence: dataclasses.replace(
            evidence,
            spec=spec(DECLARED + "approvals: {}\n"),
            exceptions=AuditExceptions(model="lemons", exceptions=[_ALONE]),
        ),
        "until another person has reviewed them: champion_card",
    ),
    Break("champion_watched", "no monitor is on", replaced(spec=spec(DECLARED + _MONITORS_OFF)), "no monitor"),
    Break(
        "champion_watched",
        "nothing is checked",
        replaced(spec=spec(DECLARED + "schedules: {check: null}\n")),
        "schedules.check is null",
    ),
    Break("champion_watched", "checks are overdue", _problem("unchecked-lemons"), "nobody checked them"),
    Break(
        "critical_alerts_seen",
        "nobody has seen one",
        replaced_in("version", unacknowledged={"roc_auc": AS_OF - _DAY_AND_MORE}),
        "roc_auc (told 2024-01-09 23:59 UTC)",
    ),
    Break("defects_in_time", "one is overdue", replaced_in("data", defects=[defect(overdue=True)]), "d1 (owner ana"),
    Break("alerts_subscribed", "nobody has subscribed", replaced_in("operation", subscriptions=0), "nobody"),
    Break(
        "deployment_watched",
        "the watch is overdue",
        replaced_in("operation", watched_at=AS_OF - timedelta(hours=3, minutes=1)),
        "every hour is due",
    ),
    Break("schedules_live", "one is gone", _problem("schedule-lemons-check"), "schedule-lemons-check"),
    Break("schedules_live", "the group is gone", _problem("Schedules-gone"), "Schedules-gone"),
    Break("uploads_noticed", "notifications are off", _problem("DataBucket-notifications"), "DataBucket-notifications"),
    Break(
        "dead_letters_empty",
        "messages failed",
        _problem("CheckWindowDeadLetters-messages"),
        "in CheckWindowDeadLetters",
    ),
    Break("store_readable", "a newer release wrote", _problem("stack-older-than-store"), "stack-older-than-store"),
    Break(
        "roles_as_in_template",
        "nobody may ask",
        replaced_in(
            "operation", drifted=None, drift_unknown="CloudFormation refuses DescribeStacks", drift_refused=True
        ),
        "rights were taken away",
    ),
    Break("roles_as_in_template", "a role is wider", _drifted("TrainModelRole", "AWS::IAM::Role"), "TrainModelRole"),
    Break(
        "deployment_as_in_template",
        "a rule is off",
        _drifted("CheckRule", "AWS::Events::Rule"),
        "CheckRule",
    ),
    Break("release_supported", "a newer release made it", replaced_in("operation", release="0.0.9"), "only 0.0.9 runs"),
]
