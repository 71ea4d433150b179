"""Whatever the template stores or carries takes the customer's key, and no plain HTTP; asked of what SAM makes of it.

A resource of a kind that nobody has looked at fails here, as does one that lacks what its kind has.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from steward.selfcheck.template import DeployedStack, TemplateResource, resolve, resources
from tests.integration.stack import processed

KEY = "arn:aws:kms:us-east-1:123456789012:key/6a1b"
TEMPLATE = processed()

ENCRYPTED = {
    "AWS::Events::Archive": "KmsKeyIdentifier",
    "AWS::Events::EventBus": "KmsKeyIdentifier",
    "AWS::Lambda::Function": "KmsKeyArn",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
}
"""The property that takes the key, by the kind of resource; a bucket has it deeper down."""
HOLD_NOTHING = {
    "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Events::Rule", "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion", "AWS::Lambda::Permission", "AWS::Logs::MetricFilter", "AWS::S3::BucketPolicy",
    "AWS::Lambda::Url", "AWS::Logs::LogStream", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy", "AWS::Scheduler::ScheduleGroup",
}  # fmt: skip
"""Kinds without data of users: settings, code, names and numbers. Rules are encrypted with their bus."""
ADDRESSED = {"AWS::S3::Bucket": "Bucket", "AWS::SQS::Queue": "Queues", "AWS::SNS::Topic": "Topics"}
"""Kinds that have policies of their own, and how a policy names them."""


def deployed(**parameters: str) -> dict[str, TemplateResource]:
    """The resources of a stack with these parameters, by logical id; each has its logical id as its physical one."""
    defaults = {name: str(one["Default"]) for name, one in TEMPLATE["Parameters"].items()}
    physical = {name: name for name in TEMPLATE["Resources"]}
    stack = DeployedStack("steward", "aws", "us-east-1", "123456789012", defaults | parameters, TEMPLATE, physical)
    found = {name: one for name, one in resources(stack).items() if name in TEMPLATE["Resources"]}
    for name, one in TEMPLATE["Resources"].items():
        if one["Type"] == "AWS::SQS::QueuePolicy":  # whole, not one for each queue
            found[name] = TemplateResource(name, one["Type"], name, resolve(stack, one["Properties"]))
    return found


EVERYTHING = {
    "AccessLogs": "own",
    "AlertEmail": "a@example.com",
    "ChatRooms": "on",
    "EventArchiveDays": "30",
    "KmsKeyArn": KEY,
    "ReplicaDataBucketArn": "arn:aws:s3:::copies-of-data",
    "ReplicaKmsKeyArn": KEY,
    "ReplicaLedgerBucketArn": "arn:aws:s3:::copies-of-ledger",
    "Serving": "on",
    "ServingConcurrency": "20",
    "Tracing": "on",
}
WITH, WITHOUT = deployed(**EVERYTHING), deployed(**EVERYTHING | {"KmsKeyArn": ""})


def named(kind: str, found: dict[str, TemplateResource] = WITH) -> dict[str, dict[str, Any]]:
    return {name: dict(one.properties) for name, one in found.items() if one.kind == kind}


def bucket_encryption(properties: dict[str, Any]) -> dict[str, Any]:
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return rule | rule["ServerSideEncryptionByDefault"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_somebody_has_looked_at_every_kind_of_resource() -> None:
    kinds = {one["Type"] for one in TEMPLATE["Resources"].values()}
    assert kinds <= {*ENCRYPTED, "AWS::KinesisFirehose::DeliveryStream", "AWS::S3::Bucket", *HOLD_NOTHING}
    inline = {name for name, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::IAM::Policy"}  # in its role
    assert set(WITH) >= set(TEMPLATE["Resources"]) - inline  # every option is on


@pytest.mark.parametrize("kind", sorted(ENCRYPTED))
def test_whatever_stores_or_carries_takes_the_key_and_no_key_where_none_is_given(kind: str) -> None:
    assert {name: one.get(ENCRYPTED[kind]) for name, one in named(kind).items()} == dict.fromkeys(named(kind), KEY)
    assert [name for name, one in named(kind, WITHOUT).items() if ENCRYPTED[kind] in one] == []


def test_buckets_are_encrypted_with_the_key_by_bucket_keys_and_otherwise_by_s3() -> None:
    for name, properties in named("AWS::S3::Bucket").items():
        rule = bucket_encryption(properties)
        if name == "AccessLogBucket":  # S3 delivers logs to no bucket with a customer's key
            assert rule["SSEAlgorithm"] == "AES256"
            continue
        assert (rule["SSEAlgorithm"], rule["KMSMasterKeyID"], rule["BucketKeyEnabled"]) == ("aws:kms", KEY, True)
    for properties in named("AWS::S3::Bucket", WITHOUT).values():
        assert bucket_encryption(properties)["SSEAlgorithm"] == "AES256"
        assert not {"KMSMasterKeyID", "BucketKeyEnabled"} & set(bucket_encryption(properties))


def test_queues_are_encrypted_by_sqs_where_no_key_is_given_and_ask_for_the_key_once_an_hour() -> None:
    assert {one["KmsDataKeyReusePeriodSeconds"] for one in named("AWS::SQS::Queue").values()} == {3600}
    assert not any("SqsManagedSseEnabled" in one for one in named("AWS::SQS::Queue").values())
    without = named("AWS::SQS::Queue", WITHOUT).values()
    assert {(one["SqsManagedSseEnabled"], one.get("KmsDataKeyReusePeriodSeconds")) for one in without} == {(True, None)}


def test_records_are_encrypted_on_their_way_through_firehose_and_where_it_puts_them() -> None:
    (stream,) = named("AWS::KinesisFirehose::DeliveryStream").values()
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": KEY}
    inside = stream["ExtendedS3DestinationConfiguration"]["EncryptionConfiguration"]
    assert inside == {"KMSEncryptionConfig": {"AWSKMSKeyARN": KEY}}
    (stream,) = named("AWS::KinesisFirehose::DeliveryStream", WITHOUT).values()
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}
    assert "EncryptionConfiguration" not in stream["ExtendedS3DestinationConfiguration"]


def test_schedules_are_made_with_the_key() -> None:
    functions = named("AWS::Lambda::Function").items()
    told = {name: one["Environment"]["Variables"].get("STEWARD_SCHEDULE_KEY_ARN") for name, one in functions}
    makers = {
        name for name, one in functions if "STEWARD_SCHEDULE_GROUP" in one["Environment"]["Variables"]
    }  # fmt: skip
    assert makers == {"RegisterModel", "WatchDeployment"}
    assert {name for name, key in told.items() if key == KEY} == makers


def policies_of(kind: str) -> dict[str, list[dict[str, Any]]]:
    """The statements of each resource's own policies, by its logical id."""
    by = ADDRESSED[kind]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in named(kind)}
    for policy in named(f"{kind}Policy").values():
        for one in listed(policy[by]):
            found[one].append(policy["PolicyDocument"]["Statement"])
    return found


