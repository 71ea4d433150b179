"""Bad rows get a defect, corrected rows a new version of the data; what they touch, and no more, is made again."""

import json
from datetime import datetime

import pandas as pd
import pytest

from steward.events import (
    BatchRejected,
    CheckCompleted,
    DataCorrected,
    DefectChanged,
    DefectProposed,
    OutcomesUpdated,
    RetrainingProposed,
    TrainingRequested,
)
from steward.monitoring.check import Check
from steward.records.quarantine import read_rejected
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute
from tests.nightly import nightly

from .deployment import Deployment, Objects, deployed

FIRST = 14
"""The day after the reference rows."""

UNWATCHED = (
    "score_drift",
    "joint_drift",
    "missing_values",
    "unseen_categories",
    "attribution_drift",
    "validity",
    "schema_consistency",
    "scale_consistency",
    "uniqueness",
    "volume",
    "constant_columns",
    "label_leakage",
    "accuracy",
    "log_loss",
)
"""Monitors that a hundred days need not wait for."""

ASKED_FOR = lemons.SPEC.replace("[roc_auc, log_loss, feature_drift]", "[]").replace(
    "minimum_new_labels: 500", "minimum_new_labels: 0\n  on_correction: true"
)
"""Nothing but corrections, and their wish, starts a run."""


def window(day: int) -> str:
    return f"{lemons.START + day * 24 * lemons.HOUR:%Y%m%d}T000000Z_1d"


def sell(steward: Deployment, day: int, *, bad: bool = False) -> pd.DataFrame:
    """A day's predictions and labels; of a bad one the odometers were read wrongly. The rows as they should be."""
    sold = lemons.sales(1, first_day=day, rows_a_day=60)
    good = lemons.predictions(sold, steward.champion("lemons"))
    sent = good.assign(mileage=good["mileage"] * 1000) if bad else good
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(sent))
    steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    return good


def open_defect(steward: Deployment, *days: int, model: str = "lemons") -> str:
    """A person reports some days; the defect's id."""
    steward.publish(
        DefectProposed(
            occurred_at=steward.clock.now,
            model=model,
            as_of=steward.clock.now,
            correlation_id="desk-1",
            source="person",
            severity="warning",
            title="odometers were read in metres",
            windows=[window(day) for day in days],
            author="arn:aws:iam::123456789012:user/ada",
        )
    )
    steward.settle()
    return steward.told(DefectChanged)[-1].defect


def correct(
    steward: Deployment, defect: str, rows: pd.DataFrame, *, kind: str = "predictions", name: str = "a"
) -> None:
    steward.upload(f"inbox/lemons/corrections/{defect}/{kind}/{name}.csv", lemons.csv(rows))
    steward.settle()


def newest_check(steward: Deployment, day: int) -> Check:
    told = [event for event in steward.told(CheckCompleted) if event.window == window(day)]
    return Check.model_validate_json(Bucket(steward.data).get_verified(told[-1].stored))


