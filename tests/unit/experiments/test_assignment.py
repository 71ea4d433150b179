"""Assignment: sticky, of the declared shares, and the same in Python, JavaScript and SQL."""

import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import ExperimentInvalid
from steward.experiments.assignment import POSITIONS, Assignment, position

FOLDER = Path(__file__).resolve().parents[3] / "infra" / "schemas" / "assignment"
VECTORS = [json.loads(line) for line in (FOLDER / "vectors.jsonl").read_text(encoding="utf-8").splitlines()]
TEXT = st.text(st.characters(codec="utf-8"), min_size=1)


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_python_agrees_with_the_vectors(vector: dict) -> None:
    assignment = Assignment.of(vector["salt"], {arm["name"]: arm["weight"] for arm in vector["arms"]})
    assert [arm.below for arm in assignment.arms] == [arm["below"] for arm in vector["arms"]]
    assert assignment.arm_of(vector["entity"]) == vector["arm"]
    if vector["position"] is not None:
        assert position(vector["salt"], vector["entity"]) == vector["position"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript_agrees_with_the_vectors() -> None:
    program = f"""
        import {{ armOf, position }} from {json.dumps((FOLDER / "assign.mjs").as_uri())};
        import {{ readFileSync }} from "node:fs";
        const lines = readFileSync({json.dumps(str(FOLDER / "vectors.jsonl"))}, "utf8").trim().split("\\n");
        const answers = [];
        for (const line of lines) {{
            const {{ salt, arms, entity }} = JSON.parse(line);
            const place = entity ? await position(salt, entity) : null;
            answers.push([place, await armOf({{ salt, arms }}, entity)]);
        }}
        console.log(JSON.stringify(answers));"""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout) == [[vector["position"], vector["arm"]] for vector in VECTORS]


def test_sql_agrees_with_the_vectors() -> None:
    engine = duckdb.connect()
    engine.execute((FOLDER / "assign.sql").read_text(encoding="utf-8"))
    question = "select assignment_position($salt, nullif($entity, '')), assigned_arm($arms, $salt, $entity)"
    for vector in VECTORS:
        arms = [{"name": arm["name"], "below": arm["below"]} for arm in vector["arms"]]
        asked = {"salt": vector["salt"], "entity": vector["entity"], "arms": arms}
        assert engine.execute(question, asked).fetchone() == (vector["position"], vector["arm"])


@given(entity=TEXT, salt=st.from_regex(r"[a-z0-9._-]{1,20}", fullmatch=True))
def test_an_entity_keeps_its_arm(entity: str, salt: str) -> None:
    weights = {"champion": 0.7, "first": 0.2, "second": 0.1}
    assert Assignment.of(salt, weights).arm_of(entity) == Assignment.of(salt, weights).arm_of(entity) in weights


@given(entity=TEXT, shares=st.tuples(*[st.integers(1, 99)] * 2).map(sorted))
def test_a_challenger_keeps_its_entities_while_its_share_grows(entity: str, shares: list[int]) -> None:
    arms = [
        Assignment.of("ramp", {"champion": 1 - share / 100, "challenger": share / 100}).arm_of(entity)
        for share in shares
    ]
    assert arms != ["challenger", "champion"]


def test_shares_are_those_of_the_weights_whatever_the_entities_look_like() -> None:
    weights = {"champion": 0.5, "first": 0.3, "second": 0.2}
    for salt in ("a", "b"):
        assignment = Assignment.of(salt, weights)
        counts = dict.fromkeys(weights, 0)
        for entity in range(50_000):
            counts[str(assignment.arm_of(entity))] += 1
        expected = {name: 50_000 * weight for name, weight in weights.items()}
        assert sum((counts[name] - expected[name]) ** 2 / expected[name] for name in weights) < 13.8  # once in 1,000


def test_another_salt_mixes_the_entities_anew() -> None:
    one, other = (Assignment.of(salt, {"a": 0.5, "b": 0.5}) for salt in ("one", "other"))
    same = np.mean([one.arm_of(entity) == other.arm_of(entity) for entity in range(10_000)])
    assert 0.48 < same < 0.52


@pytest.mark.parametrize("missing", [None, "", float("nan")])
def test_a_row_without_entity_takes_no_part(missing: object) -> None:
    assert Assignment.of("salt", {"a": 0.5, "b": 0.5}).arm_of(missing) is None


def test_whole_numbers_and_their_text_are_the_same_entity() -> None:
    assignment = Assignment.of("salt", {f"arm-{at}": 0.1 for at in range(10)})
    assert assignment.arm_of(17) == assignment.arm_of("17") == assignment.arm_of(np.int64(17))


@pytest.mark.parametrize("entity", [1.5, True, b"17", ["17"], "\ud800"])
def test_entities_that_languages_write_differently_are_refused(entity: object) -> None:
    with pytest.raises(ExperimentInvalid, match="entity"):
        Assignment.of("salt", {"a": 0.5, "b": 0.5}).arm_of(entity)


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ({"a": 0.5, "b": 0.4}, r"sum to 0\.9 and must sum to one"),
        ({"a": 0.5, "b": 0.6}, r"sum to 1\.1"),
        ({}, "sum to 0"),
        ({"a": 1.0, "b": 0.0}, "above 0"),
        ({"a": 1.5, "b": -0.5}, "at most 1"),
        ({"a": float("nan"), "b": 0.5}, "above 0"),
        ({"a": 0.5, "": 0.5}, "arm ''"),
    ],
)
def test_weights_that_are_no_shares_are_refused(weights: dict[str, float], why: str) -> None:
    with pytest.raises(ExperimentInvalid, match=why):
        Assignment.of("salt", weights)


@pytest.mark.parametrize("salt", ["", "with:colon", "with blank", "x" * 65, "größe"])
def test_a_salt_is_plain(salt: str) -> None:
    with pytest.raises(ExperimentInvalid, match="salt"):
        Assignment.of(salt, {"a": 1.0})


def test_the_last_arm_ends_where_positions_do() -> None:
    assert Assignment.of("salt", {"a": 0.1, "b": 0.2, "c": 0.7}).arms[-1].below == POSITIONS
    assert Assignment.of("salt", dict.fromkeys("abc", 1 / 3)).arms[-1].below == POSITIONS
