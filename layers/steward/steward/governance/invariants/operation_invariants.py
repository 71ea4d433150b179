"""Invariants of what looks after a model: alerts, defects, schedules, exceptions and the deployment."""

from datetime import timedelta
from typing import ClassVar

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.invariants.champion_invariants import NO_CHAMPION
from steward.governance.invariants.data_invariants import overdue
from steward.selfcheck.last_watch import GAP

_SEEN_WITHIN = timedelta(days=1)
_NEVER_WATCHED = not_applicable("the deployment was not watched yet; watch_deployment does so every hour")
_OF_DEPLOYMENT = "see what is wrong, with the remedy of each: `steward doctor`"


class ExceptionsCurrent(Invariant):
    """Every exception is in force or was ended, and another person has reviewed it where approvals are asked for."""

    name = "exceptions_current"
    severity = "warning"
    remedy = 'end it (`steward except {model} INVARIANT --end --reason "..."`), or declare it anew with an end'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the newest exception of each invariant."""
        newest = {one.invariant: one for one in evidence.exceptions.exceptions}
        lapsed = [one for one in newest.values() if one.ended_at is None and one.until <= evidence.as_of]
        if lapsed:
            said = ", ".join(f"{one.invariant} (owner {one.owner}, until {one.until:%Y-%m-%d})" for one in lapsed)
            return fails(f"run out, and neither ended nor renewed: {said}")
        in_force = [one for one in newest.values() if one.in_force(evidence.as_of)]
        alone = [one for one in in_force if evidence.four_eyes and not one.reviewed_by]
        if alone:
            said = ", ".join(f"{one.invariant} (by {one.author})" for one in alone)
            command = f'`steward except {{model}} {alone[0].invariant} --review --reason "..."`'
            return fails(
                f"they do not count until another person has reviewed them: {said}",
                remedy=f"another person looks at it, and reviews it: {command}",
            )
        return holds(f"{len(in_force)} exceptions are in force" if in_force else "no exception is in force")


class ChampionWatched(Invariant):
    """The champion's windows are compared with its baseline: monitors are declared, and no check is overdue."""

    name = "champion_watched"
    severity = "critical"
    remedy = "check now (`steward check {model}`), and see what is in its way: `steward doctor`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the declaration, and at what the deployment's watch found."""
        if evidence.routing.champion is None:
            return NO_CHAMPION
        monitors = evidence.spec.monitors
        on = [name for name in type(monitors).model_fields if getattr(monitors, name) is not None]
        if not on:
            return fails("no monitor is declared")
        if evidence.spec.schedules.check is None:
            return fails("schedules.check is null: no window is checked by itself", severity="warning")
        late = evidence.operation.caused(f"unchecked-{evidence.spec.model}")
        if late:
            return fails("windows have closed, and nobody checked them")
        if not evidence.version.checks:
            return not_applicable("no window of the champion has been checked yet, and none is overdue")
        return holds(f"{len(on)} monitors compare its windows with its baseline")


class CriticalAlertsSeen(Invariant):
    """Whoever was told of a critical alert that fires has acknowledged it within a day."""

    name = "critical_alerts_seen"
    severity = "critical"
    remedy = 'look at it (`steward status {model}`), and say so: `steward acknowledge {model} --note "..."`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the alerts that fire."""
        unseen = evidence.version.unacknowledged
        late = {name: at for name, at in unseen.items() if evidence.as_of - at > _SEEN_WITHIN}
        if late:
            said = ", ".join(f"{name} (told {at:%Y-%m-%d %H:%M} UTC)" for name, at in sorted(late.items()))
            return fails(f"critical alerts fire, and nobody has acknowledged them: {said}")
        return holds("no critical alert fires unseen for more than a day")


class DefectsInTime(Invariant):
    """No defect of the data is past its deadline; those of the quarantine are another invariant's."""

    name = "defects_in_time"
    severity = "warning"
    remedy = "see who owns it (`steward defects {model}`), and move it on: `steward change-defect {model} DEFECT close`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the overdue defects."""
        found = [one for one in overdue(evidence) if one.highest_severity.source != "quarantine"]
        if not found:
            return holds("no defect is past its deadline")
        said = ", ".join(f"{one.defect} (owner {one.owner}, due {one.deadline:%Y-%m-%d})" for one in found)
        critical = any(one.severity == "critical" for one in found)
        return fails(f"past their deadline: {said}", severity="critical" if critical else "warning")


class AlertsSubscribed(Invariant):
    """Somebody has confirmed a subscription of the alert topic."""

    name = "alerts_subscribed"
    severity = "warning"
    remedy = "subscribe: `aws sns subscribe --topic-arn ARN --protocol email --notification-endpoint YOUR@ADDRESS`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the number of subscriptions."""
        subscriptions = evidence.operation.subscriptions
        if subscriptions is None:
            return not_applicable("the function has no alert topic")
        return (
            holds("the alert topic has confirmed subscriptions")
            if subscriptions
            else fails("nobody has confirmed a subscription of the alert topic, so nobody hears of alerts")
        )


