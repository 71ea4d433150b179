"""The roles of functions and the policies for people refuse what is not theirs. That they suffice, the loop proves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .deployed import Deployed

type Act = Callable[[Deployed, str], Any]


def read(key: str) -> Act:
    return lambda steward, function: steward.as_role_of(function, "s3").get_object(Bucket=steward.data, Key=key)


def write(key: str) -> Act:
    return lambda steward, function: steward.as_role_of(function, "s3").put_object(
        Bucket=steward.data, Key=key, Body=b"x"
    )


def delete(key: str) -> Act:
    return lambda steward, function: steward.as_role_of(function, "s3").delete_object(Bucket=steward.data, Key=key)


def tell(steward: Deployed, function: str) -> Any:
    topic = steward.stack.outputs["AlertTopicArn"]
    return steward.as_role_of(function, "sns").publish(TopicArn=topic, Message="x")


def delete_entry(steward: Deployed, function: str) -> Any:
    return steward.as_role_of(function, "s3").delete_object(Bucket=steward.ledger, Key="lemons/0000000001.json")


def delete_entry_for_good(steward: Deployed, function: str) -> Any:
    key = "lemons/0000000001.json"
    version = steward.s3.head_object(Bucket=steward.ledger, Key=key)["VersionId"]
    return steward.as_role_of(function, "s3").delete_object(
        Bucket=steward.ledger, Key=key, VersionId=version, BypassGovernanceRetention=True
    )


def overwrite_entry(steward: Deployed, function: str) -> Any:
    return steward.as_role_of(function, "s3").put_object(Bucket=steward.ledger, Key="lemons/0000000001.json", Body=b"x")


def mark(action: str) -> Act:
    key = f"probe/decisions/{action}/x"
    return lambda steward, function: steward.as_role_of(function, "s3").put_object(
        Bucket=steward.ledger, Key=key, Body=b"", IfNoneMatch="*"
    )


def publish(detail_type: str, source: str = "steward") -> Act:
    def act(steward: Deployed, function: str) -> Any:
        entry = {"EventBusName": steward.stack.outputs["BusName"], "Source": source, "Detail": json.dumps({"of": "x"})}
        entries = [{**entry, "DetailType": detail_type}]
        return steward.as_role_of(function, "events").put_events(Entries=entries)

    return act


def take_from(other: str) -> Act:
    return lambda steward, function: steward.as_role_of(function, "sqs").receive_message(QueueUrl=steward.queue(other))


def set_schedule(steward: Deployed, function: str) -> Any:
    group = steward.stack.outputs["ScheduleGroupName"]
    return steward.as_role_of(function, "scheduler").delete_schedule(Name="lemons-check", GroupName=group)


def use_lambda(steward: Deployed, function: str) -> Any:
    return steward.as_role_of(function, "lambda").list_functions()


SPEC = "models/lemons/specs/000001.json"
VERSION = "models/lemons/versions/x/model.skops"
ROUTING = "models/lemons/routing.json"
RECORDS = "records/predictions/model=lemons/x.parquet"
ALERT = "alerts/lemons.json"

ALLOWED: dict[str, Act] = {
    "RegisterModel": read(SPEC),
    "CollectResources": write("collections/probe/x"),
    "IngestRecords": write("records/probe/x"),
    "JoinLabels": write("outcomes/probe/x"),
    "CheckWindow": write("checks/probe/x"),
    "AttributeFeatures": write("attributions/probe/x"),
    "RaiseAlerts": write("alerts/probe.json"),
    "KickRetraining": write("runs/probe/x"),
    "TrainModel": write("models/probe/versions/x"),
    "ValidateModel": write("models/probe/versions/x"),
    "ReleaseModel": read(ROUTING),
    "AcceptCommands": write("commands/probe/x"),
    "AcceptVersion": write("models/probe/versions/x"),
    "AuditModels": write("reports/probe/x"),
    "TrackDefects": write("defects/probe/x"),
    "MaintainStore": write("maintenance/probe.json"),
    "RenderReports": write("reports/probe/report.json"),
    "WatchDeployment": write("watch/probe.json"),
    "ServePredictions": write("inbox/probe/predictions/served/direct/x"),
    "ScoreShadows": write("inbox/probe/shadows/x"),
    "EmitLineage": write("models/probe/lineage/x"),
}

FORBIDDEN: dict[str, dict[str, Act]] = {
    "RegisterModel": {
        "read uploads of records": read("inbox/lemons/reference/first.csv"),
        "write routing": write(ROUTING),
        "write a declaration for the user": write("specs/lemons.yaml"),
        "delete a declaration": delete(SPEC),
    },
    "CollectResources": {
        "write uploads of others": write("inbox/lemons/predictions/x.csv"),
        "write telemetry of others": write("inbox/lemons/telemetry/x.csv"),
        "write routing": write(ROUTING),
        "read records": read(RECORDS),
        "delete what it uploaded": delete("inbox/lemons/telemetry/cloudwatch/x.csv"),
        "write metrics": lambda steward, function: steward.as_role_of(function, "cloudwatch").put_metric_data(
            Namespace="Steward", MetricData=[{"MetricName": "x", "Value": 1.0}]
        ),
    },
    "IngestRecords": {
        "write versions": write(VERSION),
        "write routing": write(ROUTING),
        "write uploads": write("inbox/lemons/predictions/x.csv"),
        "delete uploads": delete("inbox/lemons/reference/first.csv"),
        "write checks": write("checks/lemons/x.json"),
        "delete records": delete(RECORDS),
    },
    "JoinLabels": {
        "read uploads": read("inbox/lemons/reference/first.csv"),
        "write checks": write("checks/lemons/x.json"),
        "write profiles": write("profiles/lemons/x.json"),
        "delete outcomes": delete("outcomes/lemons/x.json"),
    },
    "CheckWindow": {
        "read records": read(RECORDS),
        "write alerts": write(ALERT),
        "write profiles": write("profiles/lemons/x.json"),
        "delete checks": delete("checks/lemons/x.json"),
    },
    "AttributeFeatures": {
        "write versions": write(VERSION),
        "write records": write(RECORDS),
        "write checks": write("checks/lemons/x.json"),
        "write alerts": write(ALERT),
        "delete attributions": delete("attributions/lemons/x.json"),
    },
    "RaiseAlerts": {
        "read records": read(RECORDS),
        "write routing": write(ROUTING),
        "write checks": write("checks/lemons/x.json"),
        "delete alerts": delete(ALERT),
    },
    "KickRetraining": {
        "write versions": write(VERSION),
        "write routing": write(ROUTING),
        "write alerts": write(ALERT),
        "delete runs": delete("runs/lemons/_policy.json"),
        "read records": read(RECORDS),
        "read outcomes": read("outcomes/lemons/x.json"),
    },
    "TrainModel": {
        "write routing": write(ROUTING),
        "write alerts": write(ALERT),
        "write declarations": write(SPEC),
        "write records": write(RECORDS),
        "delete versions": delete(VERSION),
    },
    "ValidateModel": {
        "write routing": write(ROUTING),
        "write alerts": write(ALERT),
        "write datasets": write("models/lemons/datasets/x/manifest.json"),
        "write records": write(RECORDS),
        "delete versions": delete(VERSION),
    },
    "ReleaseModel": {
        "write versions": write(VERSION),
        "write declarations": write(SPEC),
        "read records": read(RECORDS),
        "delete routing": delete(ROUTING),
    },
    "AcceptCommands": {
        "write routing": write(ROUTING),
        "write alerts": write(ALERT),
        "write declarations": write(SPEC),
        "read records": read(RECORDS),
        "delete answers": delete("commands/lemons/x.json"),
    },
    "AcceptVersion": {
        "write routing": write(ROUTING),
        "write declarations": write(SPEC),
        "write what it is to verify": write("promotions/lemons/x.json"),
        "read records": read(RECORDS),
        "delete versions": delete(VERSION),
    },
    "AuditModels": {
        "write versions": write(VERSION),
        "write routing": write(ROUTING),
        "write alerts": write(ALERT),
        "delete records": delete(RECORDS),
        "delete reports": delete("reports/lemons/x"),
    },
    "TrackDefects": {
        "write corrections": write("corrections/lemons/x.json"),
        "write records": write(RECORDS),
        "write versions": write(VERSION),
        "write routing": write(ROUTING),
        "delete defects": delete("defects/lemons/x.json"),
        "delete uploads": delete("inbox/lemons/reference/first.csv"),
    },
    "MaintainStore": {
        "write routing": write(ROUTING),
        "write declarations": write(SPEC),
        "write records": write(RECORDS),
        "write profiles": write("profiles/lemons/x.json"),
        "hide records": delete(RECORDS),
        "read alerts": read(ALERT),
        "delete versions": delete(VERSION),
    },
    "RenderReports": {
        "write audits": write("reports/lemons/audits/x.json"),
        "write alerts": write(ALERT),
        "write routing": write(ROUTING),
        "read records": read(RECORDS),
        "read uploads": read("inbox/lemons/reference/first.csv"),
        "delete reports": delete("reports/lemons/report.json"),
    },
    "WatchDeployment": {
        "read records": read(RECORDS),
        "write declarations": write(SPEC),
        "write routing": write(ROUTING),
        "delete what it knows": delete("watch/problems.json"),
    },
    "ServePredictions": {
        "write uploads of others": write("inbox/lemons/predictions/x.csv"),
        "write routing": write(ROUTING),
        "write versions": write(VERSION),
        "read records": read(RECORDS),
        "delete what it uploaded": delete("inbox/lemons/predictions/served/direct/x"),
    },
    "ScoreShadows": {
        "write uploads of others": write("inbox/lemons/predictions/x.csv"),
        "write routing": write(ROUTING),
        "write versions": write(VERSION),
        "read uploads": read("inbox/lemons/reference/first.csv"),
        "delete what it uploaded": delete("inbox/lemons/shadows/x"),
    },
    "EmitLineage": {
        "write routing": write(ROUTING),
        "write versions": write(VERSION),
        "read records": read(RECORDS),
        "read uploads": read("inbox/lemons/reference/first.csv"),
        "delete what it wrote": delete("models/lemons/lineage/x"),
    },
}

NOBODY: dict[str, Act] = {
    "overwrite a ledger entry": overwrite_entry,
    "publish for another source": publish("CheckCompleted", "somebody"),
    "delete a ledger entry": delete_entry,
    "delete a version of a ledger entry": delete_entry_for_good,
    "see other functions": use_lambda,
}


@pytest.mark.parametrize("function", sorted(ALLOWED))
def test_a_role_refuses_what_its_function_has_no_business_doing(steward: Deployed, function: str) -> None:
    ALLOWED[function](steward, function)
    acts = FORBIDDEN[function] | NOBODY
    acts["take another's messages"] = take_from("CheckWindow" if function != "CheckWindow" else "JoinLabels")
    if function not in ("RaiseAlerts", "WatchDeployment"):
        acts["write to subscribers"] = tell
    if function != "RegisterModel":
        acts["delete schedules"] = set_schedule
    acts |= {
        "publish another's event": publish("ModelRegistered" if function != "RegisterModel" else "ReleaseChanged"),
        "mark another's decision": mark("model_registered" if function != "RegisterModel" else "champion_promoted"),
    }
    assert {name: outcome(act, steward, function) for name, act in acts.items()} == dict.fromkeys(acts, "denied")


def outcome(act: Act, steward: Deployed, function: str) -> str:
    """What a function's role gets for an act: `done`, `denied`, or the error."""
    try:
        act(steward, function)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return "denied" if code in {"AccessDenied", "AccessDeniedException", "AuthorizationError"} else str(error)
    return "done"