@pytest.mark.parametrize(("first", "days"), [(52, 12), *nightly((FIRST, 100))])
def test_correcting_one_day_of_many_makes_only_that_day_again(trained: Deployment, first: int, days: int) -> None:
    steward = trained
    steward.upload(
        "specs/lemons.yaml", f"{lemons.SPEC}monitors: {{{', '.join(f'{name}: null' for name in UNWATCHED)}}}\n"
    )
    steward.settle()
    sold = lemons.sales(days, first_day=first, rows_a_day=60)
    good = lemons.predictions(sold, steward.champion("lemons"))
    of_the_day = good["sold_at"].str.startswith(f"{lemons.START + 60 * 24 * lemons.HOUR:%Y-%m-%d}")
    sent = good.assign(mileage=good["mileage"].where(~of_the_day, good["mileage"] * 1000))
    steward.upload("inbox/lemons/predictions/all.csv", lemons.csv(sent))
    nearly = lemons.labels(sold[sold["sold_at"].between("2024-02-28", "2024-03-04")])
    steward.upload("inbox/lemons/labels/all.csv", lemons.csv(nearly))
    steward.settle()
    assert len(steward.keys("checks/lemons/")) >= days
    right = good[of_the_day]
    defect = open_defect(steward, 60)
    before, checks = steward.contents(""), len(steward.told(CheckCompleted))
    outcomes = len(steward.told(OutcomesUpdated))
    correct(steward, defect, right)
    after = steward.contents("")
    assert not steward.errors, steward.errors
    assert before.keys() <= after.keys()
    changed = sorted(key for key in after if after[key] != before.get(key))
    made = {key.split("/")[0]: [one for one in changed if one.startswith(key.split("/")[0] + "/")] for key in changed}
    moved = ("alerts", "reports", "runs")  # what the check that was made again leads to
    assert {place: len(keys) for place, keys in made.items() if place not in moved} == {
        "checks": 1,
        "corrections": 2,  # what it did, and the list of windows that were ever corrected
        "defects": 1,
        "history": 1,
        "inbox": 1,
        "models": 2,  # the OpenLineage events of the upload
        "outcomes": 1,
        "privacy": 1,  # what was looked for in it
        "profiles": 2,
        "records": 1,
    }
    assert all(window(60) in key for place in ("checks", "outcomes", "profiles") for key in made[place])
    assert len(steward.told(CheckCompleted)) == checks + 1
    assert len(steward.told(OutcomesUpdated)) == outcomes + 1
    check = newest_check(steward, 60)
    (correction,) = check.corrections
    assert correction.endswith("-replaced")
    assert steward.object(made["outcomes"][0])["corrections"] == [correction]
    assert (check.rows, check.labelled_rows) == (len(right), len(right))
    assert steward.told(DefectChanged)[-1].state == "corrected"


def test_a_check_that_was_made_before_the_correction_can_still_be_worked_out_again(trained: Deployment) -> None:
    good = sell(trained, FIRST, bad=True)
    trained.settle()
    wrong = newest_check(trained, FIRST)
    assert wrong.statuses["feature_drift"] == "drift"
    correct(trained, open_defect(trained, FIRST), good)
    right = newest_check(trained, FIRST)
    assert right.statuses["feature_drift"] == "ok"
    assert right.check != wrong.check
    for check in (wrong, right):
        assert recompute(Bucket(trained.data), check) == check.results


def test_a_corrected_window_is_judged_as_if_it_had_been_right_from_the_first(
    first_champion: tuple[Objects, datetime],
) -> None:
    """Volume and the history of windows apart, which know of the files and the checks before."""
    found = []
    for bad in (True, False):
        with deployed() as steward:
            steward.restore(*first_champion)
            good = sell(steward, FIRST, bad=bad)
            steward.settle()
            if bad:
                correct(steward, open_defect(steward, FIRST), good)
            check = newest_check(steward, FIRST)
            of_the_rows = [result for result in check.results if result.monitor not in ("volume", "freshness")]
            found.append({(one.monitor, one.statistic, one.column): (one.status, one.value) for one in of_the_rows})
    corrected, right = found
    assert corrected.keys() == right.keys()
    for name, (status, value) in right.items():
        near = None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)
        assert corrected[name] == (status, near), name


