"""`release:` in a declaration: what fits is read, and what does not is refused with what to write instead."""

import pytest

from steward.errors import SpecInvalid
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec

SPEC = """\
model: loans
owner: risk@example.com
task: binary_classification
columns: {id: loan, time: asked_at, score: risk, label: defaulted, entity: customer, latency: ms}
features: {income: numeric}
"""


def read(release: str, spec: str = SPEC) -> ModelSpec:
    return read_spec((spec + release).encode())


def test_versions_take_over_at_once_unless_declared() -> None:
    release = read("").release
    assert (release.mode, release.approval, release.experiment) == ("direct", None, None)


def test_every_mode_is_read() -> None:
    assert read("release: {mode: canary}\n").release.by_steps.steps == [0.05, 0.25, 0.5]
    canary = read("release: {mode: canary, canary: {minimum_rows: 70}}\n").release.by_steps
    assert canary.labels_wanted == 70
    ab = read("release: {mode: ab, ab: {smallest_effect: 0.01, duration: 4w, challengers: 2}}\n").release
    assert ab.ab is not None
    assert ab.ab.challenger_share == pytest.approx(1 / 3)
    assert ab.metric_of("binary_classification") == "log_loss"
    shadow = read("release: {mode: shadow, shadow: {margin: 0.01, duration: 2w, metric: accuracy}}\n").release
    assert shadow.metric_of("binary_classification") == "accuracy"
    guarded = read("release: {mode: canary, guardrails: [{metric: latency, margin: 5}, {metric: outcome, margin: 0.1, "
                   "better: lower}]}\n").release  # fmt: skip
    assert [one.direction for one in guarded.guardrails] == ["lower", "lower"]


@pytest.mark.parametrize(
    ("release", "problem"),
    [
        ("{mode: gradual}", "release.mode"),
        ("{mode: ab}", "needs its settings, such as ab: {smallest_effect: 0.01, duration: 28d}"),
        ("{mode: shadow}", "needs its settings, such as shadow: {margin: 0.01, duration: 14d}"),
        ("{canary: {bake: 1d}}", "says nothing with mode: direct; remove it, or write mode: canary"),
        ("{guardrails: [{metric: latency, margin: 5}]}", "says nothing with mode: direct"),
        ("{roll_back_on: [roc_auc]}", "says nothing with mode: direct"),
        ("{mode: canary, canary: {steps: [0.5, 0.1]}}", "must rise, such as"),
        ("{mode: canary, canary: {steps: [0.5, 1]}}", "steps"),
        ("{mode: canary, canary: {steps: []}}", "steps"),
        ("{mode: canary, canary: {bake: 0d}}", "bake"),
        ("{mode: canary, approval: maybe}", "approval"),
        ("{mode: canary, guardrails: [{metric: latency, margin: 0}]}", "margin"),
        ("{mode: canary, guardrails: [{metric: error_rate, margin: 0.1}]}", "error_rate needs columns.error"),
        ("{mode: canary, guardrails: [{metric: mean_absolute_error, margin: 1}]}", "does not apply to binary_class"),
        ("{mode: canary, guardrails: [{metric: latency, margin: 1}, {metric: latency, margin: 2}]}", "named twice"),
        ("{mode: canary, guardrails: [{metric: latency, margin: 1, better: higher}]}", "better is for outcome alone"),
        ("{mode: ab, ab: {smallest_effect: 0.1, duration: 4w, challengers: 2, share: 0.5}}", "leave nothing for the"),
        ("{mode: ab, ab: {smallest_effect: 0.1, duration: 4w, level: 0.4, power: 0.3}}", "must be above level"),
        ("{mode: ab, ab: {smallest_effect: 0.1, duration: 4w}, guardrails: [{metric: log_loss, margin: 1}]}",
         "decides already"),
        ("{mode: shadow, shadow: {margin: 0.1, duration: 1w, metric: latency}}", "not known of a shadow"),
        ("{mode: shadow, shadow: {margin: 0.1, duration: 1w, metric: outcome}}", "the same for all versions"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_where_it_stands(release: str, problem: str) -> None:
    with pytest.raises(SpecInvalid) as refused:
        read(f"release: {release}\n")
    assert problem in str(refused.value)
    assert "line 6" in str(refused.value)


@pytest.mark.parametrize("mode", ["canary", "ab, ab: {smallest_effect: 0.1, duration: 4w}"])
def test_shares_need_the_column_of_entities(mode: str) -> None:
    with pytest.raises(SpecInvalid, match=r"name their column as columns\.entity"):
        read(f"release: {{mode: {mode}}}\n", SPEC.replace(", entity: customer", ""))