@pytest.mark.parametrize("kind", sorted(ADDRESSED))
def test_every_bucket_queue_and_topic_refuses_plain_http(kind: str) -> None:
    everything = {"AWS::S3::Bucket": "s3:*", "AWS::SQS::Queue": "sqs:*", "AWS::SNS::Topic": "sns:Publish"}
    found = policies_of(kind)
    assert found
    for name, policies in found.items():
        (statements,) = policies  # a second policy would replace the first
        (denial,) = [one for one in statements if one["Sid"] == "TlsOnly"]
        assert (denial["Effect"], denial["Principal"], denial["Action"]) == ("Deny", "*", everything[kind])
        assert denial["Condition"] == {"Bool": {"aws:SecureTransport": False}}
        if kind == "AWS::S3::Bucket":
            assert denial["Resource"] == [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
        else:
            assert denial["Resource"] in (name, "*")


def granted(found: dict[str, TemplateResource], name: str) -> list[dict[str, Any]]:
    """The statements of a role with its managed policies, or of a managed policy."""
    one = found[name].properties
    documents = [policy["PolicyDocument"] for policy in one.get("Policies", [])]
    documents += [found[arn].properties["PolicyDocument"] for arn in one.get("ManagedPolicyArns", [])]
    documents += [one["PolicyDocument"]] if "PolicyDocument" in one else []
    return [statement for document in documents for statement in document["Statement"]]


def actions(statements: list[dict[str, Any]]) -> set[str]:
    return {action for one in statements if one["Effect"] == "Allow" for action in listed(one["Action"])}


SHARED = {"EveryFunction", "EveryRecorder"}
"""Policies of roles that have others beside them."""
IDENTITIES = sorted([*named("AWS::IAM::Role"), *(set(named("AWS::IAM::ManagedPolicy")) - SHARED)])
DECRYPT, GENERATE, DESCRIBE = "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"
NEEDED = [
    ("s3:GetObject", "s3", {DECRYPT}),
    ("s3:PutObject", "s3", {DECRYPT, GENERATE}),
    ("sqs:ReceiveMessage", "sqs", {DECRYPT}),
    ("sqs:SendMessage", "sqs", {DECRYPT, GENERATE}),
    ("sns:Publish", "sns", {DECRYPT, GENERATE}),
    ("scheduler:CreateSchedule", "scheduler", {DECRYPT, DESCRIBE, GENERATE}),
]
"""What else a principal needs that does something to a resource with the key, and by way of which service."""


def uses_of_key(statements: list[dict[str, Any]]) -> Iterator[tuple[str, set[str], dict[str, Any]]]:
    """Service, actions and conditions of each statement on the key."""
    for one in statements:
        if any(action.startswith("kms:") for action in listed(one["Action"])):
            conditions = {key: value for part in one["Condition"].values() for key, value in part.items()}
            service = str(conditions.get("kms:ViaService", "")).removesuffix(".us-east-1.amazonaws.com")
            yield service, set(listed(one["Action"])), one


@pytest.mark.parametrize("name", [name for name in IDENTITIES if name != "ReplicationRole"])
def test_whoever_may_use_a_resource_may_use_its_key_by_way_of_its_service_and_not_otherwise(name: str) -> None:
    statements = granted(WITH, name)
    needed: dict[str, set[str]] = {}
    for action, service, key_actions in NEEDED:
        if any(fnmatchcase(action, allowed) for allowed in actions(statements)):
            needed[service] = needed.get(service, set()) | key_actions
    uses = {service: key_actions for service, key_actions, _ in uses_of_key(statements)}
    if name == "ScheduleRole":  # by which Scheduler reads what it sends
        needed[""] = {DECRYPT}
    assert {service: uses.get(service, set()) & key_actions for service, key_actions in needed.items()} == needed
    assert set(uses) == set(needed)
    assert actions(granted(WITHOUT, name)) == {one for one in actions(statements) if not one.startswith("kms:")}


def test_whoever_records_decisions_may_use_the_key_as_every_function_does() -> None:
    attached = [set(one.get("ManagedPolicyArns", [])) for one in named("AWS::IAM::Role").values()]
    recorders = [policies for policies in attached if "EveryRecorder" in policies]
    assert recorders
    assert all("EveryFunction" in policies for policies in recorders)


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_use_of_the_key_names_the_key_and_what_it_is_for(name: str) -> None:
    for service, key_actions, statement in uses_of_key(granted(WITH, name)):
        assert statement["Resource"] == KEY
        encrypts = {"kms:Encrypt"} if name == "ReplicationRole" else set()  # as S3 documents it
        assert {*key_actions} <= {DECRYPT, GENERATE, DESCRIBE} | encrypts
        narrowed = [key for part in statement["Condition"].values() for key in part]
        assert service == "scheduler" or any(key.startswith("kms:EncryptionContext:aws:") for key in narrowed)


def test_a_queue_takes_dead_letters_of_no_other_queue_unless_it_belongs_to_one() -> None:
    queues = named("AWS::SQS::Queue")
    sources = {
        one["RedrivePolicy"]["deadLetterTargetArn"].split(":")[-1] for one in queues.values() if "RedrivePolicy" in one
    }
    redriven = {name for name, one in queues.items() if "RedrivePolicy" in one}
    closed = {name for name, one in queues.items() if one.get("RedriveAllowPolicy") == {"redrivePermission": "denyAll"}}
    assert closed == set(queues) - sources - redriven
    assert len(sources) == len(redriven)


@pytest.mark.parametrize(
    ("chosen", "target"), [("own", "AccessLogBucket"), ("logs-of-everything", "logs-of-everything")]
)
def test_requests_to_each_bucket_are_logged_where_the_parameter_says(chosen: str, target: str) -> None:
    buckets = named("AWS::S3::Bucket", deployed(AccessLogs=chosen))
    assert ("AccessLogBucket" in buckets) == (chosen == "own")
    for name, one in buckets.items():
        assert one.get("LoggingConfiguration", {}).get("DestinationBucketName") == (
            None if name == "AccessLogBucket" else target
        )


def test_s3_may_log_for_buckets_of_this_stack_and_no_request_is_logged_unless_asked_for() -> None:
    (statement,) = [
        one for (found,) in policies_of("AWS::S3::Bucket").values() for one in found if one["Sid"] == "LogsOfThisStack"
    ]
    prefix = named("AWS::S3::Bucket")["DataBucket"]["LoggingConfiguration"]["LogFilePrefix"]
    assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert statement["Resource"] == f"arn:aws:s3:::AccessLogBucket/{prefix}*"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnEquals": {"aws:SourceArn": ["arn:aws:s3:::DataBucket", "arn:aws:s3:::LedgerBucket"]},
    }
    assert not any("LoggingConfiguration" in one for one in named("AWS::S3::Bucket", deployed()).values())
    assert set(named("AWS::S3::Bucket", deployed())) == {"DataBucket", "LedgerBucket"}


def test_functions_are_traced_and_may_send_traces_if_asked_for() -> None:
    for tracing, mode in (("on", "Active"), ("off", "PassThrough")):
        found = deployed(Tracing=tracing)
        assert {one["TracingConfig"]["Mode"] for one in named("AWS::Lambda::Function", found).values()} == {mode}
        may = {action for action in actions(granted(found, "EveryFunction")) if action.startswith("xray:")}
        assert may == ({"xray:PutTelemetryRecords", "xray:PutTraceSegments"} if tracing == "on" else set())


def test_the_bus_keeps_its_events_for_as_many_days_as_asked_for() -> None:
    assert named("AWS::Events::Archive", deployed()) == {}
    assert named("AWS::Events::Archive")["Archive"]["RetentionDays"] == "30"
    assert named("AWS::Events::Archive")["Archive"]["SourceArn"].endswith(":event-bus/Bus")
