"""Watchdog of the deployment: finds overdue work, notifies, and restores schedules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from steward.alerting.messages import deployment_notice
from steward.events import DEPLOYMENT, ClockTick, DeploymentDegraded, DeploymentRecovered, Event, Problem
from steward.notification_channels import publish
from steward.outbox import OutboxEntry, announce
from steward.repositories import model_schedules, models
from steward.runtime import Runtime, ScheduleSettings, Settings, WatchSettings, logger
from steward.selfcheck.incidents import IncidentChanges, OpenIncidents
from steward.selfcheck.last_watch import LastWatch
from steward.selfcheck.overdue import GRACE, overdue_audits, overdue_checks
from steward.selfcheck.schema_versions import SchemaVersions
from steward.services.dead_letter_rounds import send_round
from steward.spec.durations import format_duration
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import bucket_protection, cloudwatch, deployment, keys
from steward.store.bucket import Bucket
from steward.store.kinds import schema_versions
from steward.store.schedules import Scheduler, ScheduleRefused

_COPIED_WITHIN = timedelta(minutes=30)
"""S3 copies most objects within 15 minutes."""

_REMEMBERED = timedelta(days=35)
"""As far back as the sweep of check_window looks for windows without a check."""


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
    copied = list(_of_replicas(runtime, at)) if runtime.settings.replica_arn else []
    last = runtime.data.update(
        keys.last_watch(),
        LastWatch,
        lambda present: (present or LastWatch()).with_watch(at, runtime.settings.stack_id),
    )
    amiss = list(of_schedules(runtime.settings, runtime.data))
    gap = last.gap(at, len(amiss), len({spec.model for spec, _, _ in amiss}))
    held = list(held_messages(runtime.settings.bus))
    versions = runtime.data.update(
        keys.schema_versions(),
        SchemaVersions,
        lambda present: (present or SchemaVersions()).with_release(schema_versions()),
    )
    if not known.knows(at):
        found = [*versions.problems(), *of_queues(held, at), *_of_bucket(runtime.settings), *copied]
        if gap:  # in place of all that follows from it
            found.append(gap)
        else:
            found += _of_schedules(runtime.settings, amiss)
            for model in list_models(runtime.data):
                found += of_model(runtime.data, model, at, last.resumed)
        if any(known.diff(found)):
            known = runtime.data.update(
                keys.deployment_problems(),
                OpenIncidents,
                lambda present: (present or OpenIncidents()).with_problem(found, at),
            )
    refused = _restore_schedules(runtime.settings, amiss)
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
            lambda present, told=news: (present or OpenIncidents()).with_notified(told),  # type: ignore[misc]
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
            event = kind(
                **runtime.header(DEPLOYMENT, news.at, f"watch-{news.at:%Y%m%dT%H%M%SZ}"),
                problems=list(problems),
            )
            sentences = " ".join(problem.sentence for problem in problems)
            entry = OutboxEntry(event, action, runtime.settings.bus, sentences)  # type: ignore[arg-type]
            yield from announce(runtime, entry, partial(publish, runtime, deployment_notice(event)))


def list_models(data: Bucket) -> Iterator[str]:
    """Every declared model."""
    return data.list_prefixes(keys.models())


def of_model(data: Bucket, model: str, at: datetime, resumed: datetime | None = None) -> Iterator[Problem]:
    """What a model's schedules should have brought about by a moment, and have not.

    Args:
        data: where the model is.
        model: its name.
        at: the moment.
        resumed: when schedules began again after a gap.
    """
    newest = models.newest_revision(data, model)
    if newest is None or newest[0].removal:
        return
    spec = newest[0].spec
    oldest = Window.containing(at - _REMEMBERED, spec.window.length).id
    prefix = keys.checks(model)
    checked = frozenset(data.list_prefixes(prefix, start_after=prefix + oldest))
    problem = overdue_checks(spec, _windows(data, spec, at), checked, at, resumed)
    if problem:
        yield problem
    declared = max((listed.modified for listed in data.list(keys.spec_revisions(model))), default=at)
    audited = max((keys.audit_time(listed.key) for listed in data.list(keys.audits(model))), default=declared)
    problem = overdue_audits(spec, max(declared, audited, resumed or declared), at)
    if problem:
        yield problem


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
            )


def dead_letters(logical: str, count: int) -> Problem:
    """That a dead-letter queue is not empty."""
    words = "".join(f"_{one.lower()}" if one.isupper() else one for one in logical.removesuffix("DeadLetters"))
    return Problem(
        cause=f"{logical}-messages",
        sentence=f"{count} messages failed too often and wait in {logical}.",
        remedy=f"steward redrive {words.strip('_')} shows why; with --send they go round again",
    )


def of_schedules(settings: ScheduleSettings, data: Bucket) -> Iterator[tuple[ModelSpec, str, str]]:
    """Each schedule that is not as declared: the declaration, the schedule's name, and a sentence."""
    for model in list_models(data):
        newest = models.newest_revision(data, model)
        if newest:
            for name, sentence in model_schedules.find_differences(settings, newest[0].spec).items():
                yield newest[0].spec, name, sentence


