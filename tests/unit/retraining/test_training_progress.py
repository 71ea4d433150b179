"""A comparison of fits reports the fold of each candidate, and the best of those with as many folds as any."""

from typing import Any

from steward.retraining.fitting import fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.training_progress import FitComparison, TrainingProgress
from tests.unit.examples import SPEC, START, sales, spec


def test_the_best_so_far_is_of_whole_comparisons() -> None:
    seen: list[dict[str, Any]] = []
    comparison = FitComparison(lambda stage, **facts: seen.append({"stage": stage, **facts}), "comparing spans")
    losses = {"everything": (0.5, 0.7), "trailing": (0.4, 0.9), "decaying": (0.3, 0.4)}
    for name, folds in losses.items():
        for loss in folds:
            comparison.begin_fit(name)
            assert comparison.end_fit(name, loss) == loss
    assert [(one["trying"], one["fold"]) for one in seen] == [(name, fold) for name in losses for fold in (1, 2)]
    assert [one.get("best") for one in seen] == [
        None,
        "everything",
        "everything",
        "everything",
        "everything",
        "everything",
    ]
    comparison.begin_fit("last")
    assert (seen[-1]["best"], round(seen[-1]["best_loss"], 9)) == ("decaying", 0.35)


def test_a_fit_reports_its_stages_in_order() -> None:
    seen: list[tuple[str, Any]] = []
    rows = sales(4000, days=40)
    of = spec(SPEC + "  holdout_span: 4d\n  span: auto\n")
    manifest = DatasetManifest.of(of, [], rows["sold_at"].max().to_pydatetime(), "production")
    fit_version(of, rows, manifest, report=lambda stage, **facts: seen.append((stage, facts.get("trying"))))
    assert seen[-1] == ("fitting", None)
    assert [trying for stage, trying in seen if stage == "comparing spans"] == [
        "everything", "everything", "decaying", "decaying", "trailing", "trailing",
    ]  # fmt: skip


def test_progress_is_read_as_a_sentence() -> None:
    progress = TrainingProgress(
        model="lemons", run="r", stage="comparing spans", rows=12_345, trying="trailing", fold=2, best="everything",
        best_loss=0.51234, began_at=START, updated_at=START,
    )  # fmt: skip
    said = "comparing spans trailing, fold 2; 12,345 rows read; best so far everything, mean loss 0.5123"
    assert progress.sentence == said
    assert TrainingProgress(model="m", run="r", rows=7, began_at=START, updated_at=START).sentence == (
        "reading rows; 7 rows read"
    )