def test_rows_that_never_were_there_are_set_aside_with_the_reason_and_the_others_corrected(trained: Deployment) -> None:
    good = sell(trained, FIRST, bad=True)
    trained.settle()
    defect = open_defect(trained, FIRST)
    strange = good.head(3).assign(sale=["x1", "x2", "x3"])
    moved = good.iloc[[10]].assign(sold_at="2024-01-17T00:00:00+00:00")
    correct(trained, defect, pd.concat([good.tail(20), strange, moved]))
    told = trained.told(DataCorrected)[-1]
    assert (told.rows, told.rejected_rows) == (20, 4)
    (key,) = trained.keys("quarantine/")
    rejected = read_rejected(trained.contents("quarantine/")[key])
    assert {reason.code for row in rejected for reason in row.reasons} == {"unknown_id"}
    assert [json.loads(row.content)["sale"] for row in rejected][:3] == ["x1", "x2", "x3"]
    assert newest_check(trained, FIRST).rows == len(good)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("nothere/predictions/a.csv", "unknown_defect"),
        ("{defect}/telemetry/a.csv", "unknown_correction"),
        ("a.csv", "unknown_correction"),
        ("{defect}/predictions/a.pdf", "unknown_format"),
    ],
)
def test_a_correction_that_belongs_nowhere_is_refused_and_kept(trained: Deployment, place: str, code: str) -> None:
    good = sell(trained, FIRST)
    trained.settle()
    defect = open_defect(trained, FIRST)
    key = f"inbox/lemons/corrections/{place.format(defect=defect)}"
    before = trained.contents("profiles/")
    trained.upload(key, lemons.csv(good))
    trained.settle()
    refused = trained.told(BatchRejected)[-1]
    assert (refused.code, refused.kind, refused.source) == (code, "corrections", key)
    assert trained.keys(key)
    assert trained.contents("profiles/") == before
    assert not trained.told(DataCorrected)


def test_a_correction_for_another_models_defect_is_refused(trained: Deployment) -> None:
    trained.upload("specs/peaches.yaml", lemons.SPEC.replace("model: lemons", "model: peaches"))
    good = sell(trained, FIRST)
    trained.settle()
    defect = open_defect(trained, model="peaches")
    correct(trained, defect, good)
    refused = trained.told(BatchRejected)[-1]
    assert refused.code == "unknown_defect"
    assert f"lemons has no defect '{defect}'" in refused.message


def test_two_corrections_at_once_leave_the_later_one_standing_in_any_order(
    first_champion: tuple[Objects, datetime],
) -> None:
    with deployed() as steward:
        steward.restore(*first_champion)
        good = sell(steward, FIRST, bad=True)
        steward.settle()
        defect = open_defect(steward, FIRST)
        begun, now = steward.snapshot(), steward.clock.now
    first, second = good.assign(mileage=1.0), good.tail(30).assign(mileage=3.0)
    place = f"inbox/lemons/corrections/{defect}/predictions/"
    standing = []
    for seed in (0, 3):
        with deployed() as steward:
            steward.restore(begun, now)
            steward.upload(f"{place}first.csv", lemons.csv(first))
            steward.upload(f"{place}second.csv", lemons.csv(second))
            steward.settle(shuffle=seed, redeliver=2)
            assert not steward.errors, steward.errors
            check = newest_check(steward, FIRST)
            place_of = f"profiles/lemons/{check.version}/{check.window}"
            profiles = [steward.object(f"{place_of}/{name}.json") for name in check.batches]
        standing.append(
            sorted((len(name), profile["rows"]) for name, profile in zip(check.batches, profiles, strict=True))
        )
        assert check.rows == len(good)
    assert standing == [standing[0]] * 2
    assert sorted(rows for _, rows in standing[0]) == [0, 30, 30]


def test_rows_can_be_withdrawn_by_their_ids_alone(trained: Deployment) -> None:
    good = sell(trained, FIRST)
    sell(trained, FIRST + 1)
    trained.settle()
    defect = open_defect(trained)
    correct(trained, defect, good[["sale"]].head(10), kind="withdrawn-predictions")
    check = newest_check(trained, FIRST)
    assert (check.rows, check.labelled_rows) == (50, 50)
    told = trained.told(DataCorrected)[-1]
    assert (told.rows, told.withdrawn, told.windows) == (10, True, [window(FIRST)])
    restored = good.head(4)
    correct(trained, defect, restored, name="restored")
    assert newest_check(trained, FIRST).rows == 54


