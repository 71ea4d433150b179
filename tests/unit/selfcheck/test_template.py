"""A template's references are resolved as CloudFormation does."""

import pytest

from steward.selfcheck.template import DeployedStack, resolve, resources

TEMPLATE = {
    "Parameters": {"Buses": {"Type": "CommaDelimitedList"}, "Alarms": {"Type": "String"}},
    "Conditions": {
        "HasBuses": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Buses"}]}, ""]}]},
        "HasAlarms": {"Fn::Equals": [{"Ref": "Alarms"}, "on"]},
        "Both": {"Fn::And": [{"Condition": "HasBuses"}, {"Condition": "HasAlarms"}]},
    },
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Other": {"Type": "AWS::SQS::Queue"},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventBusName": "steward"}},
        "Plain": {"Type": "AWS::Events::Rule", "Properties": {}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Condition": "HasAlarms"},
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}, {"Ref": "Other"}], "PolicyDocument": {}},
        },
    },
}
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/steward-Queue-X1"
OTHER = "https://sqs.eu-west-1.amazonaws.com/123456789012/steward-Other-X1"


def stack(*, buses: str = "", alarms: str = "on", rule: str = "steward|steward-Rule-X1") -> DeployedStack:
    physical = {"Queue": QUEUE, "Other": OTHER, "Rule": rule, "Plain": "plain", "Alarm": "alarm"}
    parameters = {"Buses": buses, "Alarms": alarms}
    return DeployedStack("steward", "aws", "eu-west-1", "123456789012", parameters, TEMPLATE, physical)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Queue"}, QUEUE),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:aws:sqs:eu-west-1:123456789012:steward-Queue-X1"),
        ({"Fn::GetAtt": "Queue.QueueName"}, "steward-Queue-X1"),
        ({"Fn::GetAtt": ["Rule", "Arn"]}, "arn:aws:events:eu-west-1:123456789012:rule/steward/steward-Rule-X1"),
        ({"Fn::GetAtt": ["Plain", "Arn"]}, "arn:aws:events:eu-west-1:123456789012:rule/plain"),
        ({"Fn::Sub": "${AWS::StackName}-${Alarms}-x"}, "steward-on-x"),
        ({"Fn::Sub": ["${own}/${Queue.QueueName}", {"own": "x"}]}, "x/steward-Queue-X1"),
        ([1, {"Fn::If": ["HasBuses", 2, {"Ref": "AWS::NoValue"}]}], [1]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 3}, {"b": 3}),
    ],
)
def test_references_become_values(value: object, expected: object) -> None:
    assert resolve(stack(), value) == expected


def test_the_name_alone_of_a_rule_is_enough() -> None:
    found = resolve(stack(rule="steward-Rule-X1"), {"Fn::GetAtt": ["Rule", "Arn"]})
    assert found == "arn:aws:events:eu-west-1:123456789012:rule/steward/steward-Rule-X1"


def test_conditions_decide_which_resources_there_are() -> None:
    assert "Alarm" in resources(stack())
    assert "Alarm" not in resources(stack(alarms="off"))


def test_a_policy_of_several_queues_is_looked_at_for_each_of_them() -> None:
    found = resources(stack())
    assert "Policy" not in found
    assert found["Policy-Queue"].properties["Queues"] == [QUEUE]
    assert found["Policy-Other"].properties["Queues"] == [OTHER]


def test_a_list_of_parameters_is_a_list() -> None:
    value = {"Fn::If": ["Both", {"Ref": "Buses"}, "none"]}
    assert resolve(stack(buses="one,two"), value) == ["one", "two"]
    assert resolve(stack(buses="one", alarms="off"), value) == "none"


def test_an_unknown_function_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="Fn::Cidr"):
        resolve(stack(), {"Fn::Cidr": []})


def test_a_policy_that_is_apart_from_its_role_is_among_those_of_the_role() -> None:
    own, apart = ({"PolicyName": name, "PolicyDocument": {"Statement": []}} for name in ("own", "apart"))
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [own]}},
            "Policy": {"Type": "AWS::IAM::Policy", "Properties": {**apart, "Roles": [{"Ref": "Role"}]}},
        }
    }
    found = resources(DeployedStack("steward", "aws", "eu-west-1", "1", {}, template, {"Role": "role"}, "arn:stack"))
    assert list(found) == ["Role"]
    assert found["Role"].properties["Policies"] == [own, apart]