def test_every_function_of_the_stack_is_looked_at(steward: Deployed) -> None:
    assert set(steward.functions) == set(ALLOWED) == set(FORBIDDEN)


def upload(key: str) -> Act:
    return lambda steward, person: steward.as_person_with(person, "s3").put_object(
        Bucket=steward.data, Key=key, Body=b"x"
    )


def look_at(key: str) -> Act:
    return lambda steward, person: steward.as_person_with(person, "s3").get_object(Bucket=steward.data, Key=key)


def look_into_the_ledger(steward: Deployed, person: str) -> Any:
    return steward.as_person_with(person, "s3").get_object(Bucket=steward.ledger, Key="lemons/0000000001.json")


def list_all(prefix: str) -> Act:
    return lambda steward, person: steward.as_person_with(person, "s3").list_objects_v2(
        Bucket=steward.data, Prefix=prefix
    )


def write_into_the_ledger(steward: Deployed, person: str) -> Any:
    return steward.as_person_with(person, "s3").put_object(
        Bucket=steward.ledger, Key="probe/0000000001.json", Body=b"x", IfNoneMatch="*"
    )


def send_command(steward: Deployed, person: str) -> Any:
    function = steward.stack.outputs["AcceptCommandsArn"]
    return steward.as_person_with(person, "lambda").invoke(
        FunctionName=function, Payload=b'{"id": "probe", "body": ""}'
    )


