"""The template's own resources on moto, made one by one: moto's CloudFormation does not know all of their kinds."""

import io
import json
import zipfile
from functools import cache
from typing import Any

from infra.security.translated import translate
from steward import aws
from steward.selfcheck.template import DeployedStack, TemplateResource, resolve

from .template import read_template

NAME, REGION, ACCOUNT = "steward", "us-east-1", "123456789012"
SUBSCRIBER = "someone@example.com"
LAST = (
    "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig",
    "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription",
)  # fmt: skip
FIRST = (
    "AWS::S3::Bucket", "AWS::Events::EventBus", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Scheduler::ScheduleGroup",
    "AWS::Logs::LogGroup", "AWS::Lambda::LayerVersion", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role",
    "AWS::Lambda::Function", "AWS::Events::Rule",
)  # fmt: skip


@cache
def processed() -> dict[str, Any]:
    """The template as CloudFormation keeps it: expanded by SAM's own translator."""
    return translate(read_template())


def create() -> DeployedStack:
    """Make every resource of the template that the doctor looks at; inside moto."""
    template = processed()
    defaults = {name: str(one["Default"]) for name, one in template["Parameters"].items()}
    physical: dict[str, str] = {}
    stack = DeployedStack(NAME, "aws", REGION, ACCOUNT, defaults | {"AlertEmail": SUBSCRIBER}, template, physical)
    aws.s3().create_bucket(Bucket="code")
    aws.s3().put_object(Bucket="code", Key="code.zip", Body=_archive())
    declared = template["Resources"]
    functions = [logical for logical, one in declared.items() if one["Type"] == "AWS::Lambda::Function"]
    physical |= {logical: f"{NAME}-{logical}" for logical in functions}  # roles and other functions name them
    kinds = [*FIRST, *sorted({one["Type"] for one in declared.values()} - {*FIRST, *LAST}), *LAST]
    for kind in kinds:
        for logical, one in declared.items():
            if one["Type"] == kind and kind in _MAKERS:
                if one.get("Condition") in {"HasChat", "HasReplicas"}:
                    continue
                made = TemplateResource(logical, kind, "", resolve(stack, one.get("Properties", {})))
                physical[logical] = _MAKERS[kind](stack, made)
        if kind == "AWS::SQS::Queue":
            _redrive(stack)
    return stack


def _archive() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("app.py", "")
    return body.getvalue()


def _queue(_: DeployedStack, queue: TemplateResource) -> str:
    return aws.sqs().create_queue(QueueName=f"{NAME}-{queue.logical}-X1")["QueueUrl"]


def _mapping(_: DeployedStack, mapping: TemplateResource) -> str:
    wanted = {"EventSourceArn": mapping.properties["EventSourceArn"], "BatchSize": mapping.properties["BatchSize"]}
    return aws.functions().create_event_source_mapping(FunctionName=mapping.properties["FunctionName"], **wanted)[
        "UUID"
    ]


def _redrive(stack: DeployedStack) -> None:
    """Queues name their dead-letter queues, which may be made after them."""
    for logical, one in stack.template["Resources"].items():
        if one["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in one["Properties"]:
            policy = json.dumps(resolve(stack, one["Properties"]["RedrivePolicy"]))
            aws.sqs().set_queue_attributes(
                QueueUrl=stack.physical[logical], Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "5400"}
            )


def _queue_policy(_: DeployedStack, policy: TemplateResource) -> str:
    document = json.dumps(policy.properties["PolicyDocument"])
    for url in policy.properties["Queues"]:
        aws.sqs().set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    return policy.logical


def _topic(_: DeployedStack, topic: TemplateResource) -> str:
    return aws.sns().create_topic(Name=f"{NAME}-{topic.logical}")["TopicArn"]


def _topic_policy(_: DeployedStack, policy: TemplateResource) -> str:
    (topic,) = policy.properties["Topics"]
    document = json.dumps(policy.properties["PolicyDocument"])
    aws.sns().set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    return policy.logical


def _subscription(_: DeployedStack, wanted: TemplateResource) -> str:
    return aws.sns().subscribe(
        TopicArn=wanted.properties["TopicArn"], Protocol="email", Endpoint=SUBSCRIBER, ReturnSubscriptionArn=True
    )["SubscriptionArn"]


def _bucket(_: DeployedStack, bucket: TemplateResource) -> str:
    name = f"{NAME}-{bucket.logical.lower()}"
    lock = bucket.properties.get("ObjectLockConfiguration")
    aws.s3().create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock is not None)
    if lock:
        default = lock["Rule"]["DefaultRetention"]
        retention = {"Mode": default["Mode"], "Days": int(default["Days"])}
        wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
        aws.s3().put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=wanted)  # type: ignore[arg-type]
    aws.s3().put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if "NotificationConfiguration" in bucket.properties:
        aws.s3().put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    return name