def test_a_whole_dataset_can_be_withdrawn_and_nothing_of_it_is_lost(trained: Deployment) -> None:
    version = trained.champion("lemons")
    defect = open_defect(trained)
    rows = lemons.sales(14)
    before = trained.contents("records/reference/")
    correct(trained, defect, rows[["sale"]], kind="withdrawn-reference")
    assert trained.contents("records/reference/") == before
    stored = trained.object(f"defects/lemons/{defect}.json")
    assert [item["version"] for item in stored["impact"]["versions"]] == [version]
    assert len(stored["impact"]["objects"]) == 14
    assert sum(item["rows"] for item in stored["impact"]["objects"]) == len(rows)
    assert version in trained.told(DefectChanged)[-1].summary


def test_a_window_of_which_every_row_is_withdrawn_is_told_to_be_empty(trained: Deployment) -> None:
    good = sell(trained, FIRST)
    trained.settle()
    correct(trained, open_defect(trained, FIRST), good[["sale"]], kind="withdrawn-predictions")
    assert not trained.errors, trained.errors
    check = newest_check(trained, FIRST)
    assert (check.rows, check.labelled_rows) == (0, 0)
    assert check.corrections
    assert set(check.statuses.values()) <= {"unknown", "measured", "ok"}


def test_rows_that_were_let_through_though_invalid_are_counted_again(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}on_invalid: count\n")
    trained.settle()
    good = lemons.predictions(lemons.sales(1, first_day=FIRST, rows_a_day=60), trained.champion("lemons"))
    good = good.assign(age=good["age"].clip(upper=50))
    trained.upload("inbox/lemons/predictions/old.csv", lemons.csv(good.assign(age=99.0)))
    trained.settle()
    assert newest_check(trained, FIRST).statuses["validity"] == "breach"
    still_wrong = good.assign(age=good["age"].where(good.index >= 6, 99.0))
    correct(trained, open_defect(trained, FIRST), still_wrong)
    (invalid,) = [one.value for one in newest_check(trained, FIRST).results if one.statistic == "invalid_share"]
    assert invalid == pytest.approx(6 / 60)
    correct(trained, open_defect(trained, FIRST), good.head(6), name="rest")
    assert newest_check(trained, FIRST).statuses["validity"] == "ok"


def test_corrected_labels_change_the_outcomes(trained: Deployment) -> None:
    good = sell(trained, FIRST)
    trained.settle()
    labels = lemons.labels(lemons.sales(1, first_day=FIRST, rows_a_day=60), timed=False)
    wrong = newest_check(trained, FIRST)
    correct(trained, open_defect(trained, FIRST), labels.assign(lemon=1 - labels["lemon"]), kind="labels")
    check = newest_check(trained, FIRST)
    auc = {
        name: next(r.value for r in one.results if r.statistic == "roc_auc")
        for name, one in (("w", wrong), ("r", check))
    }
    assert auc["r"] == pytest.approx(1 - auc["w"], abs=1e-3)
    assert check.batches == wrong.batches
    assert check.rows == len(good)
    correct(trained, open_defect(trained, FIRST), labels[["sale"]].head(10), kind="withdrawn-labels")
    assert newest_check(trained, FIRST).labelled_rows == 50


def test_versions_of_bad_rows_are_marked_and_a_new_one_reads_the_corrected_rows(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", ASKED_FOR)
    trained.settle()
    for day in range(FIRST, FIRST + 12):
        sell(trained, day)
    trained.settle()
    reference = lemons.sales(14)
    defect = open_defect(trained)
    wrong = reference.head(100)
    correct(trained, defect, wrong.assign(mileage=wrong["mileage"] * 2), kind="reference")
    asked = trained.told(RetrainingProposed)
    assert len(asked) == 1
    assert asked[0].author == "policy"
    assert defect in asked[0].reason
    run = trained.told(TrainingRequested)[-1]
    manifest = next(
        trained.object(key)
        for key in trained.keys("models/lemons/versions/")
        if key.endswith("manifest.json") and trained.object(key)["run"] == run.run
    )
    dataset = trained.object(manifest["dataset"]["key"])
    assert "corrections/reference" in {item["kind"] for item in dataset["objects"]}
    marked = trained.object(f"defects/lemons/{defect}.json")["impact"]["versions"]
    assert manifest["version"] not in {item["version"] for item in marked}
    assert len(marked) == 1
