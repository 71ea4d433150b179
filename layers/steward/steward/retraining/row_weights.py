"""How much each row counts in a fit: the weights of a span times those of the classes."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.errors import TrainingImpossible
from steward.records.canonical import canonical_label
from steward.spec.model import ModelSpec


def weigh_rows(
    classes: Literal["balanced"] | dict[str, float] | None,
    spec: ModelSpec,
    rows: pd.DataFrame,
    weights: NDArray[np.float64] | None,
) -> NDArray[np.float64] | None:
    """How much each row counts, shape (rows,); None where all count alike.

    Args:
        classes: how much those of each class count, or `balanced`: all classes together alike.
        spec: names the label.
        rows: with their labels.
        weights: of the span, shape (rows,); None where all count alike.

    Raises:
        TrainingImpossible: a class is named that no row has.
    """
    if classes is None:
        return weights
    labels = rows[spec.columns.label].astype(str)
    if classes == "balanced":
        codes, names = pd.factorize(labels)
        base = np.ones(len(rows)) if weights is None else weights
        totals = np.bincount(codes, weights=base, minlength=len(names))
        found: NDArray[np.float64] = base * (base.sum() / (len(names) * totals))[codes]
        return found
    two = spec.task == "binary_classification"
    named = {canonical_label(name) if two else name: weight for name, weight in classes.items()}
    known = sorted(set(labels))
    if missing := sorted(set(named) - set(known)):
        raise TrainingImpossible(
            f"class_weight names {', '.join(missing)}, which no training row has; labels are {', '.join(known)}"
        )
    of_class: NDArray[np.float64] = np.array([named.get(label, 1.0) for label in labels])
    return of_class if weights is None else of_class * weights
