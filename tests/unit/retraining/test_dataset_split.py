"""Labelled rows are divided by time or by entity, and evidence shows that the parts have nothing in common."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.documents import FROM_STORE
from steward.errors import SpecInvalid, TrainingImpossible
from steward.retraining.dataset_split import DatasetParts, held_out, split
from steward.retraining.fitting import fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.split_evidence import SplitEvidence
from steward.spec.model import ModelSpec
from tests.unit.examples import DAY, SPEC, sales, spec
from tests.unit.properties import some_examples

OF_BUYERS = SPEC.replace("  label: lemon\n", "  label: lemon\n  entity: buyer\n")


def declared(settings_of_retraining: str = "", text: str = SPEC) -> ModelSpec:
    if "calibration_share" in settings_of_retraining:
        text = text.replace("{estimator: LogisticRegression}", "{estimator: LogisticRegression, calibration: sigmoid}")
    return spec(text + "  holdout_span: 4d\n" + settings_of_retraining)


def manifest_of(rows: pd.DataFrame, of: ModelSpec) -> DatasetManifest:
    return DatasetManifest.of(of, [], rows["sold_at"].max().to_pydatetime(), "production")


def divide(rows: pd.DataFrame, settings_of_retraining: str = "", text: str = SPEC) -> DatasetParts:
    of = declared(settings_of_retraining, text)
    return split(rows, manifest_of(rows, of), of)


def by_buyers(rows: int = 4000, buyers: int = 300, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    buyer = pd.Series([f"b{number}" for number in random.integers(buyers, size=rows)], dtype="object")
    return sales(rows).assign(buyer=buyer.mask(random.random(rows) < 0.05, None))


def test_every_row_is_learnt_from_or_judged_with_but_never_both() -> None:
    rows = sales()
    parts = divide(rows)
    pd.testing.assert_frame_equal(pd.concat([parts.training, parts.holdout]), rows)
    assert parts.calibration.empty
    start = manifest_of(rows, declared()).holdout_start
    assert parts.training["sold_at"].max() < start <= parts.holdout["sold_at"].min()


def test_rows_older_than_the_training_span_are_left_out() -> None:
    rows = sales()
    end = manifest_of(rows, declared()).end
    assert divide(rows, "  training_span: 8d\n").training["sold_at"].min() >= end - 8 * DAY


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (sales().assign(lemon="1"), "the training rows hold 0 negative labels and need 20"),
        (sales().assign(lemon="0"), "the training rows hold 0 positive labels and need 20"),
        (sales(30), "the (training|holdout) rows hold"),
        (sales(days=2), "the training rows hold 0 positive labels"),
    ],
)
def test_a_split_that_cannot_be_learnt_or_judged_is_refused(rows: pd.DataFrame, problem: str) -> None:
    with pytest.raises(TrainingImpossible, match=problem):
        divide(rows)


@some_examples(15)
@given(st.floats(0.1, 0.5), st.integers(0, 5))
def test_by_time_the_newest_rows_before_the_holdout_calibrate(share: float, seed: int) -> None:
    rows = sales(800, seed=seed).assign(sold_at=lambda table: table["sold_at"].dt.floor("6h"))
    parts = divide(rows, f"  split: {{calibration_share: {share}}}\n")
    pd.testing.assert_frame_equal(pd.concat([rows for _, rows in parts]), rows)
    assert parts.training["sold_at"].max() < parts.calibration["sold_at"].min()
    assert parts.calibration["sold_at"].max() < parts.holdout["sold_at"].min()
    before = len(parts.training) + len(parts.calibration)
    assert share * before <= len(parts.calibration) <= share * before + 21  # rows of one moment stay together


@some_examples(15)
@given(st.floats(0.1, 0.5), st.sampled_from([0, 0.3]), st.integers(0, 5))
def test_by_entity_no_buyer_is_in_two_parts(held: float, calibration: float, seed: int) -> None:
    rows = by_buyers(seed=seed)
    settings = f"  split: {{by: entity, holdout_share: {held}, calibration_share: {calibration}}}\n"
    parts = divide(rows, settings, OF_BUYERS)
    buyers = [set(rows["buyer"].dropna()) for _, rows in parts]
    assert sum(map(len, buyers)) == len(set.union(*buyers))
    assert len(buyers) == (3 if calibration else 2)
    assert parts.training["sold_at"].max() < parts.holdout["sold_at"].min()
    assert abs(len(buyers[-1]) / rows["buyer"].nunique() - held) < 0.12


def test_an_entity_stays_in_its_part_whatever_else_there_is() -> None:
    rows = by_buyers()
    of = declared("  split: entity\n", OF_BUYERS)
    known = split(rows, manifest_of(rows, of), of)
    older = rows[rows["sold_at"] < rows["sold_at"].max() - DAY]
    before = split(older, manifest_of(older, of), of)
    assert not set(before.holdout["buyer"].dropna()) & set(known.training["buyer"].dropna())
    assert not set(known.holdout["buyer"].dropna()) & set(before.training["buyer"].dropna())
    pd.testing.assert_frame_equal(held_out(rows, manifest_of(rows, of), of), known.holdout)


def test_rows_of_nobody_are_each_alone() -> None:
    rows = by_buyers().assign(buyer=None)
    parts = divide(rows, "  split: entity\n", OF_BUYERS)
    assert 0.6 < len(parts.training) / len(rows[rows["sold_at"] <= parts.training["sold_at"].max()]) < 0.95


def test_filters_choose_what_is_fitted_on_and_the_holdout_is_judged_whole() -> None:
    rows = sales(800).assign(mileage=lambda table: table["mileage"].where(table.index % 5 > 0))
    parts = divide(rows, "  filters: [\"make != 'Fiat'\", mileage > 20000]\n  split: {calibration_share: 0.3}\n")
    fitted_on = pd.concat([parts.training, parts.calibration])
    assert set(fitted_on["make"]) == {"Ford", "Opel"}
    assert fitted_on["mileage"].min() > 20_000  # and a row without a mileage does not meet the condition
    pd.testing.assert_frame_equal(parts.holdout, divide(rows).holdout)


@pytest.mark.parametrize(
    ("settings", "text", "problem"),
    [
        ("  split: entity\n", SPEC, "needs columns.entity: declare the column"),
        ("  split: {holdout_share: 0.2}\n", SPEC, "holdout_share is of entities: write `by: entity`"),
        ("  split: {by: week}\n", SPEC, "is none of the choices; choose one of time, entity"),
        ("  split: entity\n  refit: true\n", OF_BUYERS, "refit fits on the holdout too, whose entities"),
        ("  filters: [risk > 0.5]\n", SPEC, "there is no column risk"),
        ("  filters: [age >]\n", SPEC, "retraining.filters.0"),
    ],
)
def test_a_split_or_filter_that_cannot_be_is_refused_with_the_remedy(settings: str, text: str, problem: str) -> None:
    with pytest.raises(SpecInvalid, match=problem):
        declared(settings, text)


@pytest.mark.parametrize("recipe", ["  recipe: {estimator: LogisticRegression}\n", ""])
def test_rows_are_kept_out_for_a_calibration_only_where_one_is_declared(recipe: str) -> None:
    text = SPEC.replace("  recipe: {estimator: LogisticRegression}\n", recipe) + "  split: {calibration_share: 0.2}\n"
    with pytest.raises(SpecInvalid, match=r"no calibration is declared: write recipe\.calibration"):
        spec(text)


def test_a_stored_declaration_that_an_older_release_accepted_is_still_read() -> None:
    stored = json.loads(declared("  split: {calibration_share: 0.2}\n").model_dump_json())
    stored["retraining"]["recipe"]["calibration"] = None
    assert ModelSpec.model_validate(stored, context=FROM_STORE).retraining.split.calibration_share == 0.2


def test_filters_need_a_recipe() -> None:
    text = SPEC.replace("  recipe: {estimator: LogisticRegression}\n", "")
    with pytest.raises(SpecInvalid, match=r"filters: need retraining.recipe"):
        declared("  filters: [age > 1]\n", text)


def test_a_dataset_is_another_when_its_rows_are_chosen_or_divided_otherwise() -> None:
    rows = sales()
    ids = {
        manifest_of(rows, declared(settings)).dataset
        for settings in ("", "  filters: [age > 1]\n", "  split: {calibration_share: 0.1}\n")
    }
    assert len(ids) == 3
    assert manifest_of(rows, declared()).dataset == manifest_of(rows, declared("  split: time\n")).dataset


def evidence_of(parts: DatasetParts, settings: str = "", text: str = OF_BUYERS) -> SplitEvidence:
    of = declared(settings, text)
    return SplitEvidence.of(parts, manifest_of(parts.holdout, of), of)


def test_evidence_describes_the_parts_and_what_they_share() -> None:
    rows = by_buyers()
    parts = divide(rows, "  split: {calibration_share: 0.2}\n", OF_BUYERS)
    found = evidence_of(parts)
    found.require()
    assert found.problems == ()
    assert {name: part.rows for name, part in found.parts.items()} == {name: len(rows) for name, rows in parts}
    assert sum(found.parts["holdout"].labels.values()) == len(parts.holdout)
    assert [pair.parts for pair in found.shared] == [
        ("training", "calibration"), ("training", "holdout"), ("calibration", "holdout"),
    ]  # fmt: skip
    shared = set(parts.training["buyer"].dropna()) & set(parts.holdout["buyer"].dropna())
    assert (found.shared[1].entities or 0) >= len(shared) > 0  # told, and no problem where the split is by time
    assert [pair.alike for pair in found.shared] == [0, 0, 0]


def test_a_row_that_comes_again_under_another_id_is_counted() -> None:
    parts = divide(by_buyers(), "", OF_BUYERS)
    again = parts.training.head(7).assign(sale=[f"x{at}" for at in range(7)], sold_at=parts.holdout["sold_at"].iloc[0])
    assert evidence_of(replace(parts, holdout=pd.concat([parts.holdout, again]))).shared[0].alike == 7


def leaking(how: str) -> tuple[DatasetParts, str]:
    settings = "  split: entity\n" if how == "entity" else ""
    parts = divide(by_buyers(), settings, OF_BUYERS)
    match how:
        case "id":
            added = parts.training.head(1).assign(sold_at=parts.holdout["sold_at"].iloc[0])
        case "entity":
            added = parts.training.dropna().head(1).assign(sale="new", sold_at=parts.holdout["sold_at"].iloc[0])
        case _:
            added = parts.training.head(1).assign(sale="new")
    return replace(parts, holdout=pd.concat([parts.holdout, added])), settings


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ("id", "1 of the holdout rows has the id of a training row"),
        ("entity", "1 entity is both in the training and in the holdout rows"),
        ("time", "training rows are as new as holdout rows"),
    ],
)
def test_parts_that_leak_stop_the_run(how: str, problem: str) -> None:
    parts, settings = leaking(how)
    found = evidence_of(parts, settings)
    assert found.problems == (problem,)
    with pytest.raises(TrainingImpossible, match=rf"{problem}\. Look for rows that were uploaded under two ids"):
        found.require()


def test_nothing_is_fitted_before_the_evidence_is_examined() -> None:
    rows, of = sales(), declared()

    def refuse(evidence: SplitEvidence) -> None:
        assert evidence.parts["holdout"].rows == len(divide(rows).holdout)
        raise TrainingImpossible("refused")

    with pytest.raises(TrainingImpossible, match="refused"):
        fit_version(of, rows, manifest_of(rows, of), examine=refuse)