def _of_bucket(settings: Settings) -> Iterator[Problem]:
    if not deployment.upload_notifications_enabled(settings.data_bucket):
        yield Problem(
            cause="DataBucket-notifications",
            sentence="The bucket DataBucket tells nobody of uploads: its notifications to EventBridge are off.",
            remedy=f"aws s3api put-bucket-notification-configuration --bucket {settings.data_bucket} "
            "--notification-configuration '{\"EventBridgeConfiguration\": {}}'; upload again what came meanwhile",
        )


def _of_replicas(runtime: Runtime[WatchSettings], at: datetime) -> Iterator[Problem]:
    """Whether S3 has copied what the watch before this one wrote, and the deployment's newest ledger entry.

    That costs two requests an hour; S3's own metrics of replication cost 2.40 USD a month.
    """
    last = runtime.data.load_if_present(keys.last_watch(), LastWatch)
    if last is None or last.at is None or at - last.at < _COPIED_WITHIN:
        return
    newest = runtime.ledger.length(DEPLOYMENT)
    for name, bucket, key in (
        ("DataBucket", runtime.data.name, keys.last_watch()),
        ("LedgerBucket", runtime.ledger.bucket.name, keys.ledger_entry(DEPLOYMENT, newest)),
    ):
        status = bucket_protection.replication_status(bucket, key)
        if status in {"PENDING", "FAILED"}:
            yield Problem(
                cause=f"{name}-replication",
                sentence=f"S3 does not copy {name} to its replica: after {format_duration(_COPIED_WITHIN)} and more, "
                f"{key} is {status}.",
                remedy="look whether the replica is there, keeps versions and lets the stack's ReplicationRole write; "
                "then have a batch job copy what failed (infra/docs/restore.md)",
            )


def _of_schedules(settings: ScheduleSettings, amiss: Sequence[tuple[ModelSpec, str, str]]) -> Iterator[Problem]:
    """What is wrong with schedules, and what to do about it if EventBridge Scheduler takes those that are declared."""
    group = Scheduler(settings.schedule_group)
    if not group.exists():
        yield Problem(
            cause="Schedules-gone",
            sentence=f"The schedule group {group.group} was gone, with every schedule in it.",
            remedy="Steward makes it again with the first schedule that it puts back; nothing is left to do.",
        )
    for spec, name, sentence in amiss:
        mend = "Steward has put it back; nothing is left to do."
        if name not in model_schedules.wanted_schedules(settings, spec):
            mend = f"aws scheduler delete-schedule --name {name} --group-name {group.group}"
        yield Problem(cause=_cause(name), sentence=f"{sentence[0].upper()}{sentence[1:]}.", remedy=mend)


def _restore_schedules(settings: ScheduleSettings, amiss: Sequence[tuple[ModelSpec, str, str]]) -> dict[str, str]:
    """Make schedules as they are declared; what to do about those that are refused, by the cause of the trouble."""
    group = Scheduler(settings.schedule_group)
    refused = {}
    for spec, name, _ in amiss:
        declared = model_schedules.wanted_schedules(settings, spec).get(name)
        try:
            if declared:
                group.put(declared)
        except ScheduleRefused as error:
            refused[_cause(name)] = f"It cannot be put back, upload a declaration that mends it: {error}"
    return refused


def _cause(schedule: str) -> str:
    return f"schedule-{schedule}"


def _windows(data: Bucket, spec: ModelSpec, at: datetime) -> set[str]:
    """The windows that have records, of the last weeks."""
    oldest = Window.containing(at - _REMEMBERED, spec.window.length).id
    prefixes = [keys.profiles(spec.model, version) for version in data.list_prefixes(keys.profiles(spec.model))]
    return {window for prefix in prefixes for window in data.list_prefixes(prefix, start_after=prefix + oldest)}
