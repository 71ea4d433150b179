"""Recommended first steps, in order of urgency."""

from collections.abc import Iterator
from dataclasses import dataclass

from steward.events import ObjectRef
from steward.reporting.formatting import day, moment, name
from steward.reporting.health import OF_ALERTS
from steward.reporting.model_report import HEALTH_STATUSES, HealthStatus, ModelReport
from steward.reporting.reported_monitors import MonitorState
from steward.spec.severity import rank

MOST = 8
"""Steps that are listed; the sections below have the rest."""


_TITLES = {True: "alert fires", False: "windows keep being bad"}


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing that needs a person.

    Attributes:
        look: how urgent it is.
        title: what it is, in a few words.
        note: since when, and how often.
        sentence: what was found.
        commands: to look into it, and to answer.
        sources: the objects that say so.
    """

    look: HealthStatus
    title: str
    note: str
    sentence: str
    commands: tuple[str, ...]
    sources: tuple[ObjectRef, ...]


def first_steps(report: ModelReport) -> list[FirstStep]:
    """Everything that needs a person, the most urgent first."""
    steps = [*_monitors(report), *_failed_run(report), *_audit(report), *_defects(report)]
    return sorted(steps, key=lambda step: HEALTH_STATUSES.index(step.look))


def explanation(report: ModelReport) -> str:
    """The command that shows how the newest check came to its findings; empty where no alert is about that."""
    window = report.check.window if report.check else None
    about = any(monitor.window == window for monitor in report.monitors if monitor.alert == "firing" or monitor.lasting)
    return f"steward explain {report.model} {report.check.check}" if report.check and about else ""


def _failed_run(report: ModelReport) -> Iterator[FirstStep]:
    failed = report.failed_run
    if failed is None:
        return
    titles = {
        (True, False): "The newest training failed",
        (False, False): "Training failed, and no version is in charge",
        (False, True): "The first version was rejected, and none is in charge",
    }
    yield FirstStep(
        look="warning" if report.champion else "critical",
        title=titles[report.champion is not None, failed.refused],
        note=f"{'version' if failed.refused else 'run'} {failed.run}, as of {moment(failed.at)}",
        sentence=f"{failed.reason.rstrip('.')}; {failed.then}.",
        commands=(f"steward show {report.model} {failed.run}",),
        sources=(failed.source,),
    )


def _monitors(report: ModelReport) -> Iterator[FirstStep]:
    sources = tuple(found for found in (report.check and report.check.source, report.alerts) if found)
    for monitor in report.monitors:
        if monitor.alert != "firing" and not monitor.lasting:
            continue
        yield FirstStep(
            look=OF_ALERTS[monitor.severity] if monitor.alert == "firing" else "warning",
            title=f"{name(monitor.monitor)}: {_TITLES[monitor.alert == 'firing']}",
            note="; ".join(_notes(monitor)),
            sentence=monitor.sentence,
            commands=_answers(report.model, monitor),
            sources=sources,
        )


def _notes(monitor: MonitorState) -> Iterator[str]:
    if monitor.alert == "firing" and monitor.since:
        yield f"since {day(monitor.since)}"
    if monitor.bad_of_recent:
        yield monitor.bad_of_recent
    if monitor.reason and monitor.alert != "firing":
        yield monitor.reason
    if monitor.doubtful_window:
        yield f"the newest window ({day(monitor.doubtful_window)}) {monitor.doubt}"
    if monitor.acknowledged:
        yield f"acknowledged by {monitor.acknowledged}"
    if monitor.quiet:
        yield f"nobody is told: {monitor.quiet}"


def _answers(model: str, monitor: MonitorState) -> tuple[str, ...]:
    if monitor.alert != "firing" or monitor.acknowledged:
        return ()
    return (f"steward acknowledge {model} {monitor.monitor}",)


def _audit(report: ModelReport) -> Iterator[FirstStep]:
    if report.audit and report.audit.failed:
        failed = set(report.audit.failed)
        broken = sorted(
            (one for one in report.audit.invariants if one.invariant in failed), key=lambda one: -rank(one.severity)
        )
        yield FirstStep(
            look="critical" if broken[0].severity == "critical" else "warning",
            title="The audit fails",
            note=f"as of {moment(report.audit.as_of)}",
            sentence="; ".join(f"{name(found.invariant)}: {found.message}" for found in broken),
            commands=(f"steward audit {report.model}",),
            sources=(report.audit.source,),
        )


def _defects(report: ModelReport) -> Iterator[FirstStep]:
    for defect in report.defects:
        if defect.overdue:
            yield FirstStep(
                look="critical" if defect.severity == "critical" else "warning",
                title=f"Defect {defect.defect} is overdue",
                note=f"{defect.severity}, due {moment(defect.deadline)}, {defect.owner} owns it",
                sentence=defect.title,
                commands=(f"steward defects {report.model} {defect.defect}",),
                sources=(defect.source,),
            )
