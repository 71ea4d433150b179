"""Write the table of monitors into infra/docs/monitors.md, from the code that declares and computes them."""

import argparse
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from steward.performance.binary_metrics import business_value
from steward.performance.metrics import METRICS
from steward.spec.monitors import (
    ClassificationMetric,
    DriftName,
    EstimateName,
    MonitorName,
    Monitors,
    OperationName,
    QualityName,
    RegressionMetric,
)

PAGE = Path(__file__).parents[1] / "docs" / "monitors.md"
BEGIN = "<!-- monitors: written by infra/schemas/monitors.py -->"
END = "<!-- monitors: end -->"

GROUPS: Mapping[str, tuple[MonitorName, ...]] = {
    "drift": get_args(DriftName),
    "data quality": get_args(QualityName),
    "performance of classifiers": get_args(ClassificationMetric),
    "performance of regressions": get_args(RegressionMetric),
    "without all labels, or between groups": get_args(EstimateName),
    "operation": get_args(OperationName),
}

SHARED: Mapping[MonitorName, str] = {
    "feature_drift": "The distribution of each feature, compared with the baseline.",
    "score_drift": "The distribution of scores, predictions and other outputs.",
    "missing_values": "The proportion of a feature's values that are missing or not finite.",
    "unseen_categories": "The proportion of a feature's values that are not in the reference.",
    "validity": "The proportion of rows that violate a type, range, domain, pattern or rule.",
    "uniqueness": "The proportion of rows with a duplicate ID.",
    "estimated_performance": "The estimated decrease of a metric, while labels are missing.",
    "error_rate": "The proportion of requests that failed.",
    "cpu": "A percentile of the processor utilisation, in percent.",
    "gpu": "A percentile of the GPU utilisation, in percent.",
    "memory": "A percentile of the memory utilisation, in percent.",
}
"""What monitors watch whose kind of limit has others too, so that its docstring is about the limit alone."""

MEASURES: Mapping[MonitorName, str] = {
    "feature_drift": "numbers: normalised Wasserstein, Kolmogorov-Smirnov, mean shift in sd, dispersion "
    "of ranks; categories: vanished; both: PSI, Jensen-Shannon, Hellinger, L-infinity, chi-squared; embeddings: MMD, "
    "mean cosine shift",
    "score_drift": "the same",
    "joint_drift": "largest change of a correlation, PCA reconstruction error, MMD, ROC AUC of a domain classifier",
    "missing_values": "Fisher's test",
    "unseen_categories": "Fisher's test against Good's estimate",
    "segment_drift": "those of features, in each segment",
    "attribution_drift": "nDCG of the two rankings",
}
"""What drift is measured by."""

LABELS: frozenset[MonitorName] = frozenset(
    {
        *get_args(ClassificationMetric),
        *get_args(RegressionMetric),
        "label_leakage",
        "unmatched_labels",
        "contradicted_labels",
        "segment_performance",
    }
)
"""Monitors that wait for labels."""


def table() -> str:
    """The table, with its markers."""
    lines = [BEGIN, "| monitor | watches | by | limit unless declared | labels |", "| --- | --- | --- | --- | --- |"]
    for group, names in GROUPS.items():
        lines.append(f"| **{group}** | | | | |")
        lines += [_row(name) for name in names]
    return "\n".join([*lines, END])


def written(page: str) -> str:
    """The page with the table in its place.

    Raises:
        ValueError: it has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        msg = f"{PAGE.name} has no lines {BEGIN} and {END} to write the table between"
        raise ValueError(msg)
    return before + table() + after


def _row(name: MonitorName) -> str:
    cells = (
        f"`{name}`",
        watches(name),
        MEASURES.get(name, _interval(name)),
        limit(name),
        "yes" if name in LABELS else "",
    )
    return f"| {' | '.join(cell.replace('|', '\\|') for cell in cells)} |"


def _interval(name: MonitorName) -> str:
    return "its 95 % interval" if name in _METRICS else ""


def watches(name: MonitorName) -> str:
    """What a monitor looks at: by its description, by the docstring of its metric, or by that of its kind of limit."""
    field = Monitors.model_fields[name]
    if name in _METRICS:
        return _METRICS[name]
    if field.description:
        return _first_sentence(field.description)
    if name in SHARED:
        return SHARED[name]
    kind = _kind(name)
    if _KINDS[kind] > 1:
        msg = f"{kind.__name__} limits several monitors: say in SHARED, or in a description, what {name} watches"
        raise ValueError(msg)
    return _first_sentence(inspect.getdoc(kind) or "")


def limit(name: MonitorName) -> str:
    """The declared defaults; off where people have to set a limit of their own."""
    default = getattr(Monitors(), name)
    if default is None:
        return "off"
    settings = {key: value for key, value in default.model_dump(mode="json").items() if isinstance(value, float | int)}
    return ", ".join(f"`{key}: {value:g}`" for key, value in settings.items()) or "on"


def _kind(name: MonitorName) -> type[BaseModel]:
    (kind,) = (part for part in get_args(Monitors.model_fields[name].annotation) if part is not type(None))
    return kind  # type: ignore[no-any-return]


def _first_sentence(text: str) -> str:
    flat = " ".join(text.split())
    return re.split(r"(?<=[a-z0-9)%])[.:;] ", f"{flat} ", maxsplit=1)[0].strip().rstrip(".") + "."


def _metric_sentences() -> Iterator[tuple[MonitorName, str]]:
    for metrics in (METRICS["regression"], METRICS["binary_classification"]):
        for name, metric in metrics.items():
            yield name, _clause(inspect.getdoc(metric.estimate) or "")
    yield "business_value", _clause(inspect.getdoc(business_value) or "")


def _clause(text: str) -> str:
    """What a metric is, without its interval and what it needs."""
    sentence = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    sentence = re.split(r",? with (?:Wilson|Student)'s interval|;|\. ", sentence, maxsplit=1)[0]
    return sentence.rstrip(".") + "."


_METRICS: dict[MonitorName, str] = dict(_metric_sentences())
_KINDS = Counter(_kind(name) for names in GROUPS.values() for name in names)


def main() -> int:
    """Write the table, or with `--check` only say that it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the table is stale")
    check = parser.parse_args().check
    present = PAGE.read_text(encoding="utf-8")
    wanted = written(present)
    if present != wanted:
        print(f"{PAGE.name}{' is stale: run python infra/schemas/monitors.py' if check else ''}")
        if not check:
            PAGE.write_text(wanted, encoding="utf-8")
    return 1 if check and present != wanted else 0


if __name__ == "__main__":
    sys.exit(main())
