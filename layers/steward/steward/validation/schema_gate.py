"""The gate that looks at what a version takes and gives: types of features, shape and range of outputs."""

import numpy as np
from numpy.typing import NDArray

from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest
from steward.validation.evaluation import GateResult

_SUM_TOLERANCE = 1e-6


class SoundSchema:
    """The version was fitted on the types that the declaration names, and every output is one that records may have."""

    name = "schema"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult:  # noqa: ARG002
        """Compare types by name, and the outputs on the holdout with what the task asks for."""
        changed = [
            f"{name} is {declared}, and it was fitted on {contest.fitted_types[name]}"
            for name, declared in contest.declared_types.items()
            if contest.fitted_types.get(name, declared) != declared
        ]
        outputs = output_problem(contest.labels, contest.challenger)
        problems = [*changed, *([outputs] if outputs else [])]
        types = f"{len(contest.declared_types)} features of the declared types, and " if contest.declared_types else ""
        message = (
            f"{'; '.join(problems)}; train again under the declaration in force, by a recipe that fits the task"
            if problems
            else f"{types}{len(contest.challenger):,} outputs {_kind(contest.challenger, contest.labels)}"
        )
        return GateResult(gate=self.name, passed=not problems, message=message, rows=len(contest.challenger))


def output_problem(labels: NDArray[np.generic], outputs: NDArray[np.float64]) -> str:
    """What is wrong with outputs; empty where they are as the labels' task asks for.

    Args:
        labels: whether positive, the position of the class, or the value, shape (rows,).
        outputs: of a version, shape (rows,), or of several classes (rows, classes).
    """
    several = np.issubdtype(labels.dtype, np.integer)
    expected = "one row for each class" if several else "one figure a row"
    if outputs.ndim != (2 if several else 1) or len(outputs) != len(labels):
        return f"the outputs have the shape {outputs.shape} for {len(labels):,} rows, and should have {expected}"
    wrong = int(np.count_nonzero(~np.isfinite(outputs)))
    if wrong:
        return f"{wrong:,} of {outputs.size:,} outputs are no finite numbers"
    if labels.dtype == np.float64:
        return ""
    if outputs.size and (outputs.min() < 0 or outputs.max() > 1):
        return f"outputs from {outputs.min():g} to {outputs.max():g} are no probabilities"
    off = np.abs(outputs.sum(axis=1) - 1).max(initial=0.0) if several else 0.0
    return f"probabilities of a row sum to 1 only within {off:.2g}" if off > _SUM_TOLERANCE else ""


def _kind(outputs: NDArray[np.float64], labels: NDArray[np.generic]) -> str:
    if outputs.ndim > 1:
        return f"with probabilities of {outputs.shape[1]} classes"
    return "that are finite" if labels.dtype == np.float64 else "that are probabilities"
