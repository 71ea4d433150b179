"""The gate that holds a version to budgets of time, memory and size."""

from collections.abc import Iterator
from statistics import median

from steward.operation.order_statistics import enclosing_ranks
from steward.results import count_of
from steward.spec.gate_settings import ServingBudgets
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest
from steward.validation.evaluation import GateFinding, GateResult
from steward.validation.footprint import Footprint

_MEGABYTE = 1e6


class WithinBudgets:
    """The version takes no more time, memory and storage than declared.

    Time is refused where the whole 95 % interval of the median is above its budget: a busy machine makes some
    repetitions slow, and few of them say nothing of the version.
    """

    name = "budgets"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Nothing is asked without budgets, or where nothing was measured."""
        asked, measured = policy.budgets, contest.footprint
        if asked is None or measured is None:
            return None
        findings = list(_compare(asked, measured))
        beyond = [finding for finding in findings if not finding.passed]
        said = "; ".join(finding.message for finding in beyond or findings)
        remedy = ". Train a smaller model (fewer trees or leaves), or raise validation.budgets" if beyond else ""
        return GateResult(gate=self.name, passed=not beyond, message=f"{said}{remedy}", findings=findings)


def _compare(asked: ServingBudgets, measured: Footprint) -> Iterator[GateFinding]:
    if asked.artifact_megabytes is not None:
        yield _of_size("artifact", "the artifact has", measured.artifact_bytes, asked.artifact_megabytes)
    if measured.problem and asked.measured:
        message = f"a process of its own could not score with it: {measured.problem}"
        yield GateFinding(name="process", passed=False, message=message, rows=measured.rows)
        return
    if asked.memory_megabytes is not None and measured.peak_bytes is None:
        message = "memory is not measured: the system does not say what a process takes"
        yield GateFinding(name="memory", passed=True, message=message, limit=asked.memory_megabytes)
    elif asked.memory_megabytes is not None and measured.peak_bytes is not None:
        said = f"a process that loads it and scores {count_of(measured.rows, 'row')} takes"
        yield _of_size("memory", said, measured.peak_bytes, asked.memory_megabytes, measured.rows)
    if asked.milliseconds is not None:
        yield _of_time(measured, asked.milliseconds)


def _of_size(name: str, said: str, taken: int, limit: float, rows: int = 1) -> GateFinding:
    value = taken / _MEGABYTE
    passed = value <= limit
    message = f"{said} {value:.3g} MB, {'within' if passed else 'more than'} the {limit:g} allowed"
    return GateFinding(name=name, passed=passed, message=message, value=value, limit=limit, rows=rows)


def _of_time(measured: Footprint, limit: float) -> GateFinding:
    """The median of the repetitions, with its interval."""
    ranked = sorted(measured.milliseconds)
    low_rank, high_rank = enclosing_ranks(0.5, len(ranked))
    low = ranked[low_rank] if low_rank is not None else None
    high = ranked[high_rank] if high_rank is not None else None
    value = median(ranked)
    passed = low is None or low <= limit
    beyond = "surely more than" if not passed else "not surely more than" if value > limit else "within"
    interval = f" ({low:.3g} to {high:.3g})" if low is not None and high is not None else ""
    message = (
        f"{count_of(measured.rows, 'row')} took {value:.3g} ms{interval} in the median of {len(ranked)} repetitions "
        f"in {measured.where}, {beyond} the {limit:g} allowed"
    )
    return GateFinding(
        name="milliseconds", passed=passed, message=message, value=value, low=low, high=high, limit=limit,
        rows=measured.rows,
    )  # fmt: skip
