"""What a profile keeps beside its columns: outputs, serving, intake, segments, decisions, attributions."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from steward.errors import IncomparableProfiles
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.derived_features import DERIVED_FEATURES
from steward.profiles.ingestion_counts import NAMED_COLUMNS, IngestionCounts
from steward.profiles.log_histogram import LogHistogram
from steward.profiles.model_bins import Bins, DecisionRule, SegmentBins
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.profiles.serving_metrics import ServingMetrics
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn, TextColumn
from steward.spec.columns import Columns
from steward.spec.document import read_spec
from steward.spec.features import CategoricalFeature, DatetimeFeature, NumericFeature, TextFeature
from steward.spec.quality import Segment
from tests.unit.profiles.everything import BINS, POOL, POOL_ROWS, SCOPE, profile

EVERY_ROW = list(range(POOL_ROWS))
FLAGS = ("false", "true")


def categories(*names) -> CategoricalColumn:
    known = tuple(dict.fromkeys(name for name in names if name is not None))
    return CategoricalColumn(np.array([-1 if name is None else known.index(name) for name in names], np.int32), known)


def numbers(*values) -> NumericColumn:
    return NumericColumn(np.array(values, np.float64))


def of(columns, bins, names=None, **known) -> Profile:
    rows = next(iter(columns.values())).rows
    return Profile.of(ProfileInput(Chunk(rows, columns), **known), bins, names)


def test_the_threshold_of_the_decision_is_an_edge_of_the_score():
    for threshold in (0.5, 0.37, 0.3749, 1 / 3):
        bins = NumericBins.of_scores(np.linspace(0, 1, 101), threshold)
        scores = np.array([np.nextafter(threshold, 0), threshold, 0.0, 1.0])
        counts = of({"s": numbers(*scores)}, Bins(features={"s": bins})).features["s"].counts
        assert sum(counts[bins.edges.index(threshold) + 1 :]) == 2


def test_of_several_scores_the_likeliest_class_is_the_prediction():
    prediction, bins = profile(EVERY_ROW).outputs["prediction"], BINS.outputs["prediction"]
    cats = int(np.sum(POOL.chunk.columns["p_cat"].values >= POOL.chunk.columns["p_dog"].values))
    assert dict(zip(bins.categories, prediction.counts, strict=True)) == {"cat": cats, "dog": POOL_ROWS - cats}


def test_rows_without_any_score_have_no_prediction():
    names = Columns(id="id", time="t", scores={"a": "pa", "b": "pb"})
    bins = Bins(features={}, outputs={"prediction": CategoricalBins(categories=("a", "b"))})
    found = of({"pa": numbers(np.nan, 0.2, 0.5), "pb": numbers(np.nan, np.nan, 0.5)}, bins, names)
    assert (found.outputs["prediction"].counts, found.outputs["prediction"].missing) == ((2, 0), 1)


def test_a_predicted_value_is_profiled_as_a_number_and_a_predicted_class_as_a_category():
    names = Columns(id="id", time="t", prediction="said")
    for column, kind in ((numbers(1, 2, 3), "numeric"), (categories("a", "b", None), "categorical")):
        portion = ProfileInput(Chunk(3, {"said": column}))
        bins = ProfilingConfig({}, names=names).bins([portion], [portion])
        assert bins.outputs["prediction"].type == kind
        assert Profile.of(portion, bins, names).outputs["prediction"].rows == 3


def test_outputs_that_the_reference_does_not_have_have_no_part():
    portion = ProfileInput(Chunk(1, {"x": numbers(1)}))
    names = Columns(id="id", time="t", score="score")
    scope = ProfilingConfig({"x": NumericFeature(type="numeric")}, {"y": NumericFeature(type="numeric")}, names)
    assert scope.bins([portion], [portion]).outputs == {}


def test_serving_is_measured():
    found = profile(EVERY_ROW).operation
    columns = POOL.chunk.columns
    known = columns["failed"].codes >= 0
    assert (found.requests, found.reported) == (POOL_ROWS, known.sum())
    assert found.error_rate == pytest.approx(np.mean(columns["failed"].codes[known] == 1))
    assert found.throughput(timedelta(seconds=30)) == POOL_ROWS / 30
    assert found.latency.quantile(0.95) == pytest.approx(
        np.percentile(columns["ms"].values, 95, method="lower"), rel=0.0101
    )
    assert found.cpu.zeros == np.sum(columns["cpu"].values == 0)
    assert found.gpu == found.memory == LogHistogram()


def test_without_a_word_on_failure_no_error_rate_is_known():
    assert np.isnan(ServingMetrics.of(5, {}, {"error": "failed"}).error_rate)


def test_attributions_are_summed_per_feature():
    sums = profile(EVERY_ROW).attributions.features["price"]
    values = POOL.chunk.columns["shap_price"].values
    assert (sums.count, sums.mean_absolute) == (POOL_ROWS, pytest.approx(np.abs(values).mean()))


def test_attributions_that_are_no_numbers_are_refused():
    names = Columns(id="id", time="t", attributions={"x": "shap"})
    with pytest.raises(IncomparableProfiles, match="attributions x are no numbers"):
        of({"shap": categories("a")}, Bins(features={}), names)


def test_lag_is_the_time_from_event_to_arrival():
    times = np.array(["2024-03-01T00:00", "2024-03-01T23:59:50", "NaT"], "datetime64[us]")
    lag = IngestionCounts.of(3, times, datetime(2024, 3, 2, tzinfo=UTC)).lag
    assert (lag.minimum, lag.maximum, lag.missing) == (10, 86_400, 1)
    assert IngestionCounts.of(3, None, datetime(2024, 3, 2, tzinfo=UTC)).lag.count == 0


def test_what_became_of_rows_adds_up():
    one = IngestionCounts(
        accepted=5, rejected={"bad": 2}, rejected_rows=2, files=1, columns_missing={"x": 1}, duplicates=1
    )
    other = IngestionCounts(accepted=1, rejected={"bad": 1, "ugly": 1}, rejected_rows=1, files=1)
    assert one + other == other + one
    assert (one + other).rejected == {"bad": 3, "ugly": 1}
    whole = profile([0, 1]).with_intake(one)
    assert (whole.intake.accepted, whole.intake.files) == (7, 1)


def test_undeclared_columns_are_told_by_name_up_to_a_bound():
    added = [{f"extra-{at:04d}-{'x' * 200}": 1 for at in range(begin, begin + 150)} for begin in (0, 100, 200)]
    files = [IngestionCounts(files=1, columns_added=names) for names in added]
    one, two, three = files
    assert ((one + two) + three).columns_added == (one + (two + three)).columns_added
    assert len((one + two).columns_added) == NAMED_COLUMNS
    assert max(map(len, one.columns_added)) <= 80


def test_segments_are_profiled_by_value_and_by_condition():
    region, price = POOL.chunk.columns["region"], POOL.chunk.columns["price"].values
    place = profile(EVERY_ROW).segments["place"]
    named = [region.cell(at) for at in range(POOL_ROWS)]
    watched = BINS.segments["place"].values
    assert len(watched) == 2
    for group in watched:
        assert place[group].rows == named.count(group)
    assert place["other"].rows == sum(name is not None and name not in watched for name in named)
    dear = profile(EVERY_ROW).segments["dear"]["true"]
    assert dear.rows == np.sum(price > 10)
    assert dear.features["price"].count == np.sum((price > 10) & np.isfinite(price))
    assert dear.outputs["prediction"].rows == dear.rows


def test_a_value_called_other_is_counted_with_the_others():
    segment = SegmentBins(column="c", values=("other", "a"))
    assert segment.groups == ("a", "other")
    found = of({"c": categories("other", "a", "b")}, Bins(features={}, segments={"s": segment}))
    assert {group: counted.rows for group, counted in found.segments["s"].items()} == {"a": 1, "other": 2}


def test_a_segment_whose_column_is_not_there_has_no_rows():
    bins = Bins(features={}, segments={"s": SegmentBins(column="c", values=("a",))})
    assert {counted.rows for counted in of({"x": numbers(1)}, bins).segments["s"].values()} == {0}


def test_the_values_of_a_segment_are_the_most_frequent_of_the_reference_and_capped():
    column = categories(*("abcdef"[at % 6] for at in range(60)), *"ffeeed", None)
    portion = ProfileInput(Chunk(column.rows, {"c": column}))
    scope = ProfilingConfig(
        {"c": CategoricalFeature(type="categorical")}, segments=[Segment(name="s", column="c")], segment_values=3
    )
    assert scope.bins([portion], [portion]).segments["s"].values == ("e", "f", "d")


def decisions(outputs, decision, names):
    rows = next(iter(outputs.values())).rows
    group = categories(*("ab" * rows)[:rows])
    bins = Bins(
        features={},
        outputs={
            part: NumericBins.of_scores(np.linspace(0, 1, 101))
            if part.startswith("score")
            else CategoricalBins(categories=("1", "0"))
            for part in (*names.outputs, "prediction")
        },
        protected={"g": SegmentBins(column="g", values=("a", "b"))},
        decision=decision,
    )
    found = of({**outputs, "g": group}, bins, names).decisions["g"]
    return {name: (one.rows, one.decided, one.favourable) for name, one in found.items()}


def test_favourable_decisions_are_counted_per_group():
    names = Columns(id="id", time="t", score="p", prediction="said")
    positive, negative = (DecisionRule(threshold=0.5, positive="1", favourable=good) for good in ("1", "0"))
    scores = {"p": numbers(0.5, 0.49, 0.9, np.nan)}
    assert decisions(scores, positive, names) == {"a": (2, 2, 2), "b": (2, 1, 0), "other": (0, 0, 0)}
    assert decisions(scores, negative, names) == {"a": (2, 2, 0), "b": (2, 1, 1), "other": (0, 0, 0)}
    said = {"said": categories("0", "1", None, "1"), **scores}
    assert decisions(said, positive, names) == {"a": (2, 1, 0), "b": (2, 2, 2), "other": (0, 0, 0)}
    several = Columns(id="id", time="t", scores={"1": "p", "0": "q"})
    both = scores | {"q": numbers(0.6, 0.1, 0.1, np.nan)}
    one = DecisionRule(threshold=0.5, positive=None, favourable="1")
    assert decisions(both, one, several) == {"a": (2, 2, 1), "b": (2, 1, 1), "other": (0, 0, 0)}


def test_without_a_decision_nothing_is_known_of_fairness():
    names = Columns(id="id", time="t", score="p")
    assert decisions({"p": numbers(0.5, 0.5)}, None, names)["a"] == (1, 0, 0)
    found = of({"g": categories("a")}, Bins(features={}, protected={"g": SegmentBins(column="g", values=("a",))}))
    assert np.isnan(found.decisions["g"]["a"].share)


def test_a_declaration_says_what_is_profiled():
    spec = read_spec(
        """
        model: loans
        owner: me
        task: binary_classification
        positive_label: "True"
        threshold: 0.3
        columns: {id: id, time: time, score: risk}
        features: {income: numeric, purpose: text}
        outputs: {reason: text}
        attributes: {gender: categorical}
        segments: [gender, {name: rich, where: income > 1000}]
        maximum_segment_values: 5
        fairness: {protected: [gender], favourable: "no"}
        retraining: {recipe: {estimator: LogisticRegression}}
        """
    )
    scope = ProfilingConfig.of(spec)
    assert scope.decision == DecisionRule(threshold=0.3, positive="1", favourable="no")
    chunk = Chunk(
        2,
        {
            "income": numbers(1, 2),
            "purpose": TextColumn(np.array(["a car", None], object)),
            "gender": categories("f", "m"),
            "risk": numbers(0.1, 0.9),
        },
    )
    bins = scope.bins([ProfileInput(chunk)], [ProfileInput(chunk)])
    assert list(bins.features) == [
        "income",
        *(f"purpose.{f}" for f in ("length", "words", "non_letters", "out_of_vocabulary")),
    ]
    assert list(bins.outputs) == ["score"]
    assert 0.3 in bins.outputs["score"].edges
    assert {name: segment.groups for name, segment in bins.segments.items()} == {
        "gender": ("f", "m", "other"),
        "rich": ("true",),
    }
    assert bins.protected["gender"].values == ("f", "m")


@pytest.mark.parametrize("features", [
    {"t": DatetimeFeature(type="datetime"), "t.hour": CategoricalFeature(type="categorical")},
    {"t": TextFeature(type="text"), "t.words": NumericFeature(type="numeric")},
])  # fmt: skip
def test_a_column_called_as_a_part_of_another_has_a_part_of_its_own(features):
    _, named = features
    parts = ProfilingConfig(features).bins([], []).features
    assert parts[named].type == features[named].type
    assert f"t..{named.removeprefix('t.')}" in parts
    assert len(parts) == 1 + len(DERIVED_FEATURES[features["t"].type])


def test_two_columns_that_would_share_a_part_are_refused():
    text = TextFeature(type="text")
    with pytest.raises(IncomparableProfiles, match=r"two columns are profiled as t\.\."):
        ProfilingConfig({"t": text, "t.": text, "t.words": NumericFeature(type="numeric")}).bins([], [])


def test_an_output_called_as_a_role_is_refused():
    portion = ProfileInput(Chunk(1, {"p": numbers(0.5), "score": numbers(1)}))
    scope = ProfilingConfig({}, {"score": NumericFeature(type="numeric")}, Columns(id="id", time="t", score="p"))
    with pytest.raises(IncomparableProfiles, match="two columns are profiled as score"):
        scope.bins([portion], [portion])


def test_a_number_whose_name_looks_like_a_facet_is_a_number():
    scope = ProfilingConfig({"sales.hour": NumericFeature(type="numeric")})
    assert scope.bins([], []).features["sales.hour"].type == "numeric"


def test_bins_of_another_declaration_have_another_name():
    changed = [
        BINS.model_copy(update={"segments": {}}),
        BINS.model_copy(update={"protected": {}}),
        BINS.model_copy(update={"decision": None}),
        BINS.model_copy(update={"leading": ("region",)}),
        BINS.model_copy(update={"composites": {}}),
        BINS.model_copy(update={"outputs": {}}),
    ]
    digests = {Bins.model_validate_json(bins.model_dump_json()).digest for bins in (BINS, *changed)}
    assert len(digests) == len(changed) + 1
    assert SCOPE.bins([POOL], [POOL]).digest != BINS.digest


def test_an_older_baseline_counts_categories_by_their_canonical_form():
    bins = CategoricalBins(categories=("98101.0", "True", "late"))
    codes = np.array([0, 1, 2, 3, -1], np.int32)
    assert bins.codes(codes, ("98101", "true", "late", "98101.0")).tolist()[:4] == [0, 1, 2, 0]
