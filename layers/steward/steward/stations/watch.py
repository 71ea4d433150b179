"""Steward looks at itself: what should have happened and did not; what it finds is told, and schedules are put back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from steward.alerting.messages import deployment_notice
from steward.errors import StewardError
from steward.events import DEPLOYMENT, DeploymentMended, DeploymentUnwell, Event, Trouble
from steward.runtime import Runtime, Settings
from steward.selfcheck.lateness import GRACE, unaudited, unchecked
from steward.selfcheck.news import Known
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry, schedules
from steward.stations.notify import send
from steward.store import cloudwatch, deployment, keys
from steward.store.bucket import Bucket
from steward.store.schedules import Schedule, ScheduleRefused, Schedules

_REMEMBERED = timedelta(days=35)
"""As far back as the sweep of check_window looks for windows without a check."""


@dataclass(frozen=True, slots=True)
class _Age:
    """How long the oldest message of a queue has waited, in CloudWatch's words."""

    queue: str
    namespace: str = "AWS/SQS"
    metric: str = "ApproximateAgeOfOldestMessage"
    statistic: str = "Maximum"

    @property
    def dimensions(self) -> tuple[tuple[str, str], ...]:
        return (("QueueName", self.queue),)


def watch_deployment(runtime: Runtime, at: datetime) -> Iterator[Event]:
    """Tell people what is wrong, each cause once, and what is mended; and put back the schedules that are amiss.

    It tells them itself rather than by the bus and raise_alerts, which may be what is wrong. What was told is
    remembered after it was told, so that a crash between the two tells it again, under the same id, rather than never.
    """
    known = _known(runtime.data)
    found = [
        *of_queues(runtime.settings.bus, at),
        *_of_bucket(runtime.settings),
        *_restored(runtime.settings, runtime.data),
    ]
    for model in models(runtime.data):
        found += of_model(runtime.data, model, at)
    fresh, mended = known.news(found)
    for kind, action, troubles in (
        (DeploymentUnwell, "deployment_unwell", fresh),
        (DeploymentMended, "deployment_mended", mended),
    ):
        if troubles:
            event = kind(
                occurred_at=runtime.now(),
                model=DEPLOYMENT,
                as_of=at,
                correlation_id=f"watch-{at:%Y%m%dT%H%M%SZ}",
                troubles=troubles,
            )
            send(runtime, deployment_notice(event))
            sentences = " ".join(trouble.sentence for trouble in troubles)
            runtime.record(event, action, runtime.settings.bus, sentences)  # type: ignore[arg-type]
            yield event
    if fresh or mended:
        runtime.data.swap(keys.troubles(), Known, lambda _: Known.of(found))


def models(data: Bucket) -> Iterator[str]:
    """Every declared model."""
    return data.folders("models/")


def of_model(data: Bucket, model: str, at: datetime) -> Iterator[Trouble]:
    """What a model's schedules should have brought about by a moment, and have not."""
    newest = registry.newest_revision(data, model)
    if newest is None:
        return
    spec = newest[0].spec
    trouble = unchecked(spec, _windows(data, spec, at), frozenset(_checked(data, spec, at)), at)
    if trouble:
        yield trouble
    declared = max((listed.modified for listed in data.list(keys.spec_revisions(model))), default=at)
    audited = max((_audited(listed.key) for listed in data.list(keys.audits(model))), default=declared)
    trouble = unaudited(spec, max(declared, audited), at)
    if trouble:
        yield trouble


def of_queues(stack: str, at: datetime) -> Iterator[Trouble]:
    """Messages that failed too often, and those that wait for too long."""
    waiting = {}
    for logical, url in deployment.queues(stack):
        count = deployment.messages(url)
        if not count:
            continue
        if logical.endswith("Queue"):
            waiting[_Age(url.rsplit("/", 1)[-1])] = logical
            continue
        yield dead_letters(logical, count)
    ages = cloudwatch.minutes(list(waiting), at - GRACE, at) if waiting else {}
    for question, values in ages.items():
        if values and values[max(values)] >= GRACE.total_seconds():
            yield Trouble(
                cause=f"{waiting[question]}-age",
                sentence=f"The oldest message of {waiting[question]} has waited for more than an hour.",
                mend="steward doctor",
            )