def send_event(detail_type: str) -> Act:
    def act(steward: Deployed, person: str) -> Any:
        entry = {
            "EventBusName": steward.stack.outputs["BusName"],
            "Source": "steward",
            "Detail": json.dumps({"of": "x"}),
        }
        return steward.as_person_with(person, "events").put_events(Entries=[{**entry, "DetailType": detail_type}])

    return act


REFERENCE = "inbox/lemons/reference/first.csv"
PEOPLE: dict[str, tuple[dict[str, Act], dict[str, Act]]] = {
    "PeopleWhoUpload": (
        {"upload": upload("inbox/probe/x/x"), "look at declarations": look_at(SPEC), "read": look_into_the_ledger},
        {"declare": upload("specs/probe.yaml"), "see rows": look_at(REFERENCE), "command": send_command},
    ),
    "PeopleWhoDeclare": (
        {"declare": upload("specs/notes/probe"), "read": look_into_the_ledger},
        {"upload": upload("inbox/probe/x"), "see rows": look_at(REFERENCE), "command": send_command},
    ),
    "PeopleWhoRead": (
        {"look at declarations": look_at(SPEC), "read": look_into_the_ledger, "list": list_all("models/")},
        {
            "upload": upload("inbox/probe/x"), "declare": upload("specs/probe.yaml"), "see rows": look_at(REFERENCE),
            "command": send_command, "roll back": send_event("RollbackProposed"), "change": upload(ROUTING),
        },
    ),
    "PeopleWhoSeeRows": (
        {"see rows": look_at(REFERENCE), "list": list_all("quarantine/")},
        {"upload": upload("inbox/probe/x"), "look at declarations": look_at(SPEC), "read": look_into_the_ledger},
    ),
    "PeopleWhoCommand": (
        {"command": send_command, "read": look_into_the_ledger, "list": list_all("commands/")},
        {
            "upload": upload("inbox/probe/x"), "declare": upload("specs/probe.yaml"), "see rows": look_at(REFERENCE),
            "list all": list_all(""), "roll back without a proof": send_event("RollbackProposed"),
        },
    ),
    "PeopleWhoApprove": (
        {"command": send_command, "read": look_into_the_ledger, "list": list_all("commands/")},
        {
            "upload": upload("inbox/probe/x"), "declare": upload("specs/probe.yaml"), "see rows": look_at(REFERENCE),
            "promote": upload("promotions/probe.json"), "approve unproven": send_event("ReleaseOverrideProposed"),
        },
    ),
}  # fmt: skip
"""What people with each policy may do, and what they may not."""


