"""The template delivers every message in the same way, as the code expects."""

import pytest

from steward.repositories.run_attempts import MAXIMUM_DELIVERIES
from tests.integration.template import read_template, resources

QUEUES = resources("AWS::SQS::Queue")
RULES = resources("AWS::Events::Rule")
FUNCTIONS = resources("AWS::Serverless::Function")
POLICY = resources("AWS::SQS::QueuePolicy")["QueuesPolicy"]
REDRIVEN = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" in queue}
LONGEST_RETENTION = 14 * 24 * 3600
TIMEOUTS_A_DELIVERY = 6  # docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html


def targets(rule: dict) -> list[str]:
    return [target["Arn"]["Fn::GetAtt"][0] for target in rule["Targets"]]


def test_every_function_has_a_queue_with_dead_letters_of_its_own():
    wanted = {f"{function}Queue": f"{function}DeadLetters" for function in FUNCTIONS}
    found = {name: queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name, queue in REDRIVEN.items()}
    assert found == wanted


def test_a_message_is_delivered_as_often_as_the_code_counts():
    assert {queue["RedrivePolicy"]["maxReceiveCount"] for queue in REDRIVEN.values()} == {MAXIMUM_DELIVERIES}


def test_every_queue_keeps_its_messages_as_long_as_sqs_can():
    assert {queue["MessageRetentionPeriod"] for queue in QUEUES.values()} == {LONGEST_RETENTION}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_message_stays_hidden_for_six_timeouts_of_its_function_and_the_time_it_is_gathered(name):
    usual = read_template()["Globals"]["Function"]["Timeout"]
    function = FUNCTIONS[name]
    gathered = function["Events"]["Messages"]["Properties"].get("MaximumBatchingWindowInSeconds", 0)
    hidden = TIMEOUTS_A_DELIVERY * function.get("Timeout", usual) + gathered
    assert QUEUES[f"{name}Queue"]["VisibilityTimeout"] == hidden


def test_an_event_that_cannot_be_delivered_is_kept():
    for name, rule in RULES.items():
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}}, name


def test_one_policy_lets_rules_send_to_the_queues_that_they_target_and_to_no_other():
    targeted = {queue for rule in RULES.values() for queue in targets(rule)}
    assert sorted(queue["Ref"] for queue in POLICY["Queues"]) == sorted({*targeted, "UndeliveredEvents"})
    assert "AcceptCommandsQueue" not in targeted


def test_the_policy_names_the_own_bus_and_each_rule_on_the_bus_of_the_account():
    (statement,) = POLICY["PolicyDocument"]["Statement"]
    own_bus, *others = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert own_bus["Fn::Sub"].endswith(":rule/${Bus}/*")
    on_the_account_s_bus = {name for name, rule in RULES.items() if "EventBusName" not in rule}
    assert {rule["Fn::GetAtt"][0] for rule in others} == on_the_account_s_bus
