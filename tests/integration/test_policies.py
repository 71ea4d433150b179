"""Who may write the ledger, and what each function may publish and record: what the template's policies decide."""

from typing import Literal

import pytest

from infra.docs.events import emitted, recorded

from .deployment import ACCOUNT
from .memory_cloud import LEDGER
from .policies import Request, Statement, allows, of_role, role_arn, several, stack
from .redelivery import FUNCTIONS
from .test_outbox import ELSEWHERE, RECORDED

SILENT = {"emit_lineage", "score_shadows", "serve_predictions"}
"""They publish nothing: they write to the inbox, or what others read."""
BUCKET = f"arn:aws:s3:::{LEDGER}"
ENTRY = f"{BUCKET}/lemons/0000000001.json"
MARKER = f"{BUCKET}/lemons/decisions/check_completed/0123456789abcdef"
CREATES = ("s3:ObjectCreationOperation", "true")
IF_ABSENT, IF_UNCHANGED = ("s3:if-none-match", "*"), ("s3:if-match", '"etag"')
ADMINISTRATOR, RESCUER = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("administrator", "rescuer"))
EVERYTHING: list[Statement] = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
REMOVING = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:ReplicateObject"]
WEAKENING = [
    "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration", "s3:DeleteBucket",
]  # fmt: skip


def statement(function: str, sid: str) -> Statement:
    (found,) = [one for one in of_role(stack(), function) if one["Sid"] == sid]
    return found


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name not in SILENT])
def test_a_function_may_publish_its_own_events_and_no_others(function: str) -> None:
    condition = statement(function, "Publish")["Condition"]
    assert condition == {
        "StringEquals": {"events:source": "steward", "events:detail-type": emitted()[function]},
    }
    others = [one for one in of_role(stack(), function) if "events:PutEvents" in several(one["Action"])]
    assert {one["Sid"] for one in others} <= {"Publish", "TellOfFailures", "TellOtherBuses"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_mark_its_own_decisions_and_no_others(function: str) -> None:
    wanted = [f"{BUCKET}/*/decisions/{action}/*" for action in recorded()[function]]
    granted = [
        resource
        for one in of_role(stack(), function)
        if "s3:PutObject" in several(one["Action"])
        for resource in several(one["Resource"])
        if resource.startswith(f"{BUCKET}/")
    ]
    entries = [f"{BUCKET}/*/??????????.json"] if wanted else []
    checkpoints = [f"{BUCKET}/_checkpoints/*"] if function == "audit_models" else []
    assert sorted(granted) == sorted([*wanted, *entries, *checkpoints])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_the_code_says_that_a_function_records_is_what_it_records(function: str) -> None:
    seen = {action for action in RECORDED.get(function, "").split() if action.islower()}
    own = {"maintain_store": {"batch_rejected"}, "kick_retraining": {"reproduction_failed"}}
    elsewhere = ELSEWHERE.keys() | own.get(function, set())  # test_first_version.py, test_reproduce.py
    assert seen <= set(recorded()[function]) <= seen | elsewhere


@pytest.mark.parametrize(
    ("may", "action", "key", "context"),
    [
        (True, "s3:PutObject", ENTRY, (CREATES, IF_ABSENT)),
        (False, "s3:PutObject", ENTRY, (CREATES,)),
        (False, "s3:PutObject", ENTRY, (CREATES, IF_UNCHANGED)),
        (True, "s3:PutObject", ENTRY, (("s3:ObjectCreationOperation", "false"),)),  # a part, of no use by itself
        (True, "s3:PutObject", MARKER, (CREATES, IF_ABSENT)),
        (True, "s3:PutObject", MARKER, (CREATES,)),
        (False, "s3:PutObject", MARKER.replace("check_completed", "champion_promoted"), (CREATES, IF_ABSENT)),
        (False, "s3:PutObject", f"{BUCKET}/lemons/head.json", (CREATES, IF_ABSENT)),
        (False, "s3:DeleteObject", ENTRY, ()),
        (True, "s3:GetObject", ENTRY, ()),
    ],
)
def test_a_function_appends_entries_and_closes_its_markers(
    may: Literal[True, False], action: str, key: str, context: tuple[tuple[str, str], ...]
) -> None:
    own = list(of_role(stack(), "check_window"))
    assert allows(stack(), own, Request(action, key, context), role_arn("check_window")) is may


def test_nobody_but_functions_writes_and_nobody_overwrites() -> None:
    for deployed in (stack(), stack(BreakGlassRoles=RESCUER)):
        for who in (ADMINISTRATOR, RESCUER, role_arn("join_labels")):
            for place in (ENTRY, MARKER):
                created = Request("s3:PutObject", place, (CREATES, IF_ABSENT))
                assert not allows(deployed, EVERYTHING, created, who)
        assert not allows(deployed, EVERYTHING, Request("s3:PutObject", ENTRY, (CREATES,)), role_arn("check_window"))


@pytest.mark.parametrize("action", REMOVING)
def test_nothing_is_removed_but_by_a_break_glass_role(action: str) -> None:
    asked = Request(action, ENTRY)
    assert not allows(stack(), EVERYTHING, asked, ADMINISTRATOR)
    assert not allows(stack(), EVERYTHING, asked, role_arn("maintain_store"))
    assert not allows(stack(BreakGlassRoles=RESCUER), EVERYTHING, asked, ADMINISTRATOR)
    assert allows(stack(BreakGlassRoles=f"{ADMINISTRATOR}2,{RESCUER}"), EVERYTHING, asked, RESCUER)


@pytest.mark.parametrize("action", WEAKENING)
def test_the_protection_is_changed_by_cloudformation_or_a_break_glass_role_alone(action: str) -> None:
    directly = Request(action, BUCKET)
    for service, may in {"cloudformation.amazonaws.com": True, "athena.amazonaws.com": False}.items():
        through = Request(action, BUCKET, (("aws:CalledVia", service),))
        assert allows(stack(), EVERYTHING, through, ADMINISTRATOR) is may
        assert allows(stack(BreakGlassRoles=RESCUER), EVERYTHING, through, ADMINISTRATOR) is may
    assert not allows(stack(), EVERYTHING, directly, ADMINISTRATOR)
    assert not allows(stack(BreakGlassRoles=RESCUER), EVERYTHING, directly, ADMINISTRATOR)
    assert allows(stack(BreakGlassRoles=RESCUER), EVERYTHING, directly, RESCUER)


def test_what_protects_nothing_stays_possible() -> None:
    for action in ("s3:GetBucketPolicy", "s3:ListBucket", "s3:PutReplicationConfiguration"):
        assert allows(stack(), EVERYTHING, Request(action, BUCKET), ADMINISTRATOR)
    assert allows(stack(), EVERYTHING, Request("s3:PutObjectLegalHold", ENTRY), ADMINISTRATOR)
    assert not allows(
        stack(), EVERYTHING, Request("s3:GetObject", ENTRY, (("aws:SecureTransport", "false"),)), ADMINISTRATOR
    )