class DeploymentWatched(Invariant):
    """The deployment was watched within the last three hours, by itself."""

    name = "deployment_watched"
    severity = "critical"
    remedy = "see that the rule WatchDeploymentRule is enabled: `steward doctor`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the newest watch with the audit's moment."""
        watched = evidence.operation.watched_at
        if watched is None:
            return _NEVER_WATCHED
        said = f"it was watched at {watched:%Y-%m-%d %H:%M} UTC"
        if evidence.as_of - watched <= GAP:
            return holds(said)
        return fails(f"{said}, and every hour is due")


class SchedulesLive(Invariant):
    """The model's schedules are in EventBridge Scheduler, as declared."""

    name = "schedules_live"
    severity = "critical"
    remedy = _OF_DEPLOYMENT

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what the deployment's watch found."""
        operation = evidence.operation
        if operation.watched_at is None:
            return _NEVER_WATCHED
        found = operation.caused(f"schedule-{evidence.spec.model}-", "Schedules-gone")
        if found:
            return fails(" ".join(one.sentence for one in found))
        return holds("they are as declared")


class DeadLettersEmpty(Invariant):
    """No message has failed for good: the dead-letter queues are empty."""

    name = "dead_letters_empty"
    severity = "warning"
    remedy = "see why they failed (`steward redrive`), and send them round again: `steward redrive FUNCTION --send`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what the deployment's watch found; how many there are changes all the time."""
        operation = evidence.operation
        if operation.watched_at is None:
            return _NEVER_WATCHED
        queues = sorted(
            one.cause.removesuffix("-messages") for one in operation.problems if one.cause.endswith("-messages")
        )
        return fails(f"messages wait in {', '.join(queues)}") if queues else holds("they are empty")


class UploadsNoticed(Invariant):
    """The data bucket tells of uploads, and no gap in the watch left any unnoticed."""

    name = "uploads_noticed"
    severity = "critical"
    remedy = _OF_DEPLOYMENT

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what the deployment's watch found."""
        operation = evidence.operation
        if operation.watched_at is None:
            return _NEVER_WATCHED
        found = operation.caused("DataBucket-notifications", "unwatched")
        return fails(" ".join(one.sentence for one in found)) if found else holds("the data bucket tells of uploads")


class StoreReadable(Invariant):
    """The release that runs reads every document of its store: no newer release wrote any."""

    name = "store_readable"
    severity = "critical"
    remedy = (
        "upgrade the stack to the release that wrote them or a later one: `make deploy`; `steward doctor` says more"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what the deployment's watch found."""
        operation = evidence.operation
        if operation.watched_at is None:
            return _NEVER_WATCHED
        found = operation.caused("stack-older-than-store")
        return fails(found[0].sentence) if found else holds("no document has a newer schema than this release reads")


class _AsInTemplate(Invariant):
    """Some resources of the stack are as the template has them."""

    of_rights: ClassVar[bool]

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what CloudFormation's newest drift detection found."""
        operation = evidence.operation
        drifted, checked = operation.drifted, operation.drift_checked_at
        if operation.drift_refused and self.of_rights:
            said = (
                f"{operation.drift_unknown}, which the template's role of audit_models may ask: rights were taken away"
            )
            return fails(said, severity="warning")
        if operation.drift_unknown:
            return not_applicable(
                f"{operation.drift_unknown}, so that drift is not known; `steward doctor` compares now"
            )
        if drifted is None or checked is None:
            return not_applicable(
                "CloudFormation was not asked for drift (`aws cloudformation detect-stack-drift --stack-name STACK`); "
                "`steward doctor` compares now"
            )
        found = [one.logical for one in drifted if one.of_rights == self.of_rights]
        if found:
            return fails(f"not as in the template: {', '.join(found)}")
        return holds(f"as in the template, by the drift detection of {checked:%Y-%m-%d %H:%M} UTC")


class RolesAsInTemplate(_AsInTemplate):
    """Roles and policies of the stack are as the template has them, so no wider."""

    name = "roles_as_in_template"
    severity = "critical"
    remedy = "see who changed them (CloudTrail) and what differs (`steward doctor`), and deploy again: `make deploy`"
    of_rights = True


class DeploymentAsInTemplate(_AsInTemplate):
    """The stack's other resources are as the template has them."""

    name = "deployment_as_in_template"
    severity = "warning"
    remedy = "see what differs (`steward doctor`), and deploy again: `make deploy`"
    of_rights = False


class ReleaseSupported(Invariant):
    """A release of Steward that is no newer than the one that runs has made the champion."""

    name = "release_supported"
    severity = "warning"
    remedy = (
        "upgrade the stack to the release that made it or a later one (`make deploy`), or "
        "`steward retrain {model} --reason TEXT`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the releases."""
        if evidence.manifest is None:
            return NO_CHAMPION
        made, runs = evidence.manifest.release, evidence.operation.release
        if not made or not runs:
            return not_applicable("the release that made it is not known")
        if _parts(made) <= _parts(runs):
            return holds(f"Steward {made} made it, and {runs} runs")
        return fails(f"Steward {made} made it, and only {runs} runs")


def _parts(release: str) -> tuple[int, ...]:
    """A release as numbers that can be compared.

    >>> _parts("0.10.1") > _parts("0.9.0")
    True
    """
    return tuple(int(part) for part in release.split(".") if part.isdigit())