def dead_letters(logical: str, count: int) -> Trouble:
    """That a dead-letter queue is not empty."""
    words = "".join(f"_{one.lower()}" if one.isupper() else one for one in logical.removesuffix("DeadLetters"))
    return Trouble(
        cause=f"{logical}-messages",
        sentence=f"{count} messages failed too often and wait in {logical}.",
        mend=f"steward redrive {words.strip('_')} shows why; with --send they go round again",
    )


def of_schedules(settings: Settings, data: Bucket) -> Iterator[tuple[ModelSpec, str, str]]:
    """Each schedule that is not as declared: the declaration, the schedule's name, and a sentence."""
    for model in models(data):
        newest = registry.newest_revision(data, model)
        if newest:
            for name, sentence in schedules.amiss(settings, newest[0].spec).items():
                yield newest[0].spec, name, sentence


def _of_bucket(settings: Settings) -> Iterator[Trouble]:
    if not deployment.tells_of_uploads(settings.data_bucket):
        yield Trouble(
            cause="DataBucket-notifications",
            sentence="The bucket DataBucket tells nobody of uploads: its notifications to EventBridge are off.",
            mend=f"aws s3api put-bucket-notification-configuration --bucket {settings.data_bucket} "
            "--notification-configuration '{\"EventBridgeConfiguration\": {}}'; upload again what came meanwhile",
        )


def _restored(settings: Settings, data: Bucket) -> Iterator[Trouble]:
    """What was wrong with schedules; those that are declared are as they should be again."""
    group = Schedules(str(settings.schedule_group))
    if not group.exists():
        yield Trouble(
            cause="Schedules-gone",
            sentence=f"The schedule group {group.group} was gone, with every schedule in it.",
            mend="Steward makes it again with the first schedule that it puts back; nothing is left to do.",
        )
    for spec, name, sentence in list(of_schedules(settings, data)):
        declared = schedules.wanted(settings, spec)
        if name not in declared:
            mend = f"aws scheduler delete-schedule --name {name} --group-name {group.group}"
        else:
            mend = _put(group, declared[name])
        yield Trouble(cause=f"schedule-{name}", sentence=f"{sentence[0].upper()}{sentence[1:]}.", mend=mend)


def _put(group: Schedules, schedule: Schedule) -> str:
    try:
        group.put(schedule)
    except ScheduleRefused as error:
        return f"It cannot be put back, upload a declaration that mends it: {error}"
    return "Steward has put it back; nothing is left to do."


def _known(data: Bucket) -> Known:
    stored = data.find(keys.troubles())
    return Known.model_validate_json(stored.body) if stored else Known()


def _windows(data: Bucket, spec: ModelSpec, at: datetime) -> set[str]:
    """The windows that have records, of the last weeks."""
    oldest = Window.containing(at - _REMEMBERED, spec.window.length).id
    prefixes = [keys.profiles(spec.model, version) for version in data.folders(keys.profiles(spec.model))]
    return {window for prefix in prefixes for window in data.folders(prefix, start_after=prefix + oldest)}


def _checked(data: Bucket, spec: ModelSpec, at: datetime) -> Iterator[str]:
    prefix = keys.checks(spec.model)
    return data.folders(prefix, start_after=prefix + Window.containing(at - _REMEMBERED, spec.window.length).id)


def _audited(key: str) -> datetime:
    """When an audit was made, by the name of its report."""
    moment = key.rsplit("/", 1)[-1].partition("-")[0]
    try:
        return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise StewardError(f"{key} is no name of an audit's report; remove what is not Steward's own") from error
