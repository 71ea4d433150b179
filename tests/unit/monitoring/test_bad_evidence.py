"""Whatever a window holds, its check has a result for every monitor, and nothing is called ok that was not measured."""

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.errors import IncomparableProfiles
from steward.evidence.window_evidence import WindowEvidence
from steward.monitoring.evaluate import evaluate
from steward.profiles.bins import NumericBins
from steward.profiles.ingestion_counts import IngestionCounts
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, NumericColumn, TextColumn
from steward.results import MetricResult
from tests.nightly import nightly
from tests.unit.quality.contexts import BASELINE, DAY, REFERENCE, SPECIFIED, columns, portion, profile

COLUMNS = ("price", "shift", "flag", "rain", "make")


def check(seen: Profile, baseline: Baseline = BASELINE) -> list[MetricResult]:
    return evaluate(WindowEvidence(spec=SPECIFIED, window=DAY, baseline=baseline, profile=seen))


def of(results: list[MetricResult], monitor: str, column: str | None = None) -> list[MetricResult]:
    return [result for result in results if result.monitor == monitor and result.column == column]


def statuses(results: list[MetricResult], monitor: str, column: str | None = None) -> set[str]:
    return {result.status for result in of(results, monitor, column)}


def filled(fill: str, rows: int):
    if fill == "missing":
        numbers = NumericColumn(np.full(rows, np.nan), np.ones(rows, bool))
    else:
        numbers = NumericColumn(np.full(rows, 3.0 if fill == "constant" else np.inf))
    codes = np.full(rows, 0 if fill == "constant" else -1, np.int32)
    return dict.fromkeys(("price", "shift", "flag", "rain", "risk"), numbers) | {
        "make": CategoricalColumn(codes, ("Ford",))
    }


@pytest.mark.parametrize("fill", ["missing", "infinite"])
def test_columns_without_a_value_are_missing_and_of_their_distribution_nothing_is_known(fill: str) -> None:
    results = check(profile(filled(fill, 1000)))
    for name in COLUMNS:
        assert statuses(results, "feature_drift", name) == {"unknown"}
        (missing,) = of(results, "missing_values", name)
        assert (missing.status, missing.value) == ("drift", 1.0)
        assert f"`{name}` is missing in 100.00% of 1,000 rows, 0.00% in the baseline" in missing.message
    assert statuses(results, "constant_columns") == {"unknown"}
    assert statuses(results, "scale_consistency") == {"unknown"}
    assert statuses(results, "score_drift", "score") == {"unknown"}


def test_constant_columns_have_drifted_and_are_constant() -> None:
    results = check(profile(filled("constant", 1000)))
    for name in COLUMNS:
        assert statuses(results, "feature_drift", name) == {"drift"}
        assert statuses(results, "constant_columns", name) == {"breach"}
    assert statuses(results, "scale_consistency") == {"unknown"}


def test_a_column_that_no_file_has_is_unknown_everywhere() -> None:
    results = check(profile({name: column for name, column in columns(1000).items() if name != "rain"}))
    assert statuses(results, "feature_drift", "rain") == statuses(results, "missing_values", "rain") == {"unknown"}
    assert of(results, "missing_values", "rain")[0].message.endswith("no record of the window has it")
    assert statuses(results, "missing_values", "price") == {"ok"}


def test_completeness_can_be_read_column_by_column() -> None:
    """Each feature has one result with its share of missing cells, whether or not it has drifted."""
    found = columns(1000)
    found["price"].values[:7] = np.nan
    results = check(profile(found))
    values = {result.column: result.value for result in results if result.monitor == "missing_values"}
    assert values == dict.fromkeys(COLUMNS, 0.0) | {"price": 0.007}


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_windows_of_hardly_any_rows_are_unknown_and_raise_nothing(rows: int) -> None:
    results = check(profile(columns(rows)))
    assert not {result.status for result in results} & {"drift", "breach"}
    assert not [result for result in results if result.status == "ok" and result.rows == 0]
    for monitor in ("scale_consistency", "constant_columns", "volume", "label_leakage"):
        assert statuses(results, monitor) == {"unknown"}
    for name in COLUMNS:
        assert statuses(results, "feature_drift", name) == {"unknown"}
    if rows == 0:
        for monitor in ("validity", "uniqueness", "freshness"):
            assert statuses(results, monitor) == {"unknown"}


@pytest.mark.parametrize("size", [200_000, *nightly(1_000_000)])
def test_a_million_categories_are_one_finding_in_a_bounded_check(size: int) -> None:
    names = tuple(map("customer-{}".format, range(size)))
    found = columns(size) | {"make": CategoricalColumn(np.arange(size, dtype=np.int32), names)}
    seen = profile(found)
    results = check(seen)
    assert statuses(results, "feature_drift", "make") == {"drift"}
    (unseen,) = of(results, "unseen_categories", "make")
    assert (unseen.status, unseen.value) == ("drift", 1.0)
    assert len(seen.to_json()) < 60_000
    assert len(unseen.message) < 1000


def test_a_baseline_of_nothing_leaves_everything_unknown() -> None:
    empty = Baseline.of([], ProfilingConfig.of(SPECIFIED), holdout=None)
    seen = Profile.of(portion(columns(1000)), empty.bins, SPECIFIED.columns).with_intake(IngestionCounts(files=1))
    results = check(seen, empty)
    for name in COLUMNS:
        assert statuses(results, "feature_drift", name) == {"unknown"}
    assert statuses(results, "scale_consistency") == statuses(results, "constant_columns") == {"unknown"}
    assert statuses(results, "validity") == {"ok"}


def test_importances_that_sum_to_zero_weigh_all_features_alike() -> None:
    """A declaration may not have them; a version may, where no feature matters."""
    nothing = BASELINE.model_copy(update={"importances": dict.fromkeys(COLUMNS, 0.0)})
    assert check(profile(), nothing) == check(profile(), BASELINE)


def test_a_profile_of_another_revision_or_of_other_bins_is_no_evidence() -> None:
    other = ProfilingConfig.of(SPECIFIED).bins([REFERENCE[0]], [REFERENCE[0]])
    seen = Profile.of(portion(columns(10)), other, SPECIFIED.columns)
    with pytest.raises(IncomparableProfiles, match="different versions, or of different revisions"):
        seen.fitting(BASELINE.bins)
    with pytest.raises(IncomparableProfiles):
        _ = profile() + seen


def test_a_column_that_changes_its_type_between_files_is_refused_by_name() -> None:
    bins = Bins(features={"price": NumericBins.of(np.array([0.0, 1.0]))})
    text = columns(1) | {"price": TextColumn(np.array(["5 euros"], object))}
    with pytest.raises(IncomparableProfiles, match="column price is TextColumn but the baseline has it numeric"):
        Profile.of(portion(text), bins)
