"""The template delivers every message in the same way, as the code expects."""

from typing import Any

import pytest

from steward.cli.cost import ALARMS, WITH_MAXIMUM
from tests.integration.template import asynchronous, read_template, resources, with_queues

QUEUES = resources("AWS::SQS::Queue")
RULES = resources("AWS::Events::Rule")
FUNCTIONS = resources("AWS::Serverless::Function")
POLICY = resources("AWS::SQS::QueuePolicy")["QueuesPolicy"]
REDRIVEN = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" in queue}
DAY = 24 * 3600
LONGEST_RETENTION = 14 * DAY
TIMEOUTS_A_DELIVERY = 6  # docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html


PERMISSIONS = resources("AWS::Lambda::Permission")


def statements(function: str) -> list[dict]:
    """What a function's own policies allow it."""
    policies = resources("AWS::IAM::Role")[f"{function}Role"]["Policies"]
    found = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return [statement for statement in found if "Action" in statement]


def targets(rule: dict) -> list[str]:
    return [target["Arn"]["Fn::GetAtt"][0] for target in rule["Targets"]]


ASYNCHRONOUS = sorted(asynchronous())


def test_a_function_has_a_queue_or_is_invoked_asynchronously_but_for_those_that_people_invoke():
    assert set(FUNCTIONS) - with_queues() - asynchronous() == {"AcceptCommands", "ServePredictions"}
    assert FUNCTIONS["ServePredictions"]["FunctionUrlConfig"] == {"AuthType": "AWS_IAM"}
    assert not with_queues() & asynchronous()
    statements = resources("AWS::IAM::ManagedPolicy")["PeopleWhoCommand"]["PolicyDocument"]["Statement"]
    (send,) = [one for one in statements if one.get("Sid") == "Send"]
    assert (send["Action"], send["Resource"]) == (
        "lambda:InvokeFunction", {"Fn::GetAtt": ["AcceptCommands", "Arn"]}
    )  # fmt: skip


def test_every_queue_has_dead_letters_of_its_own():
    wanted = {f"{function}Queue": f"{function}DeadLetters" for function in with_queues()}
    found = {name: queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name, queue in REDRIVEN.items()}
    assert found == wanted


@pytest.mark.parametrize("name", ASYNCHRONOUS)
def test_what_a_function_without_a_queue_fails_for_ends_in_dead_letters_of_its_own(name):
    configured = FUNCTIONS[name]["EventInvokeConfig"]
    assert configured["MaximumEventAgeInSeconds"] == 6 * 3600
    failure = configured["DestinationConfig"]["OnFailure"]
    if failure == {"Type": "SQS", "Destination": {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]}}:
        may = [one for one in statements(name) if one["Action"] == "sqs:SendMessage"]
        assert [one["Resource"] for one in may] == [failure["Destination"]]
        return
    assert failure == {"Type": "EventBridge", "Destination": {"Fn::GetAtt": ["Bus", "Arn"]}}
    rule = RULES[f"{name}FailureRule"]
    function_arn = {"prefix": {"Fn::Sub": f"${{{name}.Arn}}:"}}
    assert rule["EventPattern"]["detail"] == {"requestContext": {"functionArn": [function_arn]}}
    assert targets(rule) == [f"{name}DeadLetters"]
    assert targets(RULES["KickRetrainingFailureRule"]) == ["KickRetrainingQueue"]


def test_those_whose_failure_ends_a_run_tell_the_bus_of_it():
    told = {
        name for name in ASYNCHRONOUS
        if FUNCTIONS[name]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Type"] == "EventBridge"
    }  # fmt: skip
    assert told == {"TrainModel", "ValidateModel", "ReleaseModel"}


