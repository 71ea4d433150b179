"""`steward explain`: recomputes a stored check from the stored profiles, step by step."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.evidence.window_evidence import WindowEvidence
from steward.lineage.identifiers import UnknownId
from steward.monitoring.check import Check
from steward.monitoring.evaluate import evaluate
from steward.monitoring.recomputation import compare_results
from steward.repositories.artifacts import ArtifactCatalogue
from steward.repositories.window_evidence import restore_evidence
from steward.results import MetricResult, count_of
from steward.spec.windows import Window
from steward.store import keys

_FOUND = ("drift", "breach")
_UNTESTED = frozenset({"wasserstein_distance", "mean_cosine_shift"})
"""Statistics that carry the p-value of another."""

_LISTED = 8
"""Differences that are shown, of which a damaged profile may have hundreds."""

_AN_ID = re.compile(r"[0-9a-f]{16}|[0-9]{8}T[0-9]{6}Z_\w+")

ResultPlace = tuple[str, str | None, str | None]


def explain_check(
    model: Annotated[str, typer.Argument(help="Whose check; or the key of a check.")],
    check: Annotated[
        str | None,
        typer.Argument(
            help="A check's id or its beginning, a window by its id or a date in it, a monitor that found something, "
            "a version or `champion`; the newest check when left out."
        ),
    ] = None,
    version: Annotated[str | None, typer.Argument(help="With a window: whose check, where it has several.")] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show the evidence of a check, and recompute its results. Exits with 1 when they differ."""
    deployment = Deployment.of(stack)
    found = find(deployment, model, check, version)
    evidence = restore_evidence(deployment.data, found)
    again = compare_results(found.results, evaluate(evidence))
    sentence = again.summary(len(found.batches))
    if as_json:
        document = {"check": found, "same": again.same, "message": sentence, "differences": list(again.differences)}
        print_json(document | {"rounded": again.rounded, "largest_rounding": again.deviation})
    else:
        show(found, evidence)
        console.print(Text(sentence, style="green" if again.same else "bold red"))
        for difference in again.differences[:_LISTED]:
            console.print(Padding(Text(str(difference)), (0, 0, 0, 2), expand=False))
        if len(again.differences) > _LISTED:
            console.print(f"  and {len(again.differences) - _LISTED} more; --json has them all")
    raise typer.Exit(0 if again.same else 1)


def find(deployment: Deployment, model: str, name: str | None, version: str | None) -> Check:
    """The check that somebody means.

    Args:
        deployment: where it is.
        model: whose; or the key of a check, which names its model.
        name: what `Catalogue.check` takes; the newest check when None.
        version: whose check of a window.

    Raises:
        UnknownModel, UnknownId: there is none.
    """
    key = model.removeprefix(f"s3://{deployment.data.name}/")
    if of_model := keys.model_of_check(key):
        model, name = of_model, key
    elif name is None and _AN_ID.fullmatch(model):
        raise UnknownId(f"say whose check it is: `steward explain MODEL {model}`; `steward status` lists the models")
    return ArtifactCatalogue(deployment.require(model).data, model).check(name, version)


def show(check: Check, evidence: WindowEvidence) -> None:
    """Print it for people: what was found step by step, then the rest in a table, then what could not be measured."""
    console.print(heading(check), highlight=False)
    console.print()
    decisions = list(_decisions(check.results))
    for found in decisions:
        if found.result.status in _FOUND:
            console.print(_steps(found, evidence))
            console.print()
    quiet = [found for found in decisions if found.result.status in ("ok", "measured")]
    if quiet:
        console.print(_figures(quiet))
        console.print()
    unknown = [found.result for found in decisions if found.result.status == "unknown"]
    for title, results in (
        ("Cannot be told", [result for result in unknown if result.undecided]),
        ("Could not be measured", [result for result in unknown if not result.undecided]),
    ):
        if results:
            console.print(Text(title, style="bold"))
            for result in results:
                console.print(Padding(Text(f"{result.monitor}: {result.message}"), (0, 0, 0, 2), expand=False))
            console.print()


