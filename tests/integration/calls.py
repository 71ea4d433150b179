"""What a function asks of AWS, as IAM sees it: the requests that its calls of boto3 make."""

from collections.abc import Callable, Iterator
from typing import Any

from .deployment import ACCOUNT, BUS, REGION
from .policies import Request

type Parameters = dict[str, Any]

_HERE = f"{REGION}:{ACCOUNT}"


def requests(operation: str, asked: Parameters, *, absent: bool = False) -> list[Request]:
    """What IAM is asked for one call.

    Args:
        operation: as botocore calls it.
        asked: its parameters.
        absent: whether the answer was that the key is not there, which S3 tells those alone who may list it.

    Raises:
        KeyError: nobody has said yet what the operation needs.
    """
    found = list(_NEEDED[operation](asked))
    if absent:
        found.append(Request("s3:ListBucket", f"arn:aws:s3:::{asked['Bucket']}", (("s3:prefix", asked["Key"]),)))
    return found


def _object(asked: Parameters, key: str = "") -> str:
    return f"arn:aws:s3:::{asked['Bucket']}/{key or asked['Key']}"


def _put_object(asked: Parameters) -> Iterator[Request]:
    headers = {"s3:if-none-match": "IfNoneMatch", "s3:if-match": "IfMatch"}
    context = {key: asked[name] for key, name in headers.items() if name in asked}
    yield Request("s3:PutObject", _object(asked), (("s3:ObjectCreationOperation", "true"), *context.items()))
    if "IfMatch" in asked:  # docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        yield Request("s3:GetObject", _object(asked))


def _get_object(asked: Parameters) -> Iterator[Request]:
    yield Request("s3:GetObjectVersion" if "VersionId" in asked else "s3:GetObject", _object(asked))


def _upload_part(asked: Parameters) -> Iterator[Request]:
    yield Request("s3:PutObject", _object(asked), (("s3:ObjectCreationOperation", "false"),))


def _list(action: str) -> Callable[[Parameters], Iterator[Request]]:
    def needed(asked: Parameters) -> Iterator[Request]:
        yield Request(action, f"arn:aws:s3:::{asked['Bucket']}", (("s3:prefix", asked.get("Prefix", "")),))

    return needed


def _delete(asked: Parameters) -> Iterator[Request]:
    for named in asked["Delete"]["Objects"] if "Delete" in asked else [asked]:
        action = "s3:DeleteObjectVersion" if "VersionId" in named else "s3:DeleteObject"
        yield Request(action, _object(asked, named["Key"]))


def _put_events(asked: Parameters) -> Iterator[Request]:
    for entry in asked["Entries"]:
        bus = entry["EventBusName"]
        arn = bus if bus.startswith("arn:") else f"arn:aws:events:{_HERE}:event-bus/{bus}"
        context = ("events:source", entry["Source"]), ("events:detail-type", entry["DetailType"])
        yield Request("events:PutEvents", arn, context)


def _queue(action: str) -> Callable[[Parameters], Iterator[Request]]:
    def needed(asked: Parameters) -> Iterator[Request]:
        yield Request(action, f"arn:aws:sqs:{_HERE}:{asked['QueueUrl'].rsplit('/', 1)[-1]}")

    return needed


def _schedule(action: str) -> Callable[[Parameters], Iterator[Request]]:
    def needed(asked: Parameters) -> Iterator[Request]:
        yield Request(action, f"arn:aws:scheduler:{_HERE}:schedule/{asked['GroupName']}/{asked['Name']}")
        if "Target" in asked:
            passed = (("iam:PassedToService", "scheduler.amazonaws.com"),)
            yield Request("iam:PassRole", asked["Target"]["RoleArn"], passed)

    return needed


def _alone(action: str, resource: str) -> Callable[[Parameters], Iterator[Request]]:
    return lambda asked: iter([Request(action, resource.format(**asked))])


_NEEDED: dict[str, Callable[[Parameters], Iterator[Request]]] = {
    "PutObject": _put_object,
    "CreateMultipartUpload": _upload_part,
    "UploadPart": _upload_part,
    "CompleteMultipartUpload": _put_object,
    "AbortMultipartUpload": _alone("s3:AbortMultipartUpload", "arn:aws:s3:::{Bucket}/{Key}"),
    "GetObject": _get_object,
    "HeadObject": _get_object,
    "ListObjectsV2": _list("s3:ListBucket"),
    "ListObjectVersions": _list("s3:ListBucketVersions"),
    "DeleteObject": _delete,
    "DeleteObjects": _delete,
    "GetBucketNotificationConfiguration": _alone("s3:GetBucketNotification", "arn:aws:s3:::{Bucket}"),
    "PutEvents": _put_events,
    "ListSubscriptionsByTopic": _alone("sns:ListSubscriptionsByTopic", "{TopicArn}"),
    "Publish": _alone("sns:Publish", "{TopicArn}"),
    "SendMessage": _queue("sqs:SendMessage"),
    "ReceiveMessage": _queue("sqs:ReceiveMessage"),
    "DeleteMessage": _queue("sqs:DeleteMessage"),
    "ChangeMessageVisibility": _queue("sqs:ChangeMessageVisibility"),
    "GetQueueAttributes": _queue("sqs:GetQueueAttributes"),
    "ListQueues": _alone("sqs:ListQueues", "*"),
    "PutRecordBatch": _alone(
        "firehose:PutRecordBatch", f"arn:aws:firehose:{_HERE}:deliverystream/{{DeliveryStreamName}}"
    ),
    "GetMetricData": _alone("cloudwatch:GetMetricData", "*"),
    "Invoke": _alone("lambda:InvokeFunction", "{FunctionName}"),
    "GetSchedule": _schedule("scheduler:GetSchedule"),
    "CreateSchedule": _schedule("scheduler:CreateSchedule"),
    "UpdateSchedule": _schedule("scheduler:UpdateSchedule"),
    "DeleteSchedule": _schedule("scheduler:DeleteSchedule"),
    "GetScheduleGroup": _alone("scheduler:GetScheduleGroup", f"arn:aws:scheduler:{_HERE}:schedule-group/{{Name}}"),
    "CreateScheduleGroup": _alone(
        "scheduler:CreateScheduleGroup", f"arn:aws:scheduler:{_HERE}:schedule-group/{{Name}}"
    ),
}


def of_lambda(queue: str, failures: str, *, on_bus: bool, log_group: str) -> Iterator[Request]:
    """What Lambda asks for in a function's name.

    Args:
        queue: the ARN of its queue; empty for none.
        failures: the ARN of the queue that keeps what it failed for; empty for none.
        on_bus: whether Lambda tells the bus of that instead.
        log_group: the ARN of the log group.
    """
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Request(action, log_group)
    if queue:
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            yield Request(action, queue)
    if failures:
        yield Request("sqs:SendMessage", failures)
    if on_bus:
        failed = ("events:source", "lambda"), ("events:detail-type", "Lambda Function Invocation Result - Failure")
        yield Request("events:PutEvents", f"arn:aws:events:{_HERE}:event-bus/{BUS}", failed)
