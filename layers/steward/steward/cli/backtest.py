"""`steward backtest`: rehearses retraining policies on stored records or files, without any side effect."""

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steward.cli.options import Json, Stack
from steward.errors import StewardError
from steward.spec.durations import format_duration, parse_duration
from steward.spec.windows import Window

if TYPE_CHECKING:
    from steward.backtest.policies import RehearsedPolicy
    from steward.backtest.policy_comparison import BacktestReport, PolicyResult, ReplayInterval
    from steward.backtest.records import ReplayRecords
    from steward.backtest.rehearsal import ProgressReport
    from steward.spec.model import ModelSpec

_MARKS = {"promoted": "▲", "refused": "✕", "failed": "!"}


def rehearse_policies(  # noqa: PLR0917 - the options of a command
    subjects: Annotated[
        list[str], typer.Argument(metavar="MODEL", help="Which model; with --files reference, predictions and labels.")
    ],
    policy: Annotated[
        list[Path] | None,
        typer.Option(
            dir_okay=False,
            help="A YAML file with the sections retraining and validation, which replace settings of the declaration; "
            "may be given several times.",
        ),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="Count windows from this date on.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Replay up to this date.")] = None,
    label_delay: Annotated[
        str | None, typer.Option(help="How long after a window its labels come, such as 7d; one window when left out.")
    ] = None,
    run_cost: Annotated[
        float | None, typer.Option(help="What one run costs, in units of the metric over one window.", min=0)
    ] = None,
    files: Annotated[
        bool, typer.Option("--files", help="Replay files instead: reference, predictions and labels, or one table.")
    ] = False,
    spec: Annotated[Path | None, typer.Option(dir_okay=False, help="The declaration, with --files.")] = None,
    reference_until: Annotated[
        str | None,
        typer.Option(
            help="Rows before this date make the first version; the reference when left out; needed with one table."
        ),
    ] = None,
    chart: Annotated[Path | None, typer.Option(dir_okay=False, help="Write a chart (SVG) here.")] = None,
    processes: Annotated[
        int | None, typer.Option(help="How many work side by side; all processors when left out.", min=1)
    ] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Rehearse retraining policies on a model's own past: runs, promotions, realised metric and cost of each.

    Replays labelled records window by window with the monitors, rules, recipe and gates that decide live. Compares the
    declared policy and those of --policy with a version that is never retrained, one retrained at every window without
    gates, and the best schedule in hindsight. Nothing is stored, and no event is sent.
    """
    from steward.backtest.policy_comparison import compare_policies  # noqa: PLC0415 - other commands need none of it
    from steward.backtest.records import check_counted  # noqa: PLC0415
    from steward.backtest.rehearsal import rehearse  # noqa: PLC0415

    if chart and not chart.absolute().parent.is_dir():
        raise StewardError(
            f"{chart} cannot be written: there is no folder {chart.parent}; make it, or name another file"
        )
    delay = None if label_delay is None else _duration(label_delay)
    counted_from, replayed_to, first_until = map(_moment, (since, until, reference_until))
    if files:
        policies, records = _from_files(subjects, spec, policy or [], delay, first_until)
        dollars = 0.0
    else:
        policies, records, dollars = _from_store(subjects, spec, policy or [], delay, stack)
        records = replace(records, reference_until=first_until or records.reference_until)
    declared = policies[0].spec
    records = records.until(declared, replayed_to)
    check_counted(declared, records, counted_from)
    with _progress() as progress:
        found = rehearse(
            records,
            policies,
            processes=processes or os.cpu_count() or 1,
            dollars_a_run=dollars,
            progress=progress,
        )
    report = compare_policies(
        found,
        model=declared.model,
        reference_until=records.reference_until,
        label_delay=records.label_delay.total_seconds(),
        since=counted_from,
        dollars_a_run=dollars,
        run_cost=run_cost,
    )
    if chart:
        from steward.backtest.chart import draw_chart  # noqa: PLC0415

        try:
            chart.write_text(draw_chart(report), encoding="utf-8")
        except OSError as error:
            raise StewardError(f"{chart} cannot be written: {error.strerror}; name another file") from error
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _show(report)
    if chart:
        typer.secho(f"the chart is in {chart}", err=True)


def _trainable_policies(declared: "ModelSpec", files: Sequence[Path]) -> list["RehearsedPolicy"]:
    """What is rehearsed, the declared policy first; refused before any record is read."""
    from steward.backtest.policies import rehearsed_policies  # noqa: PLC0415
    from steward.backtest.records import check_trainable  # noqa: PLC0415

    policies = rehearsed_policies(declared, files)
    for policy in policies:
        check_trainable(policy.spec)
    return policies


def _from_files(
    subjects: Sequence[str],
    path: Path | None,
    files: Sequence[Path],
    delay: timedelta | None,
    reference_until: datetime | None,
) -> tuple[list["RehearsedPolicy"], "ReplayRecords"]:
    from steward.backtest.files import read_records_of_files  # noqa: PLC0415
    from steward.cli.progress import rows_read  # noqa: PLC0415
    from steward.spec.document import read_spec_file  # noqa: PLC0415

    if path is None:
        raise StewardError("--files needs --spec: the declaration that names and types the columns")
    declared = read_spec_file(path)
    policies = _trainable_policies(declared, files)
    with rows_read() as progress:
        records = read_records_of_files(
            declared,
            [Path(subject) for subject in subjects],
            label_delay=declared.window.length if delay is None else delay,
            reference_until=reference_until,
            progress=progress,
        )
    return policies, records


def _from_store(
    subjects: Sequence[str], path: Path | None, files: Sequence[Path], delay: timedelta | None, stack: str
) -> tuple[list["RehearsedPolicy"], "ReplayRecords", float]:
    """The declaration in force with its policies, the stored rows, and what a run of the model took on average."""
    from steward.backtest.circumstances import Circumstances  # noqa: PLC0415
    from steward.backtest.records import ReplayImpossible, ReplayRecords  # noqa: PLC0415
    from steward.cli.deployment import Deployment  # noqa: PLC0415
    from steward.defects.defect import Defect  # noqa: PLC0415
    from steward.repositories import models, training_data  # noqa: PLC0415
    from steward.retraining.runs import Run  # noqa: PLC0415
    from steward.store import keys  # noqa: PLC0415

    if len(subjects) != 1 or path:
        raise StewardError("name one model; files need --files, and --spec goes with it")
    (model,) = subjects
    found = Deployment.of(stack).require(model)
    data = found.data
    declared, _ = models.current_spec(data, model)
    policies = _trainable_policies(declared, files)
    rows, reference_until = training_data.labelled_history(data, declared)
    if reference_until is None:
        raise ReplayImpossible(f"{model} has no stored reference, from which the first version would be made")
    runs = [
        data.load(item.key, Run) for item in data.list(keys.runs(model)) if item.key != keys.retraining_state(model)
    ]
    dollars = [run.dollars for run in runs if run.dollars]
    circumstances = Circumstances.of(
        found.ledger.entries(model), (data.load(item.key, Defect) for item in data.list(keys.defects(model)))
    )
    records = ReplayRecords(rows, reference_until, declared.window.length if delay is None else delay, circumstances)
    return policies, records, sum(dollars) / len(dollars) if dollars else 0.0


def _show(report: "BacktestReport") -> None:
    from steward.cli.terminal import console, draw_table  # noqa: PLC0415 - a program that reads JSON needs no Rich

    windows = [window.window for window in report.policies[0].windows]
    names = [policy.policy for policy in report.policies]
    title = f"{report.metric.replace('_', ' ')} by window (▲ a version was promoted after it, ✕ refused, ! failed)"
    by_window = draw_table(title, "window", *names, whole=("window",), figures=names)
    for window in windows:
        by_window.add_row(_day(window), *(_cell(policy, window) for policy in report.policies))
    console.print(by_window)
    console.print()
    costs = {
        "dollars": [one.dollars for one in report.policies],
        "total": [one.total for one in report.policies],
    }
    shown = {name: figures for name, figures in costs.items() if None not in figures}
    delay = format_duration(timedelta(seconds=report.label_delay)) if report.label_delay else "0s"
    headings = ("policy", "runs", "promoted", "refused", "mean", "better than never (95 %)", *shown)
    drawn = draw_table(
        f"{report.model}: {len(windows)} window{'s' if len(windows) > 1 else ''} from {_day(report.first_window)}; "
        f"labels {delay} after each",
        *headings, whole=("policy",), figures=("runs", "promoted", "refused", "mean", *shown),
    )  # fmt: skip
    for at, one in enumerate(report.policies):
        drawn.add_row(
            one.policy, str(one.runs), str(one.promoted), str(one.refused + one.failed), f"{one.mean.value:.4f}",
            f"{one.gain.value:+.4f} ({_spread(one.gain)})",
            *(f"{figures[at]:.4f}" for figures in shown.values()),
        )  # fmt: skip
    console.print(drawn)


def _spread(gain: "ReplayInterval") -> str:
    """An interval, where there are windows enough for one."""
    return f"{gain.low:+.4f} to {gain.high:+.4f}" if math.isfinite(gain.low) else "one window tells no interval"


def _day(window: str) -> str:
    """When a window begins; windows below a day by the minute."""
    found = Window.parse(window)
    return f"{found.start:%Y-%m-%d}" if found.length >= timedelta(days=1) else f"{found.start:%Y-%m-%d %H:%M}"


def _cell(policy: "PolicyResult", name: str) -> str:
    found = next((window for window in policy.windows if window.window == name), None)
    if found is None or found.realised is None:
        return ""
    return f"{found.realised.value:.3f}{''.join(_MARKS[run.outcome] for run in found.runs)}"


@contextmanager
def _progress() -> Iterator["ProgressReport"]:
    """How many windows of each policy are done, on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from steward.cli.terminal import errors  # noqa: PLC0415

    done: dict[str, tuple[int, int]] = {}

    def tell(name: str, windows: int, of: int) -> None:
        done[name] = (windows, of)
        status.update("; ".join(f"{known} {at} of {all_of}" for known, (at, all_of) in done.items()))

    with errors.status("replaying") as status:
        yield tell


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise StewardError(f"{text} is no date; write it as 2013-06-01") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _duration(text: str) -> timedelta:
    try:
        return timedelta(0) if text == "0" else parse_duration(text)
    except ValueError as error:
        raise StewardError(str(error)) from None
