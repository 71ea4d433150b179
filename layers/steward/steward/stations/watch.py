"""Steward looks at itself: what should have happened and did not; what it finds is told, and schedules are put back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from steward.alerting.messages import deployment_notice
from steward.errors import StewardError
from steward.events import DEPLOYMENT, DeploymentMended, DeploymentUnwell, Event, Trouble
from steward.runtime import Runtime, ScheduleSettings, Settings, WatchSettings
from steward.selfcheck.lateness import GRACE, unaudited, unchecked
from steward.selfcheck.news import Known, News
from steward.spec.durations import format_duration
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry, schedules
from steward.stations.notify import send
from steward.store import cloudwatch, deployment, keys
from steward.store.bucket import Bucket
from steward.store.schedules import ScheduleRefused, Schedules

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


def watch_deployment(runtime: Runtime[WatchSettings], at: datetime) -> Iterator[Event]:
    """Tell people what is wrong, each cause once, and what is mended; and put back the schedules that are amiss.

    It tells them itself rather than by the bus and raise_alerts, which may be what is wrong. What is found is stored
    before anything is mended or told, and taken out of what is pending after it was told: after a death in between,
    the next delivery tells it, under the same id.
    """
    known = runtime.data.load_if_present(keys.troubles(), Known) or Known()
    if known.knows(at) and not known.pending:
        return
    amiss = list(of_schedules(runtime.settings, runtime.data))
    if not known.knows(at):
        found = [
            *of_queues(runtime.settings.bus, at),
            *_of_bucket(runtime.settings),
            *_of_schedules(runtime.settings, amiss),
        ]
        for model in models(runtime.data):
            found += of_model(runtime.data, model, at)
        if any(known.news(found)):
            known = runtime.data.swap(keys.troubles(), Known, lambda present: (present or Known()).finding(found, at))
    refused = _put_back(runtime.settings, amiss)
    if known.mending(refused) != known:
        known = runtime.data.swap(keys.troubles(), Known, lambda present: (present or Known()).mending(refused))
    for news in known.pending:
        yield from _tell(runtime, news)
        runtime.data.swap(keys.troubles(), Known, lambda present, told=news: (present or Known()).told(told))  # type: ignore[misc]


def _tell(runtime: Runtime[WatchSettings], news: News) -> Iterator[Event]:
    """Record news, send them to people, and put them on the bus."""
    for kind, action, troubles in (
        (DeploymentUnwell, "deployment_unwell", news.fresh),
        (DeploymentMended, "deployment_mended", news.mended),
    ):
        if troubles:
            event = kind(
                **runtime.header(DEPLOYMENT, news.at, f"watch-{news.at:%Y%m%dT%H%M%SZ}"),
                troubles=list(troubles),
            )
            sentences = " ".join(trouble.sentence for trouble in troubles)
            runtime.record(event, action, runtime.settings.bus, sentences)  # type: ignore[arg-type]
            send(runtime, deployment_notice(event))
            yield event


def models(data: Bucket) -> Iterator[str]:
    """Every declared model."""
    return data.folders("models/")


def of_model(data: Bucket, model: str, at: datetime) -> Iterator[Trouble]:
    """What a model's schedules should have brought about by a moment, and have not."""
    newest = registry.newest_revision(data, model)
    if newest is None or newest[0].removal:
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
            waiting[url.rsplit("/", 1)[-1]] = logical
            continue
        yield dead_letters(logical, count)
    yield from old_messages(waiting, at)


def old_messages(queues: Mapping[str, str], at: datetime, grace: timedelta = GRACE) -> Iterator[Trouble]:
    """Queues whose oldest message is not done with for so long, as far as CloudWatch knows.

    Args:
        queues: the logical id of each queue that holds messages, by its name.
        at: now.
        grace: how old a message may be.
    """
    asked = {_Age(name): logical for name, logical in queues.items()}
    ages = cloudwatch.minutes(list(asked), at - grace, at) if asked else {}
    for question, values in ages.items():
        if values and values[max(values)] >= grace.total_seconds():
            yield Trouble(
                cause=f"{asked[question]}-age",
                sentence=f"The oldest message of {asked[question]} waits or is in work for more than "
                f"{format_duration(grace)}.",
                mend="steward status counts what is still in work; steward redrive shows what failed, and why",
            )


def dead_letters(logical: str, count: int) -> Trouble:
    """That a dead-letter queue is not empty."""
    words = "".join(f"_{one.lower()}" if one.isupper() else one for one in logical.removesuffix("DeadLetters"))
    return Trouble(
        cause=f"{logical}-messages",
        sentence=f"{count} messages failed too often and wait in {logical}.",
        mend=f"steward redrive {words.strip('_')} shows why; with --send they go round again",
    )


def of_schedules(settings: ScheduleSettings, data: Bucket) -> Iterator[tuple[ModelSpec, str, str]]:
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


def _of_schedules(settings: ScheduleSettings, amiss: Sequence[tuple[ModelSpec, str, str]]) -> Iterator[Trouble]:
    """What is wrong with schedules, and what to do about it if EventBridge Scheduler takes those that are declared."""
    group = Schedules(settings.schedule_group)
    if not group.exists():
        yield Trouble(
            cause="Schedules-gone",
            sentence=f"The schedule group {group.group} was gone, with every schedule in it.",
            mend="Steward makes it again with the first schedule that it puts back; nothing is left to do.",
        )
    for spec, name, sentence in amiss:
        mend = "Steward has put it back; nothing is left to do."
        if name not in schedules.wanted(settings, spec):
            mend = f"aws scheduler delete-schedule --name {name} --group-name {group.group}"
        yield Trouble(cause=_cause(name), sentence=f"{sentence[0].upper()}{sentence[1:]}.", mend=mend)


def _put_back(settings: ScheduleSettings, amiss: Sequence[tuple[ModelSpec, str, str]]) -> dict[str, str]:
    """Make schedules as they are declared; what to do about those that are refused, by the cause of the trouble."""
    group = Schedules(settings.schedule_group)
    refused = {}
    for spec, name, _ in amiss:
        declared = schedules.wanted(settings, spec).get(name)
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
