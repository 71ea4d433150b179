"""Columns that hold nothing, nothing but one value, or far too much, have a profile of their own kind."""

import json

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.errors import IncomparableProfiles
from steward.profiles.bins import KNOWN_CATEGORIES, CategoricalBins, NumericBins
from steward.profiles.merging import merge
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.profiles.summaries import NAMED_UNSEEN
from steward.records.columns import (
    CategoricalColumn,
    Chunk,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.spec.features import NumericFeature
from tests.unit.profiles.everything import ARRIVAL, BINS, NAMES, REFERENCE, SCOPE, profile


def column_like(column, rows: int, fill: str):
    """A column of the same kind with nothing in it, or always the same."""
    empty = fill == "missing"
    match column:
        case NumericColumn():
            values = np.full(rows, {"missing": np.nan, "constant": 3.0, "infinite": np.inf}[fill])
            return NumericColumn(values, np.ones(rows, bool) if empty else None)
        case CategoricalColumn():
            return CategoricalColumn(np.full(rows, -1 if empty else 0, np.int32), () if empty else ("north",))
        case TimeColumn():
            return TimeColumn(np.full(rows, np.datetime64("NaT" if empty else "2024-02-01", "us")))
        case TextColumn():
            return TextColumn(np.full(rows, None if empty else "always", object))
        case EmbeddingColumn():
            filled = np.full((rows, 3), np.nan if empty else 1, np.float32)
            return EmbeddingColumn(filled, np.ones(rows, bool) if empty else None)


def like_the_reference(rows: int, fill: str) -> ProfileInput:
    columns = {name: column_like(column, rows, fill) for name, column in REFERENCE.chunk.columns.items()}
    times = np.full(rows, np.datetime64("2024-03-01", "us"))
    return ProfileInput(Chunk(rows, columns), times=times, arrival=ARRIVAL)


@pytest.mark.parametrize("fill", ["missing", "constant", "infinite"])
@pytest.mark.parametrize("rows", [0, 1, 2, 1000])
def test_a_window_of_odd_columns_is_profiled(fill, rows):
    found = Profile.of(like_the_reference(rows, fill), BINS, NAMES)
    assert Profile.from_json(found.to_json()).to_json() == found.to_json()
    summaries = found.features | found.outputs
    assert all(summary.rows == rows for summary in summaries.values())
    if fill == "missing":
        assert all(summary.count == 0 for summary in summaries.values())
        assert (found.operation.latency.count, found.operation.reported) == (0, 0)
        assert set(np.unique(found.sample.table)) <= {255}
    if fill == "infinite":
        assert (found.features["price"].infinite, found.features["price"].count) == (rows, 0)
        assert found.operation.latency.missing == rows
    if fill == "constant" and rows:
        assert found.features["price"].minimum == found.features["price"].maximum == 3.0
        assert found.features["image.cosine"].maximum <= 1 + 1e-12


@pytest.mark.parametrize("fill", ["missing", "constant", "infinite"])
@pytest.mark.parametrize("rows", [0, 1, 2, 1000])
def test_a_reference_of_odd_columns_gives_bins_that_any_window_can_be_profiled_over(fill, rows):
    portion = like_the_reference(rows, fill)
    bins = SCOPE.bins([portion], [portion])
    for window in (portion, REFERENCE):
        found = Profile.of(window, bins, NAMES)
        assert found.rows == window.chunk.rows
        assert Profile.from_json(found.to_json()).fitting(Bins.model_validate_json(bins.model_dump_json())) == found


def test_a_reference_without_any_rows_is_a_baseline():
    baseline = Baseline.of([], SCOPE, holdout=None)
    assert (baseline.reference.rows, len(baseline.sample)) == (0, 0)
    assert not any(effect.known for effect in baseline.design_effects.values())
    assert not baseline.joint_design_effect.known


def test_a_million_categories_are_counted_in_bounded_memory():
    size = 1_000_000
    names = tuple(map("customer-{}".format, range(size)))
    chunks = [
        Chunk(
            len(part), {"c": CategoricalColumn(np.arange(len(part), dtype=np.int32), tuple(names[at] for at in part))}
        )
        for part in np.array_split(np.arange(size), 16)
    ]
    portions = [ProfileInput(chunk) for chunk in chunks]
    bins = Bins(features={"c": CategoricalBins.of(dict.fromkeys(names[:5000], 1))})
    profiles = [Profile.of(portion, bins) for portion in portions]
    total = sum(profiles, start=Profile.empty(bins))
    summary = total.features["c"]
    assert len(bins.features["c"].categories) == KNOWN_CATEGORIES
    assert (summary.rows, summary.unseen, len(summary.unseen_names)) == (size, size - KNOWN_CATEGORIES, NAMED_UNSEEN)
    assert len(total.to_json()) < 25_000


def test_names_of_any_length_take_little_room():
    long = tuple(f"{'x' * 10_000}{at}" for at in range(200))
    column = CategoricalColumn(np.arange(200, dtype=np.int32), long)
    bins = Bins(features={"c": CategoricalBins.of(dict.fromkeys(long[:100], 1))})
    summary = Profile.of(Chunk(200, {"c": column}), bins).features["c"]
    assert (sum(summary.counts), summary.unseen) == (100, 100)
    assert len(bins.model_dump_json()) < 20_000


def test_the_same_categories_in_another_order_are_the_same():
    bins = Bins(features={"c": CategoricalBins.of({"a": 2, "b": 1})})
    one = Chunk(3, {"c": CategoricalColumn(np.array([0, 1, 1], np.int32), ("a", "b", "unused"))})
    other = Chunk(3, {"c": CategoricalColumn(np.array([1, 0, 0], np.int32), ("b", "a"))})
    assert Profile.of(one, bins).to_json() == Profile.of(other, bins).to_json()


def test_a_column_that_changes_its_type_between_files_is_refused_by_name():
    text = Chunk(1, {"price": TextColumn(np.array(["5 euros"], object))})
    with pytest.raises(IncomparableProfiles, match="column price is TextColumn but the baseline has it numeric"):
        Profile.of(text, BINS, NAMES)


def test_sums_of_huge_numbers_may_overflow_and_still_read_back():
    bins = Bins(features={"x": NumericBins.of(np.array([0.0, 1.0]))})
    found = Profile.of(Chunk(4, {"x": NumericColumn(np.array([1.7e308, 1.7e308, -1.7e308, 1.0]))}), bins)
    assert Profile.from_json(found.to_json()).features["x"].count == 4


def damaged(change) -> str:
    document = json.loads(profile([1, 2, 3, 4]).to_json())
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: p.update(schema_version=1), "schema version 1"),
        (lambda p: p.pop("rows"), "not a profile: Field required at rows"),
        (lambda p: p.update(rows=-1), "not a profile"),
        (lambda p: p["features"]["price"].update(missing=7), "not a profile: .* values"),
        (lambda p: p["features"]["price"]["counts"].append(-1), "not a profile"),
        (lambda p: p["features"]["region"].update(unseen=50), "not a profile: .* values"),
        (lambda p: p["embeddings"]["image"].update(vectors="AAA="), "not a profile"),
    ],
)
def test_a_damaged_profile_is_refused(change, reason):
    with pytest.raises(IncomparableProfiles, match=reason):
        Profile.from_json(damaged(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p["features"].pop("price"),
        lambda p: p["features"]["price"]["counts"].append(0),
        lambda p: p["features"].update(region=p["features"]["price"]),
        lambda p: p["outputs"].pop("toxicity"),
        lambda p: p["embeddings"].pop("image"),
        lambda p: p["segments"].pop("place"),
        lambda p: p["segments"]["place"].pop("other"),
        lambda p: p["decisions"].clear(),
    ],
)
def test_a_profile_that_lacks_what_its_bins_have_is_refused_when_it_is_used(change):
    found = Profile.from_json(damaged(change)).of_batch("a")
    with pytest.raises(IncomparableProfiles):
        merge([found], BINS)
    with pytest.raises(IncomparableProfiles):
        _ = profile([1]) + found


def test_a_profile_over_the_bins_of_another_version_or_revision_is_refused_with_a_reason():
    other = ProfilingConfig({"x": NumericFeature(type="numeric")}).bins([], [])
    with pytest.raises(IncomparableProfiles, match="of different versions, or of different revisions of a declaration"):
        merge([profile([1]).of_batch("a")], other)