def _bucket_policy(_: DeployedStack, policy: TemplateResource) -> str:
    aws.s3().put_bucket_policy(
        Bucket=policy.properties["Bucket"], Policy=json.dumps(policy.properties["PolicyDocument"])
    )
    return policy.logical


def _bus(_: DeployedStack, bus: TemplateResource) -> str:
    aws.events().create_event_bus(Name=bus.properties["Name"])
    return str(bus.properties["Name"])


def _rule(_: DeployedStack, rule: TemplateResource) -> str:
    name, bus = f"{NAME}-{rule.logical}", rule.properties.get("EventBusName")
    on_bus = {"EventBusName": bus} if bus else {}
    if "EventPattern" in rule.properties:
        aws.events().put_rule(Name=name, EventPattern=json.dumps(rule.properties["EventPattern"]), **on_bus)
    else:
        aws.events().put_rule(Name=name, ScheduleExpression=rule.properties["ScheduleExpression"])
    targets = [{"Id": one["Id"], "Arn": one["Arn"]} for one in rule.properties["Targets"]]
    aws.events().put_targets(Rule=name, Targets=targets, **on_bus)
    return f"{bus}|{name}" if bus else name


def _role(_: DeployedStack, role: TemplateResource) -> str:
    name = f"{NAME}-{role.logical}"
    trust = json.dumps(role.properties["AssumeRolePolicyDocument"])
    aws.iam().create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    for policy in role.properties.get("Policies", []):
        document = json.dumps(policy["PolicyDocument"])
        aws.iam().put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
    for attached in role.properties.get("ManagedPolicyArns", []):
        aws.iam().attach_role_policy(RoleName=name, PolicyArn=attached)
    return name


def _managed_policy(_: DeployedStack, policy: TemplateResource) -> str:
    document = json.dumps(policy.properties["PolicyDocument"])
    return aws.iam().create_policy(PolicyName=f"{NAME}-{policy.logical}", PolicyDocument=document)["Policy"]["Arn"]


def _function(_: DeployedStack, function: TemplateResource) -> str:
    return aws.functions().create_function(
        FunctionName=f"{NAME}-{function.logical}",
        Runtime="python3.13",
        Handler="app.handler",
        Role=function.properties["Role"],
        Code={"S3Bucket": "code", "S3Key": "code.zip"},
        Environment=function.properties["Environment"],
        Layers=function.properties["Layers"],
    )["FunctionName"]


def _permission(_: DeployedStack, permission: TemplateResource) -> str:
    aws.functions().add_permission(StatementId=permission.logical, **permission.properties)
    return permission.logical


def _asynchronous(_: DeployedStack, setting: TemplateResource) -> str:
    aws.functions().put_function_event_invoke_config(**setting.properties)
    return setting.logical


def _layer(_: DeployedStack, layer: TemplateResource) -> str:
    made = aws.functions().publish_layer_version(
        LayerName=layer.properties["LayerName"], Content={"S3Bucket": "code", "S3Key": "code.zip"}
    )
    return made["LayerVersionArn"]


def _group(_: DeployedStack, group: TemplateResource) -> str:
    aws.scheduler().create_schedule_group(Name=group.properties["Name"])
    return str(group.properties["Name"])


def _logs(_: DeployedStack, group: TemplateResource) -> str:
    return f"{NAME}-{group.logical}-X1"


def _alarm(_: DeployedStack, alarm: TemplateResource) -> str:
    name = f"{NAME}-{alarm.logical}"
    wanted = {"MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator"}
    said = {key: value for key, value in alarm.properties.items() if key in wanted}
    aws.cloudwatch().put_metric_alarm(AlarmName=name, AlarmActions=alarm.properties["OKActions"], **said)
    return name


_MAKERS = {
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::Events::EventBus": _bus,
    "AWS::Events::Rule": _rule,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::IAM::Role": _role,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::LayerVersion": _layer,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::EventInvokeConfig": _asynchronous,
    "AWS::Scheduler::ScheduleGroup": _group,
    "AWS::Logs::LogGroup": _logs,
    "AWS::CloudWatch::Alarm": _alarm,
}


def name_of(stack: DeployedStack, logical: str) -> tuple[str, str]:
    """The bus (empty for the account's own) and the name of a rule."""
    bus, _, name = stack.physical[logical].rpartition("|")
    return bus, name
