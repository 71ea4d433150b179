"""Seeded predictions and labels of every task."""

import math

import numpy as np
from pydantic import BaseModel

from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from tests.unit import examples

CLASSES = ("bird", "cat", "dog")
BINARY = examples.spec()
MULTICLASS = examples.spec("""\
model: animals
owner: zoo@example.com
task: multiclass_classification
columns: {id: id, time: at, label: animal, scores: {bird: p_bird, cat: p_cat, dog: p_dog}}
features: {size: numeric}
""")
REGRESSION = examples.spec("""\
model: prices
owner: sales@example.com
task: regression
columns: {id: id, time: at, label: price, prediction: offer}
features: {size: numeric}
monitors: {bias: {tolerance: 0.2}}
""")


def binary(generator, size, sharpness=2.0):
    """Calibrated scores and labels."""
    scores = 1 / (1 + np.exp(-generator.normal(size=size) * sharpness))
    return scores, generator.random(size) < scores


def multiclass(generator, size, classes=3, sharpness=1.5):
    """Calibrated scores, labels and decisions."""
    logits = generator.normal(size=(size, classes)) * sharpness
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (generator.random(size)[:, None] > np.cumsum(scores, axis=1)[:, :-1]).sum(axis=1)
    return scores, labels, scores.argmax(axis=1)


def regression(generator, size):
    """Predictions and labels; the errors grow with the prediction and are skewed."""
    predictions = generator.uniform(10, 20, size)
    noise = generator.gamma(4, 0.5, size) - 2
    return predictions, predictions - noise * predictions / 10 + 0.1


def binary_outcomes(generator, size, sharpness=2.0):
    scores, labels = binary(generator, size, sharpness)
    return BinaryOutcomes.of(scores, labels, scores >= 0.5)


def multiclass_outcomes(generator, size, sharpness=1.5):
    return MulticlassOutcomes.of(CLASSES, *multiclass(generator, size, sharpness=sharpness))


def regression_outcomes(generator, size):
    return RegressionOutcomes.of(*regression(generator, size))


def counts(outcomes) -> object:
    """All that is counted, which every split and order agrees on."""
    return _without_floats(outcomes.model_dump())


def close(one: object, other: object, tolerance: float = 1e-9) -> bool:
    """Whether two dumps agree but for rounding."""
    if isinstance(one, BaseModel) and isinstance(other, BaseModel):
        return close(one.model_dump(), other.model_dump(), tolerance)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key], tolerance) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(close(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return one == other


def _without_floats(value):
    if isinstance(value, dict):
        return {key: _without_floats(part) for key, part in value.items() if not isinstance(part, float)}
    if isinstance(value, tuple):
        return tuple(part for part in value if not isinstance(part, float))
    return value
