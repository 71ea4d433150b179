"""How the decisions of a stored check came about, worked out again from the stored profiles."""

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from steward.errors import ObjectMissing, StewardError
from steward.monitoring.check import Check
from steward.results import MetricResult
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

_FOUND = ("drift", "breach")


def find(data: Bucket, check: str, models: Sequence[str]) -> Check:
    """A check by its key or its id.

    Args:
        data: where checks are stored.
        check: `checks/<model>/<window>/<check>.json`, or the id alone.
        models: whose checks to search for an id.

    Raises:
        StewardError: there is none.
    """
    if "/" in check:
        key = check.removeprefix(f"s3://{data.name}/")
        try:
            return Check.model_validate_json(data.get(key).body)
        except ObjectMissing as error:
            raise StewardError(f"there is no check {key}; `steward status MODEL` names the windows") from error
    for model in models:
        for listed in data.list(keys.checks(model)):
            if listed.key.endswith(f"/{check}.json"):
                return Check.model_validate_json(data.get(listed.key).body)
    raise StewardError(f"no check of {', '.join(models) or 'any model'} has the id {check}")


def heading(check: Check) -> str:
    """What was compared with what."""
    window = Window.parse(check.window)
    against = f"{len(check.compared)} earlier windows" if check.compared else "the version's own baseline"
    return (
        f"[bold]{escape(check.model)}[/], version {escape(check.version)}, "
        f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC\n"
        f"{check.rows:,} rows in {len(check.batches)} batches, {check.labelled_rows:,} labelled; "
        f"drift is measured against {against}"
    )


def table(check: Check) -> Table:
    """One row a monitor and column: the gravest first, then in the check's order."""
    drawn = Table(title="Decisions", title_justify="left", pad_edge=False)
    for name in ("monitor", "column", "", "how it was decided"):
        drawn.add_column(name, overflow="fold")
    for result in sorted(decisive(check.results), key=lambda result: result.status not in _FOUND):
        style = "yellow" if result.status in _FOUND else "dim" if result.status == "unknown" else ""
        column = "/".join(part for part in (result.segment, result.column) if part)
        drawn.add_row(result.monitor, escape(column), result.status, escape(decision(result)), style=style)
    return drawn


def decisive(results: Sequence[MetricResult]) -> Iterator[MetricResult]:
    """One result of each monitor, segment and column: the one that its status rests on."""
    seen: set[tuple[str, str | None, str | None]] = set()
    ordered = sorted(range(len(results)), key=lambda at: (results[at].effect is None, at))
    for at in sorted(_first(results, ordered, seen)):
        yield results[at]


def decision(result: MetricResult) -> str:
    """The steps of one decision, in figures.

    >>> decision(MetricResult(monitor="feature_drift", column="age", statistic="wasserstein_distance", value=0.4,
    ...     threshold=0.05, p_value=1e-9, significance=1e-4, effect=0.4, status="drift", message="`age` moved"))
    'p 1e-09 is at most 0.0001: beyond chance; effect 0.4 is at least 0.05: it matters. `age` moved'
    """
    steps = []
    if result.p_value is not None and result.significance is not None:
        real = result.p_value <= result.significance
        steps.append(
            f"p {result.p_value:.3g} is {'at most' if real else 'above'} {result.significance:.3g}: "
            f"{'beyond chance' if real else 'chance does this'}"
        )
        if result.effect is not None and result.threshold is not None and result.monitor.endswith("_drift"):
            matters = result.effect >= result.threshold
            steps.append(
                f"effect {result.effect:.3g} is {'at least' if matters else 'below'} {result.threshold:.3g}: "
                f"{'it matters' if matters else 'too little to matter'}"
            )
    return "; ".join(steps) + (". " if steps else "") + result.message


def comparison(check: Check, again: Sequence[MetricResult]) -> tuple[bool, str]:
    """Whether the results worked out again are those that are stored, and the sentence that says so."""
    stored = [result.model_dump_json() for result in check.results]
    changed = [
        (before, after)
        for before, after in zip(check.results, again, strict=False)
        if before.model_dump_json() != after.model_dump_json()
    ]
    if len(stored) == len(again) and not changed:
        return (
            True,
            f"worked out again from {len(check.batches)} stored profiles: all {len(again)} results are the same",
        )
    first = changed[0][0] if changed else None
    what = f"; the first is {first.monitor} {first.statistic} of {first.column}" if first else ""
    return False, f"worked out again, {max(len(changed), abs(len(stored) - len(again)))} results differ{what}"


def _first(
    results: Sequence[MetricResult], ordered: Sequence[int], seen: set[tuple[str, str | None, str | None]]
) -> set[int]:
    chosen = set()
    for at in ordered:
        result = results[at]
        place = (result.monitor, result.segment, result.column or result.statistic)
        if place not in seen:
            seen.add(place)
            chosen.add(at)
    return chosen