@pytest.mark.parametrize("policy", PEOPLE)
def test_people_may_do_what_their_policy_is_for_and_no_more(steward: Deployed, policy: str) -> None:
    allowed, denied = PEOPLE[policy]
    denied = denied | {"write into the ledger": write_into_the_ledger}
    expected = dict.fromkeys(allowed, "done") | {f"not: {name}": "denied" for name in denied}
    acts = allowed | {f"not: {name}": act for name, act in denied.items()}
    assert {name: outcome(act, steward, policy) for name, act in acts.items()} == expected


def test_an_administrator_removes_and_weakens_nothing_of_the_ledger(steward: Deployed) -> None:
    administrator = steward.as_person_allowed(
        "administrator", "s3", {"Effect": "Allow", "Action": "*", "Resource": "*"}
    )
    bucket, key = {"Bucket": steward.ledger}, "lemons/0000000001.json"
    version = administrator.head_object(**bucket, Key=key)["VersionId"]
    acts: dict[str, Callable[[], Any]] = {
        "overwrite": lambda: administrator.put_object(**bucket, Key=key, Body=b"x"),
        "forge": lambda: administrator.put_object(**bucket, Key="probe/0000000001.json", Body=b"x", IfNoneMatch="*"),
        "hide": lambda: administrator.delete_object(**bucket, Key=key),
        "delete": lambda: administrator.delete_object(**bucket, Key=key, VersionId=version),
        "bypass": lambda: administrator.delete_object(
            **bucket, Key=key, VersionId=version, BypassGovernanceRetention=True
        ),
        "open": lambda: administrator.delete_bucket_policy(**bucket),
        "suspend": lambda: administrator.put_bucket_versioning(
            **bucket, VersioningConfiguration={"Status": "Suspended"}
        ),
    }
    found = {name: outcome(lambda *_, act=act: act(), steward, "") for name, act in acts.items()}
    assert found == dict.fromkeys(acts, "denied")