@pytest.mark.parametrize("name", ASYNCHRONOUS)
def test_each_rule_that_targets_a_function_may_invoke_it(name):
    allowed = [one["SourceArn"] for one in PERMISSIONS.values() if one["FunctionName"] == {"Ref": name}]
    rules = {rule: properties for rule, properties in RULES.items() if name in targets(properties)}
    assert rules
    for rule, properties in rules.items():
        own_bus = [arn for arn in allowed if arn.get("Fn::Sub", "").endswith(":rule/${Bus}/*")]
        assert own_bus if "EventBusName" in properties else {"Fn::GetAtt": [rule, "Arn"]} in allowed
    assert len(allowed) == len({"EventBusName" in properties for properties in rules.values()})


def test_idle_queues_are_polled_by_as_few_as_lambda_chooses():
    """Lambda polls less only where no maximum of concurrency is set (decision 0057)."""
    limited = {
        name for name in with_queues()
        if not str(FUNCTIONS[name]["Events"]["Messages"]["Properties"]["ScalingConfig"]).startswith(
            "{'Fn::If': ['HasRoom', {'Ref': 'AWS::NoValue'}"
        )
    }  # fmt: skip
    assert limited == WITH_MAXIMUM


def test_steward_cost_knows_the_alarms_and_what_is_switched_on():
    assert len(resources("AWS::CloudWatch::Alarm")) == ALARMS
    outputs = read_template()["Outputs"]
    for name in ("AccountQuotas", "Alarms", "ModelMetrics"):
        assert outputs[f"{name}Setting"] == {"Value": {"Ref": name}}


def test_dead_letters_are_kept_as_long_as_sqs_can_and_ten_days_longer_than_they_may_have_waited():
    """A dead letter's age counts from when it was first sent (SQS Developer Guide, "Dead-letter queue retention")."""
    kept = {name: queue["MessageRetentionPeriod"] for name, queue in QUEUES.items()}
    assert {kept[name] for name in QUEUES if name not in REDRIVEN} == {LONGEST_RETENTION}
    assert {kept[name] for name in REDRIVEN} == {LONGEST_RETENTION - 10 * DAY}


@pytest.mark.parametrize("name", sorted(with_queues()))
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


def test_what_a_schedule_cannot_send_is_kept_and_its_role_may_keep_it():
    given = {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}
    for function in ("RegisterModel", "WatchDeployment"):
        assert FUNCTIONS[function]["Environment"]["Variables"]["STEWARD_SCHEDULE_DEAD_LETTERS_ARN"] == given
    (policy,) = resources("AWS::IAM::Role")["ScheduleRole"]["Policies"]
    queues, functions, *_ = policy["PolicyDocument"]["Statement"]
    assert (queues["Action"], functions["Action"]) == ("sqs:SendMessage", "lambda:InvokeFunction")
    variables = FUNCTIONS["RegisterModel"]["Environment"]["Variables"]
    woken = [arn for variable, arn in variables.items() if variable.endswith("_TARGET_ARN")]
    allowed = [*queues["Resource"], *functions["Resource"]]
    assert sorted(map(str, allowed)) == sorted(map(str, [*woken, given]))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_request_that_hangs_is_tried_again_before_its_function_is_killed(name):
    usual = read_template()["Globals"]["Function"]
    function = FUNCTIONS[name]
    variables = usual["Environment"]["Variables"] | function["Environment"]["Variables"]
    assert 5 * int(variables["STEWARD_READ_TIMEOUT"]) < function.get("Timeout", usual["Timeout"])


def test_a_function_that_sends_to_its_own_queue_is_not_taken_for_an_endless_loop():
    """Lambda drops the next message after some 16 calls of a chain (Lambda Developer Guide, "Recursive loop")."""
    sends = [
        name
        for name in FUNCTIONS
        for statement in statements(name)
        if "sqs:SendMessage" in statement.get("Action", []) and "Queue" in str(statement["Resource"])
    ]
    assert sends == ["IngestRecords", "EraseSubject"]
    assert [name for name, function in FUNCTIONS.items() if function.get("RecursiveLoop") == "Allow"] == sends


