"""Which rows a version is fitted on, how much they count, and which span `auto` chooses."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from steward.retraining import fitting
from steward.retraining.fitting import fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.policy import training_settings
from steward.retraining.training_span import SpanFacts, choose_span, select_rows
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from tests.integration import lemons
from tests.unit.examples import DAY, START


def declared(settings: str = "") -> ModelSpec:
    return read_spec(lemons.SPEC + settings)


def rows(days: int, first_day: int = 0, *, flipped: bool = False) -> pd.DataFrame:
    sold = lemons.sales(days, first_day=first_day, rows_a_day=120, flipped=flipped)
    return sold.assign(sold_at=pd.to_datetime(sold["sold_at"], utc=True).astype("datetime64[us, UTC]"))


FACTS = SpanFacts(START + 20 * DAY, START + 5 * DAY, 4 * DAY, 2 * DAY)
moments = st.lists(st.integers(0, 30 * 24), min_size=1, max_size=40).map(
    lambda hours: pd.DataFrame({"sold_at": pd.to_datetime([START + timedelta(hours=hour) for hour in sorted(hours)])})
)
SPANS = ("everything", "trailing", "decaying", "since_change", "reference_and_recent")


@given(moments, st.sampled_from(SPANS))
def test_a_span_is_part_of_the_rows_and_weights_fall_with_age(frame: pd.DataFrame, span: Any) -> None:
    chosen, weights = select_rows(span, frame, frame["sold_at"], FACTS)
    assert set(chosen.index) <= set(frame.index)
    assert (weights is not None) == (span == "decaying")
    if weights is not None:
        assert len(weights) == len(frame)
        assert (np.diff(weights) >= 0).all()
        assert weights[-1] == 1
        assert ((weights > 0) & (weights <= 1)).all()


@given(moments)
def test_recent_rows_are_in_every_span_that_keeps_them(frame: pd.DataFrame) -> None:
    trailing = set(select_rows("trailing", frame, frame["sold_at"], FACTS)[0].index)
    both = set(select_rows("reference_and_recent", frame, frame["sold_at"], FACTS)[0].index)
    reference = set(frame.index[frame["sold_at"] < pd.Timestamp(FACTS.reference_until)])
    assert both == trailing | reference
    assert frame.index[-1] in trailing


def test_weights_halve_with_each_half_life() -> None:
    frame = pd.DataFrame({"sold_at": pd.to_datetime([START, START + 2 * DAY, START + 4 * DAY])})
    assert select_rows("decaying", frame, frame["sold_at"], FACTS)[1].tolist() == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("  span: trailing\n", "needs training_span"),
        ("  span: reference_and_recent\n", "needs training_span"),
        ("  span: decaying\n", "needs half_life"),
        ("  span: everything\n  training_span: 8w\n", "training_span says nothing with span: everything"),
        ("  half_life: 8w\n", "half_life says nothing with span: everything"),
        ("  budget: {}\n", "budget limits nothing without runs or dollars"),
        ("  refit: true\n", "refit needs a cool_down at least as long as holdout_span"),
        ("  span: newest\n", "span"),
    ],
)
def test_a_span_without_its_length_is_refused(settings: str, problem: str) -> None:
    with pytest.raises(SpecInvalid) as refused:
        declared(settings)
    assert problem in str(refused.value)


def test_settings_that_are_not_set_leave_the_digest_as_it_was() -> None:
    plain = training_settings(declared())
    assert training_settings(declared("  on_new_labels: 10\n")) == plain
    assert training_settings(declared("  span: auto\n")) != plain
    assert training_settings(declared("  training_span: 8w\n")) != plain


def chosen(spec: ModelSpec, training: pd.DataFrame, facts: SpanFacts = FACTS, loss: Any = None) -> Any:
    return choose_span(spec, training, facts, lambda part: len(part) >= 100, loss or (lambda *_: 0.0))


def test_what_cannot_be_told_becomes_everything_and_says_why() -> None:
    spec = declared("  span: since_change\n")
    unknown = chosen(spec, rows(10), SpanFacts(None, None, 4 * DAY, 2 * DAY))
    assert (unknown.span, unknown.sentence) == (
        "everything",
        "everything instead of since change: no alert says when the change began",
    )
    assert chosen(spec, rows(10)).sentence == "everything instead of since change: its rows are too few"
    assert chosen(spec, rows(30)).span == "since_change"


def test_auto_takes_the_span_with_the_smallest_loss_and_the_first_of_equal_ones() -> None:
    spec = declared("  span: auto\n")
    losses = {"everything": 0.5, "trailing": 0.4, "decaying": 0.45, "since_change": 0.4, "reference_and_recent": 0.41}
    best = chosen(spec, rows(40), loss=lambda span, *_: losses[span])
    assert best.span == "trailing"
    assert best.tried == losses
    assert "trailing won with a mean loss of 0.4000" in best.sentence
    assert chosen(spec, rows(40)).span == "everything"


def test_auto_compares_on_rows_that_the_fit_has_not_seen_and_that_are_no_holdout() -> None:
    spec, training = declared("  span: auto\n"), rows(40)
    seen: list[tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]] = []

    def loss(_span: Any, before: pd.DataFrame, after: pd.DataFrame) -> float:
        seen.append((before["sold_at"].max(), after["sold_at"].min(), after["sold_at"].max()))
        return 0.0

    chosen(spec, training, loss=loss)
    assert seen
    assert all(before < after and until <= training["sold_at"].max() for before, after, until in seen)


def test_auto_says_where_rows_are_too_few() -> None:
    found = chosen(declared("  span: auto\n"), rows(4))
    assert found.span == "everything"
    assert "too few to compare spans" in found.sentence


def manifest(spec: ModelSpec, frame: pd.DataFrame) -> DatasetManifest:
    times = frame["sold_at"]
    return DatasetManifest.of(spec, [], times.max().to_pydatetime(), "production", times.min().to_pydatetime())


def test_auto_leaves_an_old_world_behind() -> None:
    spec = declared("  span: auto\n  training_span: 10d\n")
    frame = pd.concat([rows(30, flipped=True), rows(24, first_day=30)], ignore_index=True)
    fitted = fit_version(spec, frame, manifest(spec, frame))
    assert fitted.span.span == "trailing"
    assert fitted.training["sold_at"].min() > pd.Timestamp(START + 29 * DAY)
    assert not fitted.refitted


def test_a_refitted_version_has_seen_the_holdout_and_the_judged_one_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[pd.Timestamp] = []
    fit = fitting.recipe.fit

    def watched(declared: Any, spec: Any, part: pd.DataFrame, *rest: Any) -> Any:
        seen.append(part["sold_at"].max())
        return fit(declared, spec, part, *rest)

    monkeypatch.setattr(fitting.recipe, "fit", watched)
    spec = read_spec(lemons.SPEC.replace("cool_down: 3d", "cool_down: 4d") + "  refit: true\n")
    frame = rows(20)
    fitted = fit_version(spec, frame, manifest(spec, frame))
    judged_until, released_until = seen
    assert judged_until < fitted.holdout["sold_at"].min()
    assert released_until == frame["sold_at"].max()
    assert fitted.refitted


def test_weights_change_what_is_learnt() -> None:
    spec = declared("  span: decaying\n  half_life: 2d\n")
    frame = pd.concat([rows(20, flipped=True), rows(20, first_day=20)], ignore_index=True)
    weighted = fit_version(spec, frame, manifest(spec, frame))
    plain = fit_version(declared(), frame, manifest(declared(), frame))
    new = rows(3, first_day=40)
    scores = [fitting.recipe.score(found.judged, spec, new) for found in (weighted, plain)]
    right = [float(np.corrcoef(score, new["lemon"])[0, 1]) for score in scores]
    assert right[0] > right[1] + 0.1
