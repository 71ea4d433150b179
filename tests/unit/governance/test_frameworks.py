"""Technical files name each requirement once, and claim nothing that is not stored."""

from collections import Counter

import pytest

from steward.governance.frameworks.evidence_of_declaration import declared_evidence
from steward.governance.frameworks.evidence_of_safeguards import safeguard_evidence
from steward.governance.frameworks.evidence_of_version import VersionDocuments, version_evidence
from steward.governance.frameworks.requirement import Evidence, Framework, answer
from steward.governance.frameworks.technical_file import FRAMEWORKS, technical_file
from steward.markup.html import to_html
from steward.markup.markdown import to_markdown
from steward.releasing.routing import Routing
from steward.spec.approvals import ApprovalPolicy
from tests.unit.examples import SPEC, evaluation, manifest, spec, stored
from tests.unit.governance.invariants.intact import SAFEGUARDS, intact

POINTS = [
    *(f"IV.1({one})" for one in "abcdefgh"),
    *(f"IV.2({one})" for one in "abcdefgh"),
    *(f"IV.{one}" for one in range(3, 10)),
]
ARTICLES = {
    "9": ["1", "2)(a", "2)(b", "2)(c", "2)(d", *map(str, range(3, 11))],
    "10": ["1", *(f"2)({one}" for one in "abcdefgh"), "3", "4", "5", "6"],
    "11": ["1", "2"],
    "12": ["1", "2)(a", "2)(b", "2)(c", *(f"3)({one}" for one in "abcd")],
    "13": [
        "1",
        "2",
        "3)(a",
        *(f"3)(b)({one}" for one in ("i", "ii", "iii", "iv", "v", "vi", "vii")),
        *(f"3)({one}" for one in "cdef"),
    ],
    "14": ["1", "2", "3)(a", "3)(b", *(f"4)({one}" for one in "abcde"), "5"],
    "15": ["1", "3", "5"],
    "19": ["1", "2"],
    "72": ["1", "2", "3", "4"],
}
NIST = {
    "GOVERN": (7, 3, 2, 3, 2, 2),
    "MAP": (6, 3, 5, 2, 2),
    "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}
every_framework = pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)


@every_framework
def test_each_requirement_is_there_once(framework: Framework) -> None:
    counts = Counter(one.id for one in framework.requirements)
    assert {one: number for one, number in counts.items() if number > 1} == {}


def test_all_points_of_annex_iv_and_the_articles_are_there() -> None:
    articles = [f"{article}({place})" for article, places in ARTICLES.items() for place in places]
    wanted = {*POINTS, *articles, "15(4), errors", "15(4), feedback"}
    assert {one.id for one in FRAMEWORKS["annex-iv"].requirements} == wanted


def test_all_subcategories_of_nist_are_there() -> None:
    wanted = [
        f"{function} {category}.{number}"
        for function, sizes in NIST.items()
        for category, size in enumerate(sizes, 1)
        for number in range(1, size + 1)
    ]
    assert [one.id for one in FRAMEWORKS["nist-ai-rmf"].requirements] == wanted
    assert len(wanted) == 72


def test_sections_of_sr_11_7_are_numbered_without_gaps() -> None:
    sizes = {"III": 3, "IV": 11, "V": 16, "VI": 12}
    wanted = [f"{section}-{number}" for section, size in sizes.items() for number in range(1, size + 1)]
    assert [one.id for one in FRAMEWORKS["sr-11-7"].requirements] == wanted


@every_framework
def test_of_a_model_with_nothing_nothing_is_answered(framework: Framework) -> None:
    assert {answer(one, {}).status for one in framework.requirements} == {"nothing"}
    text = to_markdown(technical_file(framework, "lemons", None, None, {}))
    assert text.count("| Nothing answers it |") == len(framework.requirements) + 1


@every_framework
def test_what_nothing_can_answer_says_what_is_left_to_the_team(framework: Framework) -> None:
    assert [one.id for one in framework.requirements if not one.answered_by and not one.team] == []


@every_framework
def test_a_bare_declaration_answers_nothing_whole_that_a_text_is_asked_for(framework: Framework) -> None:
    evidence = declared_evidence(spec(), stored())
    for one in framework.requirements:
        if any(kind.startswith("documentation.") for kind in one.answered_by):
            assert answer(one, evidence).status != "evidence", one.id