def test_a_creation_that_fails_leaves_no_bucket_and_a_stack_that_is_deleted_does():
    for bucket in ("DataBucket", "LedgerBucket"):
        found = read_template()["Resources"][bucket]
        assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_lambda_drops_no_log_line_that_holds_metrics():
    """They have no level of their own, and count as INFO (Lambda Developer Guide, "Log-level filtering")."""
    template = read_template()
    assert template["Globals"]["Function"]["LoggingConfig"]["ApplicationLogLevel"] == {"Ref": "LogLevel"}
    assert template["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]


def test_the_metrics_of_two_deployments_are_drawn_apart():
    body = resources("AWS::CloudWatch::Dashboard")["Overview"]["DashboardBody"]["Fn::Sub"]
    searched = [part for part in body.split("SEARCH(")[1:] if "{Steward," in part]
    assert searched
    for one in searched:
        assert one.startswith("""'{Steward,deployment,model} deployment=\\"${AWS::StackName}\\" """)


def test_one_policy_lets_rules_send_to_the_queues_that_they_target_and_to_no_other():
    targeted = {queue for rule in RULES.values() for queue in targets(rule) if queue in QUEUES}
    assert sorted(queue["Ref"] for queue in POLICY["Queues"]) == sorted({*targeted, "UndeliveredEvents"})


def test_the_policy_names_the_own_bus_and_each_rule_on_the_bus_of_the_account():
    (statement,) = [one for one in POLICY["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    own_rules, *others, own_bus = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert own_rules["Fn::Sub"].endswith(":rule/${Bus}/*")
    assert own_bus == {"Fn::GetAtt": ["Bus", "Arn"]}
    on_the_account_s_bus = {name for name, rule in RULES.items() if "EventBusName" not in rule}
    assert {rule["Fn::GetAtt"][0] for rule in others} == on_the_account_s_bus


def test_what_a_lifecycle_removes_of_the_data_it_removes_of_the_replica_too() -> None:
    """S3 copies nothing that a lifecycle does."""
    replica = read_template("infra/replica/replica.yaml")["Resources"]
    data = resources("AWS::S3::Bucket")["DataBucket"]

    def removals(bucket: dict[str, Any]) -> list[Any]:
        rules = bucket["LifecycleConfiguration"]["Rules"]
        return sorted(
            [
                {name: value for name, value in rule.items() if name != "Id"}
                for rule in rules
                if "Transitions" not in rule
            ],
            key=repr,
        )

    assert removals(replica["DataReplica"]["Properties"]) == removals(data)


def test_a_replica_of_another_account_lets_in_every_role_that_removes_from_it() -> None:
    removing = {
        name
        for name, role in resources("AWS::IAM::Role").items()
        if "${ReplicaDataBucketArn}/" in str(role) and "s3:DeleteObjectVersion" in str(role)
    }
    policy = read_template("infra/replica/replica.yaml")["Resources"]["DataReplicaPolicy"]["Properties"]
    let_in = {
        statement["Principal"]["AWS"]["Ref"].removesuffix("Arn")
        for _, statement, _ in (one["Fn::If"] for one in policy["PolicyDocument"]["Statement"] if "Fn::If" in one)
        if "s3:DeleteObjectVersion" in statement["Action"]
    }
    assert removing == let_in == {"MaintainStoreRole", "EraseSubjectRole"}
    assert {f"{role}Arn" for role in let_in} <= read_template()["Outputs"].keys()


@pytest.mark.parametrize("bucket", ["DataBucket", "LedgerBucket"])
def test_replicas_are_named_by_parameters_and_only_data_copies_delete_markers(bucket: str) -> None:
    (rule,) = resources("AWS::S3::Bucket")[bucket]["ReplicationConfiguration"]["Fn::If"][1]["Rules"]
    assert rule["Destination"]["Bucket"] == {"Ref": f"Replica{bucket}Arn"}
    assert rule["DeleteMarkerReplication"]["Status"] == ("Enabled" if bucket == "DataBucket" else "Disabled")
    assert (rule["Status"], rule["Filter"]) == ("Enabled", {"Prefix": ""})
