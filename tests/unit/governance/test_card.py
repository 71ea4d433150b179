"""A model card says what the manifest and the evaluation say, for people and for machines."""

import json

import pytest

from steward.governance.card import CARD_TEMPLATE, ModelCard
from steward.governance.card_sections import card_markdown
from steward.validation.evaluation import GateFinding, GateResult
from tests.unit.examples import SPEC, evaluation, manifest, spec


def card(**changes: object) -> str:
    return card_markdown(ModelCard.of(spec(), manifest(), evaluation(**changes)))  # type: ignore[arg-type]


def test_people_read_what_the_manifest_says() -> None:
    text = card()
    for part in (
        "# lemons, version 20240110-abcdef01",
        "Will this used car prove a lemon?",
        "Owner: quality@example.com. Task: binary classification.",
        "LogisticRegression (C = 0.5), seed 7",
        "Rows: 12,345, from 2024-01-01 to 2024-01-06",
        "Features: age, mileage, make",
        f"`models/lemons/datasets/0123456789abcdef/manifest.json` (SHA-256 `{'d' * 64}`)",
        f"`models/lemons/versions/20240110-abcdef01/model.skops` (SHA-256 `{'e' * 64}`)",
        "numpy 2.5.0, scikit-learn 1.9.0",
        "Platform: architecture x86_64; numpy openblas 0.3, Haswell, 1 thread",
        "On 678 rows from 2024-01-06 on",
        "| roc_auc | 0.8123 |  | 0.7000 |",
        "| log_loss | 0.4567 | 0.4012 to 0.5122 | 0.6000 |",
        "| same_features | passed | 3 features, as declared |",
    ):
        assert part in text


def test_the_judgement_is_told_and_who_was_the_opponent() -> None:
    assert "Judgement: passed, as of 2024-01-10" in card()
    assert "| metric | this version | 95 % | 20240101-00000000 |" in card()
    refused = card(passed=False, champion=None)
    assert "Judgement: refused" in refused
    assert "| better_than_champion | refused |" in refused
    assert "| metric | this version | 95 % | base rate |" in refused


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    bars = [line.replace("\\|", "").count("|") for line in card().splitlines() if line.startswith("|")]
    assert bars == [5, 5, 5, 5, 4, 4, 4, 4]


def test_it_has_the_sections_of_mitchell_et_al() -> None:
    headings = [line.removeprefix("## ") for line in card().splitlines() if line.startswith("## ")]
    assert headings[:9] == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ]
    assert f"template {CARD_TEMPLATE}." in card()


def test_what_nobody_wrote_is_named_and_what_somebody_wrote_is_told() -> None:
    assert "- Use: Nobody has written this: `documentation.intended_use` of the declaration is empty." in card()
    declared = SPEC + "documentation: {intended_use: Tell buyers which cars to look at}\ndata: {origin: the auction}\n"
    text = card_markdown(ModelCard.of(spec(declared), manifest(), evaluation()))
    assert "- Use: Tell buyers which cars to look at" in text
    assert "- Origin: the auction" in text
    assert "`data.licence` of the declaration is empty" in text


def test_texts_of_the_declaration_in_force_count_and_what_the_version_was_trained_under_stays() -> None:
    newer = spec(SPEC.replace("quality@", "new@").replace("score: risk", "score: hazard"))
    text = card_markdown(ModelCard.of(spec(), manifest(), evaluation(), texts=newer))
    assert "Owner: new@example.com" in text
    assert 'rows["risk"]' in text


def test_groups_have_their_figures() -> None:
    found = GateFinding(
        name="make = Fiat", passed=True, message="fine", value=0.02, low=0.01, high=0.03, limit=0.1, rows=90
    )
    gates = [GateResult(gate="segments", passed=True, message="1 segment", findings=[found])]
    text = card_markdown(ModelCard.of(spec(), manifest(), evaluation().model_copy(update={"gates": gates})))
    assert "| make = Fiat | 0.0200 | 0.0100 to 0.0300 | 0.1000 | 90 |" in text
    assert "No group of rows was judged by itself" in card()


def test_machines_read_the_same() -> None:
    made = ModelCard.of(spec(), manifest(), evaluation())
    read = ModelCard.model_validate_json(made.model_dump_json())
    assert read == made
    assert json.loads(made.model_dump_json())["manifest"]["version"] == "20240110-abcdef01"


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        (SPEC, 'rows["risk"] = model.predict_proba(rows)[:, 1]'),
        (
            SPEC.replace("binary_", "multiclass_").replace("score: risk", "scores: {good: p_good, bad: p_bad}"),
            'rows[["p_good", "p_bad"]] = model.predict_proba(rows)',
        ),
        (
            SPEC.replace("binary_classification", "regression")
            .replace("score: risk", "prediction: price")
            .replace("LogisticRegression", "Ridge"),
            'rows["price"] = model.predict(rows)',
        ),
    ],
)
def test_the_card_says_how_rows_are_scored(declared: str, line: str) -> None:
    text = card_markdown(ModelCard.of(spec(declared), manifest(), evaluation()))
    assert 'model = steward.load("lemons-20240110-abcdef01")' in text
    assert line in text
    adopted = manifest().model_copy(update={"artifact": None})
    assert "steward.load" not in card_markdown(ModelCard.of(spec(declared), adopted, evaluation()))
