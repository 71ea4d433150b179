"""Watchdog of the deployment: finds overdue work, notifies, and restores schedules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from steward.alerting.health_notice import deployment_notice
from steward.concurrency import prefetch_map
from steward.events import DEPLOYMENT, ClockTick, DeploymentDegraded, DeploymentRecovered, Event, Problem
from steward.notification_channels import publish
from steward.outbox import OutboxEntry, announce
from steward.repositories.model_examination import ModelExamination, examine_models
from steward.repositories.replica_examination import examine_replicas
from steward.runtime import Runtime, Settings, WatchSettings, logger
from steward.selfcheck.incidents import IncidentChanges, OpenIncidents
from steward.selfcheck.last_watch import LastWatch
from steward.selfcheck.overdue import GRACE
from steward.selfcheck.runbooks import RUNBOOKS, runbook
from steward.selfcheck.schema_versions import SchemaVersions
from steward.spec.durations import format_duration
from steward.store import cloudwatch, deployment, keys
from steward.store.dead_letter_rounds import send_round
from steward.store.kinds import schema_versions
from steward.store.schedules import Schedule, Scheduler, ScheduleRefused

_MOST_TOLD = 100
"""Problems in one notification and event, which may have 256 KB."""


@dataclass(frozen=True, slots=True)
class _AgeMetric:
    """How long the oldest message of a queue has waited, in CloudWatch's words."""

    queue: str
    namespace: str = "AWS/SQS"
    metric: str = "ApproximateAgeOfOldestMessage"
    statistic: str = "Maximum"

    @property
    def dimensions(self) -> tuple[tuple[str, str], ...]:
        return (("QueueName", self.queue),)


def watch_deployment(runtime: Runtime[WatchSettings], tick: ClockTick) -> Iterator[Event]:
    """Tell people what is wrong, each cause once, and what is corrected; and put back the schedules that are amiss.

    It tells them itself rather than by the bus and raise_alerts, which may be what is wrong. What is found is stored
    before anything is corrected or told, and taken out of what is pending after it was told: after a death in between,
    the next delivery tells it, under the same id. Last, dead letters of functions without a queue are sent round again.
    """
    at = tick.at
    known = runtime.data.load_if_present(keys.deployment_problems(), OpenIncidents) or OpenIncidents()
    if known.knows(at) and not known.pending:
        return
    uncopied = list(examine_replicas(runtime.settings, runtime.data, runtime.ledger, at, known.problems))
    last = runtime.data.update(
        keys.last_watch(),
        LastWatch,
        lambda present: (present or LastWatch()).with_watch(at, runtime.settings.stack_id),
    )
    found_of_models = examine_models(runtime.settings, runtime.data, at, last.resumed)
    examined = [one for one in found_of_models if one.amiss or one.overdue]
    held = list(held_messages(runtime.settings.bus))
    versions = runtime.data.update(
        keys.schema_versions(),
        SchemaVersions,
        lambda present: (present or SchemaVersions()).with_release(schema_versions()),
    )
    group = Scheduler(runtime.settings.schedule_group)
    gone = not group.exists()
    if not known.knows(at):
        found = [*versions.problems(), *of_queues(held, at), *_of_bucket(runtime.settings), *uncopied]
        gap = last.gap(at, sum(len(one.amiss) for one in examined), sum(bool(one.amiss) for one in examined))
        if gap:  # in place of all that follows from it
            found.append(gap)
        else:
            found += [_group_gone(group)] if gone else []
            found += _of_schedules(group, examined)
            found += (problem for one in examined for problem in one.overdue)
        if any(known.diff(found)):
            known = runtime.data.update(
                keys.deployment_problems(),
                OpenIncidents,
                lambda present: (present or OpenIncidents()).with_problem(found, at),
            )
    if gone:
        group.create()
    refused = _restore_schedules(group, examined)
    if known.with_recovery(refused) != known:
        known = runtime.data.update(
            keys.deployment_problems(),
            OpenIncidents,
            lambda present: (present or OpenIncidents()).with_recovery(refused),
        )
    for news in known.pending:
        yield from _announce_changes(runtime, news)
        runtime.data.update(
            keys.deployment_problems(),
            OpenIncidents,
            lambda present, notified=news: (present or OpenIncidents()).with_notified(notified),  # type: ignore[misc]
        )
    for queue in held:
        if queue.of_asynchronous and queue.messages:
            sent = send_round(queue.url)
            logger.info("dead letters were sent round again", queue=queue.logical, sent=sent)


def _announce_changes(runtime: Runtime[WatchSettings], news: IncidentChanges) -> Iterator[Event]:
    """Announce what is wrong, and what is so no more, to people too."""
    for kind, action, problems in (
        (DeploymentDegraded, "deployment_degraded", news.fresh),
        (DeploymentRecovered, "deployment_recovered", news.recovered),
    ):
        if problems:
            reported = _as_reported(problems)
            event = kind(**runtime.header(DEPLOYMENT, news.at, f"watch-{news.at:%Y%m%dT%H%M%SZ}"), problems=reported)
            sentences = " ".join(problem.sentence for problem in reported)
            entry = OutboxEntry(event, action, runtime.settings.bus, sentences)  # type: ignore[arg-type]
            yield from announce(runtime, entry, partial(publish, runtime, deployment_notice(event)))


