"""The result of a monitor: one shape for checks, reports and the command line."""

import re
from typing import Literal

from pydantic import ConfigDict

from steward.documents import TolerantModel
from steward.spec.monitors import StoredMonitor

Status = Literal["ok", "drift", "breach", "unknown", "measured"]

CHANCE = "chance alone does this"
"""How the clause of a message begins that says how often an unchanged model brings the same."""

_CHANCE = re.compile(rf"; {CHANCE} [^;]*")

FILLING = "rows_so_far"
"""The statistic of a window that may not have ended, and has too few rows as yet: it is judged again."""

INVALID_SHARE = "invalid_share"
"""The statistic of the validity of all rows; its sentence names the most frequent reasons."""

REMEDY = (
    "compare with a longer reference, or with earlier windows: "
    "`monitors: {feature_drift: {compared_with: {windows: 28}}}`, or `{every: 1w, repeats: 12}` for a weekly rhythm"
)
"""What helps where windows of the baseline differ so much that hardly any drift would show."""

MORE_ROWS = (
    "it takes more rows: where windows stay as small, declare a model with longer ones (`window: {length: ...}`), "
    "since those of a model cannot change"
)
"""What helps where the rows of a window are too few for a large change to show."""


class Precision(TolerantModel):
    """How precisely a performance metric and the holdout's are known.

    Attributes:
        window: half the width of the metric's 95 % interval on the side of the limit; at least what the holdout's would
            have with as many observations, since few rows may agree by chance.
        unchanged: half the width that it would have if the model were as on the holdout, with as many observations;
            of all but ROC AUC, that of the window.
        skewness: of an unchanged model's metric, towards the limit; at least 0.
        holdout: half the width of the holdout's, on the side of the window.
        observations: labelled rows; those of the rarest class where the metric is a mean over rows of a class.
        degrees: of freedom of `unchanged` where it follows from the holdout; None where from the window.
        selected: whether windows with as many rows often have no figure, for want of a class: those that have one are
            no fair sample, and prove nothing together.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    window: float
    unchanged: float
    skewness: float
    holdout: float
    observations: int
    degrees: int | None = None
    selected: bool = False


class MetricResult(TolerantModel):
    """One statistic of one monitor, with all that its status rests on.

    Attributes:
        monitor: the monitor, which is also the alert's name.
        column: the feature or output it is about; None for the model as a whole.
        segment: the rows it is about (`region=north`); None for all.
        statistic: the name of the measure (`population_stability_index`, `roc_auc`, ...).
        value: what was measured; None where it could not be.
        threshold: what `value` is compared with for practical significance.
        p_value: the chance of a value as extreme in unchanged data; None where no test applies.
        significance: what `p_value` is compared with, after the family-wise correction.
        effect: the size of the change in the statistic's own unit.
        detectable: the smallest effect that these rows would have shown to be beyond chance; None where not worked out.
        low, high: the confidence interval of `value`, where it has one.
        left_out: classes that a mean over classes leaves out, since the window or the holdout has no row of them.
        precision: of `value` and `baseline`, of performance with a limit.
        baseline: what the baseline has in place of `value`.
        rows, baseline_rows: sample sizes.
        status: `ok`, `drift` or `breach`; `unknown` where nothing could be measured, or hardly anything found;
            `measured` for a figure without a limit.
        message: the sentence a person reads.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    monitor: StoredMonitor
    column: str | None = None
    segment: str | None = None
    statistic: str
    value: float | None = None
    threshold: float | None = None
    p_value: float | None = None
    significance: float | None = None
    effect: float | None = None
    detectable: float | None = None
    low: float | None = None
    high: float | None = None
    left_out: tuple[str, ...] = ()
    precision: Precision | None = None
    baseline: float | None = None
    rows: int = 0
    baseline_rows: int = 0
    status: Status
    message: str

    @property
    def undecided(self) -> bool:
        """Whether something was measured, and yet cannot be told."""
        return self.status == "unknown" and self.p_value is not None


def without_chance(sentence: str) -> str:
    """A sentence without how often chance does it: once is enough where several stand together.

    >>> without_chance("`x` moved (n = 90); chance alone does this once in 4,000 windows; it carries 11 % of it")
    '`x` moved (n = 90); it carries 11 % of it'
    """
    return _CHANCE.sub("", sentence)


def shorten(sentence: str, longest: int = 600) -> str:
    """A sentence, cut between words where it is too long to be read.

    >>> shorten("a long sentence", 11), shorten("unbroken", 7)
    ('a long ...', 'unbr...')
    """
    if len(sentence) <= longest:
        return sentence
    cut = sentence[: longest - 3]
    words, _, broken = cut.rpartition(" ")
    return f"{words} ..." if words and len(broken) < longest // 2 else f"{cut}..."


def count_of(number: int, noun: str) -> str:
    """A number of things.

    >>> count_of(1, "row"), count_of(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