def heading(check: Check) -> Text:
    """What was compared with what."""
    window = Window.parse(check.window)
    against = f"{len(check.compared)} earlier windows" if check.compared else "the version's own baseline"
    batches = f"{len(check.batches)} batch{'' if len(check.batches) == 1 else 'es'}"
    return Text.assemble(
        (check.model, "bold"),
        f", version {check.version}\n"
        f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC: "
        f"{count_of(check.rows, 'row')} in {batches}, {check.labelled_rows:,} labelled\n"
        f"Drift is measured against {against}. It needs both: a change beyond chance, and one that matters.",
    )


class ExplainedDecision:
    """One decision: the result that its status rests on, and the smallest p-value behind it.

    Attributes:
        result: the one that carries the effect, where one does.
        p_value: the smallest of all results of the same monitor, segment and column.
        test: the statistic that gave it.
    """

    def __init__(self, results: Sequence[MetricResult]) -> None:
        tested = [result for result in results if result.p_value is not None]
        tested.sort(key=lambda result: result.statistic in _UNTESTED)
        self.result = next((result for result in results if result.effect is not None), results[0])
        smallest = min(tested, key=lambda result: result.p_value or 0.0, default=None)
        self.p_value = smallest.p_value if smallest else None
        self.test = smallest.statistic if smallest else None

    @property
    def subject(self) -> str:
        """What it is about."""
        parts = (self.result.segment, self.result.statistic if self.result.column is None else self.result.column)
        return " ".join(part for part in parts if part)

    def real(self) -> str | None:
        """The first step: whether chance explains it.

        >>> ExplainedDecision([MetricResult(monitor="feature_drift", column="age", statistic="mean_shift", p_value=1e-9,
        ...     significance=1e-4, status="ok", message="")]).real()
        'p = 1e-09 (mean shift) is at most 0.0001: beyond chance'
        """
        result = self.result
        if self.p_value is None or self.test is None or result.significance is None:
            return None
        real = self.p_value <= result.significance
        return (
            f"p = {self.p_value:.3g} ({self.test.replace('_', ' ')}) is {'at most' if real else 'above'} "
            f"{result.significance:.3g}: {'beyond chance' if real else 'chance does this'}"
        )

    def matters(self) -> str | None:
        """The second step: whether it is large enough.

        >>> ExplainedDecision([MetricResult(monitor="feature_drift", column="age", statistic="wasserstein_distance",
        ...     p_value=1e-9, threshold=0.05, effect=0.4, status="drift", message="")]).matters()
        'effect 0.4 is at least 0.05: it matters'
        """
        result = self.result
        if result.effect is None or result.threshold is None or result.p_value is None:
            return None
        matters = result.effect >= result.threshold
        return (
            f"effect {result.effect:.3g} is {'at least' if matters else 'below'} {result.threshold:.3g}: "
            f"{'it matters' if matters else 'too little to matter'}"
        )


def _steps(found: ExplainedDecision, evidence: WindowEvidence) -> Group:
    """What was found, and how, line by line."""
    result = found.result
    title = Text.assemble((result.status.upper(), "bold red"), "  ", (result.monitor, "bold"), "  ", found.subject)
    lines: list[tuple[str, str]] = [("found", result.message)]
    if result.value is not None:
        interval = f", {result.low:.4g} to {result.high:.4g}" if None not in (result.low, result.high) else ""
        before = f"; the baseline has {result.baseline:.4g}" if result.baseline is not None else ""
        lines.append(("value", f"{result.statistic.replace('_', ' ')} {result.value:.4g}{interval}{before}"))
    lines += [(name, step) for name, step in (("chance", found.real()), ("size", found.matters())) if step]
    share = _share(result, evidence)
    if share is not None:
        lines.append(("its share", share))
    if result.threshold is not None and found.matters() is None:
        lines.append(("limit", f"{result.threshold:.4g}"))
    rows = f"{result.rows:,} rows" + (f" against {result.baseline_rows:,}" if result.baseline_rows else "")
    lines.append(("sizes", rows + _deflation(result, evidence)))
    drawn = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    drawn.add_column(style="dim", min_width=9)
    drawn.add_column(overflow="fold", ratio=1)
    for name, text in lines:
        drawn.add_row(name, Text(text))
    return Group(title, Padding(drawn, (0, 0, 0, 2), expand=False))


