"""Every statistic names the paper or standard that it comes from."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from steward.performance.binary_metrics import business_value
from steward.performance.metrics import METRICS
from steward.spec.quality import BusinessValue

PACKAGES = ("steward.drift", "steward.drift.joint", "steward.estimation", "steward.performance", "steward.attribution")

_RETURNS = re.compile(r"^(float( \| None)?|Estimate( \| None)?|Floats|tuple\[float, float\]|CellSlopes)$")
"""What a statistic, its tail or its interval returns."""

PARTS = {
    "steward.drift.comparison": {"ColumnChange"},
    "steward.drift.histograms": {"totals"},
    "steward.drift.sensitivity": {"mean_squared_error"},
    "steward.drift.wasserstein_distance": {"unlimited_distance", "in_deviations"},
    "steward.drift.standardised_shift": {"limits", "outer_edges"},
    "steward.performance.intervals": {"at_least"},
    "steward.performance.policy_metric": {"expected_change"},
    "steward.performance.realised_performance": {"threshold"},
}
"""Steps of a statistic, whose docstring names the source, or limits that people set; they are none by themselves."""


def modules() -> Iterator[Any]:
    for package in PACKAGES:
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            if not found.ispkg:
                yield importlib.import_module(found.name)


def statistics() -> Iterator[tuple[str, Any]]:
    """Public functions that return a figure, and public classes that hold a p-value."""
    for module in modules():
        for name, member in vars(module).items():
            if name.startswith("_") or getattr(member, "__module__", None) != module.__name__:
                continue
            if name in PARTS.get(module.__name__, ()):
                continue
            figure = inspect.isfunction(member) and _RETURNS.match(annotation(member))
            if figure or (inspect.isclass(member) and "p_value" in getattr(member, "__annotations__", {})):
                yield f"{module.__name__}.{name}", member


def annotation(function: Callable[..., Any]) -> str:
    found = function.__annotations__.get("return", "")
    text = found if isinstance(found, str) else found.__name__ if inspect.isclass(found) else str(found)
    text = re.sub(r"[\w.]+\.(\w+)", r"\1", text)
    return "Floats" if text.startswith("ndarray") else text


def documented(statistic: Any) -> str:
    """Its own docstring; of a class, those of its methods too, and of the functions of its module that make it."""
    texts = [inspect.getdoc(statistic) or ""]
    if inspect.isclass(statistic):
        texts += [inspect.getdoc(member) or "" for member in vars(statistic).values() if callable(
            getattr(member, "__func__", member))]  # fmt: skip
        makers = vars(inspect.getmodule(statistic)).values()
        texts += [inspect.getdoc(maker) or "" for maker in makers
                  if inspect.isfunction(maker) and statistic.__name__ in annotation(maker)]  # fmt: skip
    return "\n".join(texts)


FOUND = dict(statistics())


def test_the_walk_finds_the_statistics() -> None:
    names = {name.rpartition(".")[2] for name in FOUND}
    assert names >= {
        "population_stability_index", "jensen_shannon_distance", "hellinger_distance", "kolmogorov_smirnov",
        "chi_squared", "l_infinity_distance", "mean_shift",
        "VanishedCategories", "mean_cosine_shift", "EmbeddingChange", "CorrelationShift", "ReconstructionError",
        "Discrepancy", "DomainClassifier", "normalised_discounted_cumulative_gain", "accuracy", "bias", "f1",
    }  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_statistic_names_its_source(name: str) -> None:
    assert re.search(r"\bSources?: \S", documented(FOUND[name])), f"{name} names no source in its docstring"


@pytest.mark.parametrize("task", METRICS)
def test_every_metric_names_its_source(task: str) -> None:
    for name, metric in METRICS[task].items():
        estimate = metric.estimate
        maker = getattr(inspect.getmodule(estimate), estimate.__qualname__.partition(".")[0])
        assert re.search(r"\bSources?: \S", inspect.getdoc(maker) or ""), f"{task}: {name}"


def test_the_business_value_names_its_source() -> None:
    assert business_value(BusinessValue()).name == "business_value"
    assert "Source: " in (inspect.getdoc(business_value) or "")
