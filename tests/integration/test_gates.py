"""The gates of a declaration at work in `validate_model`: what they find is stored, and a refusal says what to do."""

from datetime import timedelta
from typing import Any

from steward import aws
from steward.events import ChampionTested, ChampionTestRequested, ReleaseChanged, RetrainingProposed
from steward.validation.evaluation import Evaluation
from tests.integration import lemons

from .deployment import Deployment

DAY = timedelta(days=1)
RECIPE = "recipe: {estimator: LogisticRegression}"


def retrain(steward: Deployment, day: int, spec: str) -> tuple[ReleaseChanged, Evaluation]:
    """What becomes of a version that is trained under a declaration once four more days have labels."""
    steward.upload("specs/lemons.yaml", spec)
    sold = lemons.sales(4, first_day=day)
    steward.clock.now = max(steward.clock.now, lemons.START + (day + 4) * DAY)
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
    steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()
    before = len(steward.told(ReleaseChanged))
    asked: dict[str, Any] = {"model": "lemons", "correlation_id": f"day {day}", "reason": "someone asks"}
    as_of = lemons.START + (day + 4) * DAY
    steward.publish(RetrainingProposed(occurred_at=steward.clock.now, as_of=as_of, **asked))
    steward.settle()
    assert not steward.errors, steward.errors
    (event,) = steward.told(ReleaseChanged)[before:]
    stored = steward.object(f"models/lemons/versions/{event.version}/evaluation.json")
    return event, Evaluation.model_validate(stored)


def declared(validation: str, strength: float = 1.0) -> str:
    """A declaration whose versions know the less, the smaller the strength."""
    recipe = f"recipe: {{estimator: LogisticRegression, parameters: {{C: {strength}}}}}"
    quiet = lemons.SPEC.replace("on_alerts: [roc_auc, log_loss, feature_drift]", "on_alerts: []")
    return f"{quiet.replace(RECIPE, recipe)}validation: {{{validation}}}\n"


def refusals(evaluation: Evaluation) -> list[str]:
    return [gate.gate for gate in evaluation.gates if not gate.passed]


def test_versions_that_each_lose_a_little_are_stopped_by_the_first_one(trained: Deployment) -> None:
    first = trained.champion("lemons")
    step, evaluation = retrain(trained, 14, declared("minimum_gain: -0.05", strength=0.002))
    assert (step.stage, refusals(evaluation)) == ("champion", [])
    second, evaluation = retrain(trained, 18, declared("minimum_gain: -0.05", strength=0.0007))
    assert (second.stage, refusals(evaluation)) == ("refused", ["not_worse_than_first"])
    assert f"against the first approved version {first} on the same 1,600 unseen rows" in second.summary
    assert trained.champion("lemons") == step.version

    artifact = trained.object(f"models/lemons/versions/{first}/manifest.json")["artifact"]
    where = {"Key": artifact["key"], "VersionId": artifact["version_id"]}
    aws.s3().delete_object(Bucket=trained.data, **where, BypassGovernanceRetention=True)
    _, evaluation = retrain(trained, 22, declared("minimum_gain: -0.05, first_version_margin: 0.1"))
    recorded = evaluation.gates[-1]
    assert (recorded.gate, recorded.passed, recorded.low, recorded.required) == (
        "not_worse_than_first",
        True,
        None,
        -0.1,
    )
    assert f"the recorded figure of the first approved version {first}, which is of other rows" in recorded.message


BEHAVIOUR = """\
minimum_gain: -0.5,
golden_rows: {maximum_change: CHANGE, rows: [
  {age: 12, mileage: 150000, make: Fiat}, {age: 2, mileage: 20000, make: Opel, risk: 0.6}]},
expectations: [
  {name: older cars are worse, feature: age, add: 5, prediction: not_lower},
  {name: the make says nothing, feature: make, set_to: Fiat, prediction: unchanged, maximum_violations: SHARE}],
robustness: {maximum_decay: DECAY, noise: 1, missing: 0.3}
""".replace("\n", " ")


def test_what_people_declare_of_behaviour_is_asked_of_a_version_and_what_is_found_is_stored(
    trained: Deployment,
) -> None:
    first = trained.champion("lemons")
    strict = BEHAVIOUR.replace("CHANGE", "0.1").replace("SHARE", "0.05").replace("DECAY", "0.001")
    event, evaluation = retrain(trained, 14, declared(strict))
    assert (event.stage, refusals(evaluation)) == ("refused", ["golden_rows", "expectations", "robustness"])
    golden, behaviour, robustness = evaluation.gates[-3:]
    assert [finding.passed for finding in golden.findings] == [True, False]
    assert f"(champion {first})" in golden.findings[0].message
    assert "row 2: from 0.6000 (the declaration) to 0." in event.summary
    assert [(finding.name, finding.passed) for finding in behaviour.findings] == [
        ("older cars are worse", True),
        ("the make says nothing", False),
    ]
    assert behaviour.findings[1].value == 1.0
    assert 900 < behaviour.findings[1].rows < 1200, "a Fiat set to Fiat says nothing"
    assert [finding.name for finding in robustness.findings if (finding.value or 0) > 0.001] == ["noise", "missing"]
    card = trained.contents(f"models/lemons/versions/{event.version}/card.md")
    assert "- refused: the make says nothing: with make = Fiat 100.0% of " in next(iter(card.values())).decode()
    lenient = BEHAVIOUR.replace("CHANGE", "0.6").replace("SHARE", "1.0").replace("DECAY", "1.0")
    event, evaluation = retrain(trained, 18, declared(lenient))
    assert (event.stage, refusals(evaluation)) == ("champion", [])
    assert "against champion" in event.summary


