"""`make security` fails on a finding without a reason, and on a reason without a finding; and sees every policy."""

from typing import Any

import pytest

from infra.security.__main__ import TEMPLATES, Finding, compare, excuses
from infra.security.translated import ACCOUNT, EXAMPLES, REGION, policies, read, translate
from tests.integration.template import ROOT

READ = {str(path.relative_to(ROOT)): read(path) for path in TEMPLATES}
FOUND = Finding("template.yaml", "Logs", "checkov", "CKV_AWS_158", "not encrypted")
LEFT = Finding("template.yaml", "Logs", "checkov", "CKV_AWS_158", "nothing secret is in them")


def test_a_finding_is_left_for_its_reason_and_for_no_other() -> None:
    assert compare([FOUND], [LEFT]) == []
    (sentence,) = compare([FOUND], [])
    assert sentence == "template.yaml: Logs: CKV_AWS_158 of checkov: not encrypted"
    for other in ({"template": "x"}, {"resource": "Bus"}, {"tool": "parliament"}, {"rule": "CKV_AWS_66"}):
        sentences = compare([FOUND], [Finding(**{**_parts(LEFT), **other})])
        assert len(sentences) == 2
        assert sentences[1].endswith("any more: remove its exception")


def _parts(finding: Finding) -> dict[str, str]:
    return {name: getattr(finding, name) for name in Finding.__slots__}


def test_an_exception_says_its_reason() -> None:
    item = {"Type": "AWS::Logs::LogGroup", "Metadata": {"checkov": {"skip": [{"id": "CKV_AWS_158"}]}}}
    with pytest.raises(ValueError, match="Logs: the exception CKV_AWS_158 of checkov says no reason"):
        list(excuses("template.yaml", {"Resources": {"Logs": item}}))


@pytest.mark.parametrize("name", READ)
def test_every_exception_of_the_templates_has_a_reason_and_a_resource_of_its_own(name: str) -> None:
    left = list(excuses(name, READ[name]))
    assert left
    assert len({one.excuse for one in left}) == len(left)
    for item in READ[name]["Resources"].values():
        assert set(item.get("Metadata", {})) <= {"BuildArchitecture", "BuildMethod", "checkov", "parliament"}


def written_policies(part: Any) -> int:
    if isinstance(part, list):
        return sum(map(written_policies, part))
    if not isinstance(part, dict):
        return 0
    rest = sum(written_policies(one) for key, one in part.items() if key != "AssumeRolePolicyDocument")
    return rest + ("Statement" in part)


@pytest.mark.parametrize("name", READ)
def test_every_policy_is_linted_and_without_references(name: str) -> None:
    translated = translate(READ[name])
    found = list(policies(translated))
    assert len(found) == written_policies(translated["Resources"])
    assert "{'Fn::" not in str(found)
    assert "{'Ref'" not in str(found)
    assert "${" not in str(found)


def test_policies_are_those_of_a_stack_with_every_option_on() -> None:
    found = str(list(policies(translate(READ["template.yaml"]))))
    for action in ("kms:GenerateDataKey", "xray:PutTraceSegments", "logging.s3.amazonaws.com"):
        assert action in found
    assert EXAMPLES["KmsKeyArn"] in found
    assert f"arn:aws:sqs:{REGION}:{ACCOUNT}:ingestrecordsqueue" in found


def test_a_function_that_is_not_known_is_refused() -> None:
    item = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Fn::ImportValue": "x"}}}
    with pytest.raises(ValueError, match="Fn::ImportValue"):
        list(policies({"Resources": {"Policy": item}}))