@every_framework
def test_kinds_of_evidence_are_such_as_something_gives(framework: Framework) -> None:
    described = spec().model_copy()
    texts = {
        f"documentation.{name}"
        for name in type(described).model_fields["documentation"].annotation.__args__[0].model_fields
    }  # type: ignore[union-attr]
    texts |= {f"data.{name}" for name in type(described).model_fields["data"].annotation.__args__[0].model_fields}  # type: ignore[union-attr]
    asked = {kind for one in framework.requirements for kind in one.answered_by}
    assert asked - texts - GIVEN == set()


GIVEN = {
    "declaration", "input_specification", "data_quality", "monitors", "drift_monitors", "estimated_performance",
    "fairness_monitors", "schedules", "retraining_policy", "validation_policy", "release_policy", "alert_policy",
    "retention", "business_value", "command_policy", "actions", "declaration_history", "ledger", "releases", "rollback",
    "gradual_release", "champion", "recipe", "search", "importances", "libraries", "platform", "locks", "dataset",
    "data_card", "dataset_split", "dataset_profile", "evaluation", "metrics", "gates", "fairness", "segments",
    "robustness", "calibration", "behaviour", "attributions", "serving", "model_card", "provenance",
    "bill_of_materials", "signature", "training_cost", "champion_tests", "reproduction", "history", "alerts", "checks",
    "defects", "commands", "retraining_decisions", "audit", "exceptions",
    "approval_policy", "approval", "overrides", "guardrails",
}  # fmt: skip
"""What `declared_evidence`, `version_evidence` and `repositories.technical_evidence` may give."""


def test_a_requirement_is_answered_only_where_all_that_was_looked_for_is_stored() -> None:
    requirement = next(one for one in FRAMEWORKS["annex-iv"].requirements if one.id == "IV.4")
    metrics = Evidence("roc_auc 0.8", (stored(),))
    half = answer(requirement, {"metrics": metrics})
    assert (half.status, list(half.missing)) == ("in part", ["documentation.metric_choice"])
    assert answer(requirement, {"metrics": metrics, "documentation.metric_choice": Evidence("x")}).status == "evidence"
    left = next(one for one in FRAMEWORKS["annex-iv"].requirements if one.id == "IV.8")
    assert answer(left, {"documentation.conformity": Evidence("in the safe")}).status == "in part"


def test_evidence_is_cited_by_key_version_and_hash() -> None:
    documents = VersionDocuments(manifest(), stored("m.json"), evaluation(), stored("e.json", "b" * 64))
    evidence = declared_evidence(spec(), stored("specs/1.json")) | version_evidence(documents)
    text = to_markdown(technical_file(FRAMEWORKS["annex-iv"], "lemons", "v", None, evidence))
    assert f"| `e.json` | `v1` | `{'b' * 64}` |" in text
    (line,) = (line for line in text.splitlines() if line.startswith("| IV.4 |"))
    assert r"metrics: roc_auc 0.8123, log_loss 0.4567 \[0.4012 to 0.5122\]" in line
    assert "Not stored: `documentation.metric_choice`" in line


def test_hostile_texts_stay_texts() -> None:
    hostile = SPEC + "documentation: {intended_use: '<script>alert(1)</script> | x | [a](javascript:b)'}\n"
    document = technical_file(FRAMEWORKS["sr-11-7"], "lemons", None, None, declared_evidence(spec(hostile), stored()))
    assert "<script>" not in to_html(document)
    text = to_markdown(document)
    assert "&lt;script&gt;" in text
    assert "[a](javascript" not in text


@every_framework
def test_the_same_evidence_gives_the_same_bytes(framework: Framework) -> None:
    evidence = declared_evidence(spec(), stored())
    pages = {to_html(technical_file(framework, "lemons", "v", None, evidence)) for _ in range(2)}
    assert len(pages) == 1


def test_approvals_overrides_and_guardrails_are_evidence() -> None:
    routing = intact().routing
    approved = SAFEGUARDS.model_copy(update={"approvals": ApprovalPolicy(required=2)})
    found = {kind: one.sentence for kind, one in safeguard_evidence(routing, stored(), approved)}
    assert found["approval"].startswith(f"{routing.champion} was approved by arn:aws:iam::123456789012:user/ben")
    assert "1 emergency override of approvals, 1 reviewed" in found["overrides"]
    assert found["guardrails"].endswith("with 0 approved changes: roc_auc at least 0.6; 3 allowed features")
    assert "once 2 people other than who asked approved it, within 7 days" in found["approval_policy"]
    assert dict(safeguard_evidence(Routing(model="lemons"), stored(), None)) == {}