def test_a_version_that_loses_in_a_declared_segment_is_refused_by_its_name(trained: Deployment) -> None:
    margins = "minimum_gain: -0.5, first_version_margin: 1, segment_margin: 0.02"
    spec = f"{declared(margins, strength=0.0003)}segments: [make, {{name: old, where: age > 12}}]\n"
    event, evaluation = retrain(trained, 14, spec)
    assert (event.stage, refusals(evaluation)) == ("refused", ["segments"])
    (result,) = [gate for gate in evaluation.gates if gate.gate == "segments"]
    assert {finding.name for finding in result.findings} == {"make=Fiat", "make=Ford", "make=Opel", "old"}
    assert sum(finding.rows for finding in result.findings[:3]) == evaluation.holdout_rows
    lost = [finding.name for finding in result.findings if not finding.passed]
    assert lost
    assert all(name in event.summary for name in lost[:3])
    event, evaluation = retrain(trained, 18, spec.replace("segment_margin: 0.02", "segment_margin: 0.9"))
    assert (event.stage, refusals(evaluation)) == ("champion", [])


LIMITS = """\
non_inferiority_margin: 0.5,
first_version_margin: 5,
fairness: {minimum_disparate_impact: null, maximum_parity_difference: PARITY},
calibration: {maximum_error: ERROR, maximum_rise: RISE},
budgets: {milliseconds: TIME, rows: 10, memory_megabytes: MEMORY, artifact_megabytes: 1}
""".replace("\n", " ")


def limited(parity: float, error: float, rise: float, time: float, memory: float, *, strength: float = 1.0) -> str:
    figures = {"PARITY": parity, "ERROR": error, "RISE": rise, "TIME": time, "MEMORY": memory}
    said = LIMITS
    for name, figure in figures.items():
        said = said.replace(name, str(figure))
    return f"{declared(said, strength)}fairness: {{protected: [make]}}\n"


def test_limits_of_groups_calibration_and_cost_are_held_on_the_function_and_by_the_champions_test(
    trained: Deployment,
) -> None:
    strict = limited(parity=0.001, error=0.0005, rise=0.0, time=0.001, memory=10, strength=0.0007)
    event, evaluation = retrain(trained, 14, strict)
    assert event.stage == "refused"
    assert refusals(evaluation) == ["fairness", "calibration", "budgets"]
    found = {gate.gate: gate for gate in evaluation.gates}
    assert "not_worse_than_champion" in found
    assert "better_than_champion" not in found
    (parity,) = [one for one in found["fairness"].findings if not one.passed]
    assert (parity.name, parity.limit) == ("statistical parity difference of make", 0.001)
    artifact, memory, time = found["budgets"].findings
    assert (artifact.passed, memory.passed, time.passed) == (True, False, False)
    assert 50 < (memory.value or 0) < 2000, "megabytes of a process with the libraries"
    assert "in the median of 50 repetitions in a process of validate_model with 1,024 MB" in time.message
    assert "10 rows took " in time.message

    lenient = limited(parity=1.0, error=0.5, rise=0.5, time=60_000, memory=4000)
    event, evaluation = retrain(trained, 18, lenient)
    assert (event.stage, refusals(evaluation)) == ("champion", [])
    assert "against champion" in event.summary
    again = Evaluation.model_validate(trained.object(f"models/lemons/versions/{event.version}/evaluation.json"))
    assert again == evaluation, "what was measured is evidence: nobody measures again"

    sold = lemons.sales(4, first_day=22)
    trained.clock.now = lemons.START + 26 * DAY
    trained.upload("inbox/lemons/predictions/26.csv", lemons.csv(lemons.predictions(sold, event.version)))
    trained.upload("inbox/lemons/labels/26.csv", lemons.csv(lemons.labels(sold)))
    trained.settle()
    now = trained.clock.now
    request = ChampionTestRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="test")
    assert trained.deliver("validate_model", request)
    trained.settle()
    (tested,) = trained.told(ChampionTested)
    assert tested.evaluation
    evidence = Evaluation.model_validate(trained.object(tested.evaluation.key))
    assert tested.passed, tested.summary
    asked = [gate.gate for gate in evidence.gates]
    assert asked == [
        "same_features", "schema", "unseen_holdout", "no_leakage", "better_than_champion", "not_worse_than_first",
        "fairness", "calibration", "budgets",
    ]  # fmt: skip


def test_the_runs_of_a_year_share_the_declared_chance(trained: Deployment) -> None:
    figures = []
    for day in (14, 18):
        _, evaluation = retrain(trained, day, declared("chance_a_year: 0.05", strength=0.002))
        (gate,) = [one for one in evaluation.gates if one.gate == "better_than_champion"]
        assert gate.confidence is not None
        figures.append(1 - gate.confidence)
        assert "any of a year's in at most 5.0%" in gate.message
    # three runs: the first version's spent half of the reserve, and so did each after it; little accrues in four days
    assert 0.05 * 28 / 421 > figures[0] > figures[1] > 0
