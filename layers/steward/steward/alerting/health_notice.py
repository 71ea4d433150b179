"""Builds the notification about the health of the deployment itself."""

from steward.alerting.notification import Notification, subject_line
from steward.events import DeploymentDegraded, DeploymentRecovered


def deployment_notice(event: DeploymentDegraded | DeploymentRecovered) -> Notification:
    """Build the notification about the health of the deployment itself."""
    degraded = isinstance(event, DeploymentDegraded)
    changes = [
        "\n  ".join(part for part in (problem.sentence, problem.remedy, problem.runbook) if part)
        if degraded
        else problem.sentence
        for problem in event.problems
    ]
    first = event.problems[0].sentence
    more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    return Notification(
        id=event.event_id,
        model=event.model,
        severity="critical" if degraded else "info",
        states=["notice"],
        monitors=[type(event).__name__],
        subject=subject_line(f"Steward {'is unwell' if degraded else 'is mended'}: {first}{more}"),
        text="\n".join(
            [
                "Steward has looked at itself. This is wrong:" if degraded else "This was wrong, and is so no more:",
                "",
                *changes,
                "",
                "`steward doctor` looks at the whole deployment.",
                f"As of {event.as_of:%Y-%m-%d %H:%M} UTC. Correlation id {event.correlation_id}",
            ]
        ),
        as_of=event.as_of,
        correlation_id=event.correlation_id,
    ).fitting()