def _share(result: MetricResult, evidence: WindowEvidence) -> str | None:
    """The part of the false-alarm rate of all tests together that one test of this decision has."""
    rate = _rates(evidence).get(result.monitor)
    if rate is None or not result.significance:
        return None
    part = rate / result.significance
    return f"{result.significance:.3g}, 1 part in {part:,.0f} of the {rate:g} that all tests of a window share"


def _rates(evidence: WindowEvidence) -> Mapping[str, float]:
    """The family-wise rate that each monitor of drift takes its share of."""
    monitors = evidence.spec.monitors
    own = {
        name: monitor.false_alarm_rate
        for name, monitor in (("feature_drift", monitors.feature_drift), ("score_drift", monitors.score_drift))
        if monitor is not None
    }
    strictest = min(own.values(), default=0.01)
    others = ("joint_drift", "missing_values", "unseen_categories", "attribution_drift")
    return dict.fromkeys(others, strictest) | {"segment_drift": own.get("feature_drift", strictest)} | own


def _deflation(result: MetricResult, evidence: WindowEvidence) -> str:
    """What the design effect makes of the rows: how many independent ones they are worth."""
    baseline = evidence.drift_baseline.facing(evidence.profile.entities)
    column = result.column
    if column is None and result.monitor == "joint_drift":
        effect = baseline.joint_design_effect
    elif column in baseline.embedding_spreads:
        effect = baseline.embedding_spreads[column].design_effect
    elif column is not None and result.monitor == "missing_values":
        effect = baseline.missing_design_effects.get(column, baseline.design_effect(column))
    elif column is not None and result.significance is not None:
        effect = baseline.design_effect(column)
    else:
        return ""
    here = effect.at(result.rows)
    if here.clusters is not None and here.repeats > 1 and result.rows:
        rows = result.rows / max(here.value, here.location)
        return (
            f"; the entity of a row has {here.repeats:.1f} of them, so that they are worth {rows:,.0f} independent ones"
        )
    if not here.known:
        return "; they count as independent, since the reference has fewer than three windows"
    nature = "; the reference's windows differ by nature" if here.clustered else ""
    return (
        f"; design effect {here.value:.3g}, so they count as {result.rows / here.value:,.0f} independent ones{nature}"
    )


def _figures(found: Sequence[ExplainedDecision]) -> Table:
    """The decisions that found nothing, one a line."""
    drawn = draw_table("Within limits", "monitor", "about")
    for name in ("value", "p", "at most", "effect", "limit", "rows"):
        drawn.add_column(name, justify="right", no_wrap=True)
    for decision in found:
        result = decision.result
        figures = (result.value, decision.p_value, result.significance, result.effect, result.threshold)
        drawn.add_row(
            result.monitor,
            Text(decision.subject if decision.subject != result.monitor else ""),
            *("" if figure is None else f"{figure:.2g}" for figure in figures),
            f"{result.rows:,}",
        )
    return drawn


def _decisions(results: Sequence[MetricResult]) -> Iterator[ExplainedDecision]:
    """One for each monitor, segment and column, or statistic where it is about all of them, in the check's order."""
    together: dict[ResultPlace, list[MetricResult]] = {}
    for result in results:
        about = result.column if result.column is not None else f"\n{result.statistic}"
        together.setdefault((result.monitor, result.segment, about), []).append(result)
    return map(ExplainedDecision, together.values())