def _as_reported(problems: Sequence[Problem]) -> list[Problem]:
    """The problems in a number that an event can hold: what befalls one model may befall a thousand."""
    left_out = problems[_MOST_TOLD:]
    if not left_out:
        return list(problems)
    rest = Problem(
        cause="left-out",
        sentence=f"{len(left_out)} problems more are left out here.",
        remedy="steward doctor shows all that there are now",
        runbook=RUNBOOKS,
    )
    return [*problems[:_MOST_TOLD], rest]


@dataclass(frozen=True, slots=True)
class HeldMessages:
    """How many messages a queue holds.

    Attributes:
        of_asynchronous: whether it has the dead letters of a function that is invoked asynchronously.
    """

    logical: str
    url: str
    messages: int
    of_asynchronous: bool


def held_messages(stack: str) -> Iterator[HeldMessages]:
    """Every queue of the deployment."""
    found = dict(deployment.queues(stack))
    for logical, url in found.items():
        function = logical.removesuffix("DeadLetters")
        own = logical != function and f"{function}Queue" not in found
        yield HeldMessages(logical, url, deployment.messages(url), of_asynchronous=own)


def of_queues(held: Iterable[HeldMessages], at: datetime) -> Iterator[Problem]:
    """Messages that failed too often, and those that wait for too long."""
    waiting = {}
    for queue in held:
        if queue.messages and queue.logical.endswith("Queue"):
            waiting[queue.url.rsplit("/", 1)[-1]] = queue.logical
        elif queue.messages:
            yield dead_letters(queue.logical, queue.messages)
    yield from old_messages(waiting, at)


def old_messages(queues: Mapping[str, str], at: datetime, grace: timedelta = GRACE) -> Iterator[Problem]:
    """Queues whose oldest message is not done with for so long, as far as CloudWatch knows.

    Args:
        queues: the logical id of each queue that holds messages, by its name.
        at: now.
        grace: how old a message may be.
    """
    asked = {_AgeMetric(name): logical for name, logical in queues.items()}
    ages = cloudwatch.minutes(list(asked), at - grace, at) if asked else {}
    for question, values in ages.items():
        if values and values[max(values)] >= grace.total_seconds():
            yield Problem(
                cause=f"{asked[question]}-age",
                sentence=f"The oldest message of {asked[question]} waits or is in work for more than "
                f"{format_duration(grace)}.",
                remedy="steward status counts what is still in work; steward redrive shows what failed, and why",
                runbook=runbook("old-messages"),
            )


def dead_letters(logical: str, count: int) -> Problem:
    """That a dead-letter queue is not empty."""
    words = "".join(f"_{one.lower()}" if one.isupper() else one for one in logical.removesuffix("DeadLetters"))
    return Problem(
        cause=f"{logical}-messages",
        sentence=f"{count} messages failed too often and wait in {logical}.",
        remedy=f"steward redrive {words.strip('_')} shows why; with --send they go round again",
        runbook=runbook("dead-letters"),
    )


def _of_bucket(settings: Settings) -> Iterator[Problem]:
    if not deployment.upload_notifications_enabled(settings.data_bucket):
        yield Problem(
            cause="DataBucket-notifications",
            sentence="The bucket DataBucket tells nobody of uploads: its notifications to EventBridge are off.",
            remedy=f"aws s3api put-bucket-notification-configuration --bucket {settings.data_bucket} "
            "--notification-configuration '{\"EventBridgeConfiguration\": {}}'; upload again what came meanwhile",
            runbook=runbook("uploads-trigger-nothing"),
        )


def _group_gone(group: Scheduler) -> Problem:
    return Problem(
        cause="Schedules-gone",
        sentence=f"The schedule group {group.group} was gone, with every schedule in it.",
        remedy="Steward makes it again, with every schedule that a declaration asks for; nothing is left to do.",
        runbook=runbook("schedules"),
    )


def _of_schedules(group: Scheduler, examined: Iterable[ModelExamination]) -> Iterator[Problem]:
    """What is wrong with schedules, and what to do about it if EventBridge Scheduler takes those that are declared."""
    for one in examined:
        for name, sentence in one.amiss.items():
            mend = "Steward has put it back; nothing is left to do."
            if name not in one.wanted:
                mend = f"aws scheduler delete-schedule --name {name} --group-name {group.group}"
            yield Problem(
                cause=_cause(name),
                sentence=f"{sentence[0].upper()}{sentence[1:]}.",
                remedy=mend,
                runbook=runbook("schedules"),
            )


def _restore_schedules(group: Scheduler, examined: Iterable[ModelExamination]) -> dict[str, str]:
    """Make schedules as they are declared; what to do about those that are refused, by the cause of the trouble."""

    def restore(declared: Schedule) -> tuple[str, str]:
        try:
            group.put(declared)
        except ScheduleRefused as error:
            return _cause(declared.name), f"It cannot be put back, upload a declaration that mends it: {error}"
        return "", ""

    wanted = (one.wanted[name] for one in examined for name in one.amiss if name in one.wanted)
    return {cause: mend for cause, mend in prefetch_map(restore, wanted) if cause}


def _cause(schedule: str) -> str:
    return f"schedule-{schedule}"
