"""Examines models, several at once: how their schedules differ from what is declared, and what is overdue."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from steward.concurrency import prefetch_map
from steward.events import Problem
from steward.repositories import model_schedules
from steward.repositories.models import SpecRevision
from steward.runtime import ScheduleSettings
from steward.selfcheck.overdue import overdue_audits, overdue_checks
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.schedules import Schedule

_REMEMBERED = timedelta(days=35)
"""As far back as the sweep of check_window looks for windows without a check."""


@dataclass(frozen=True, slots=True)
class ModelExamination:
    """What was found of one model.

    Attributes:
        wanted: the schedules that its declaration asks for, by name.
        amiss: a sentence on each schedule that is not as declared, by its name.
        overdue: what its schedules should have brought about, and have not.
    """

    model: str
    wanted: Mapping[str, Schedule]
    amiss: Mapping[str, str]
    overdue: tuple[Problem, ...]


def examine_models(
    settings: ScheduleSettings, data: Bucket, at: datetime, resumed: datetime | None = None
) -> Iterator[ModelExamination]:
    """Examine every declared model, in order of their names; some are examined at once.

    Each takes 12 requests, one for each version with records, and one for each thousand names in a listing.

    Args:
        settings: what the schedules should be like.
        data: where the models are.
        at: the moment that is spoken for.
        resumed: when schedules began again after a gap; None where they never stopped.
    """
    found = prefetch_map(partial(_examine, settings, data, at, resumed), data.list_prefixes(keys.models()))
    return (examined for examined in found if examined)


def _examine(
    settings: ScheduleSettings, data: Bucket, at: datetime, resumed: datetime | None, model: str
) -> ModelExamination | None:
    newest = max(data.list(keys.spec_revisions(model)), key=lambda listed: listed.key, default=None)
    if newest is None:
        return None
    revision = data.load(newest.key, SpecRevision)
    return ModelExamination(
        model=model,
        wanted=model_schedules.wanted_schedules(settings, revision.spec),
        amiss=model_schedules.find_differences(settings, revision.spec),
        overdue=() if revision.removal else tuple(_overdue(data, revision.spec, newest.modified, at, resumed)),
    )


def _overdue(
    data: Bucket, spec: ModelSpec, declared: datetime, at: datetime, resumed: datetime | None
) -> Iterator[Problem]:
    oldest = Window.containing(at - _REMEMBERED, spec.window.length).id
    prefix = keys.checks(spec.model)
    checked = frozenset(data.list_prefixes(prefix, start_after=prefix + oldest))
    audited = max((keys.audit_time(listed.key) for listed in data.list(keys.audits(spec.model))), default=declared)
    problems: Iterable[Problem | None] = (
        overdue_checks(spec, _windows(data, spec, oldest), checked, at, resumed),
        overdue_audits(spec, max(declared, audited, resumed or declared), at),
    )
    return (problem for problem in problems if problem)


def _windows(data: Bucket, spec: ModelSpec, oldest: str) -> set[str]:
    """The windows that have records, of the last weeks."""
    prefixes = [keys.profiles(spec.model, version) for version in data.list_prefixes(keys.profiles(spec.model))]
    return {window for prefix in prefixes for window in data.list_prefixes(prefix, start_after=prefix + oldest)}
