"""Four eyes are of people: no choice of a session's name makes two of one."""

import pytest

from steward.approvals.people import is_same_person

ACCOUNT = "arn:aws:sts::123456789012"
ANN, BOB = (f"arn:aws:iam::123456789012:user/{name}" for name in ("ann", "bob"))
LEADS = ["arn:aws:iam::123456789012:role/leads"]

TABLE = [
    ("a user is the same one", ANN, ANN, [], True),
    ("two users are two people", ANN, BOB, [], False),
    ("a path is no other person", ANN.replace("ann", "a/ann"), "arn:aws:iam::210987654321:user/Ann", [], True),
    ("a session has its user's name", ANN, f"{ACCOUNT}:assumed-role/leads/ann", [], True),
    ("one name in two roles", f"{ACCOUNT}:assumed-role/leads/ann", f"{ACCOUNT}:assumed-role/risk/ann", [], True),
    ("names that anybody may choose", f"{ACCOUNT}:assumed-role/leads/a", f"{ACCOUNT}:assumed-role/leads/b", [], True),
    ("names that are bound", f"{ACCOUNT}:assumed-role/leads/a", f"{ACCOUNT}:assumed-role/leads/b", LEADS, False),
    (
        "Identity Center names its sessions",
        f"{ACCOUNT}:assumed-role/AWSReservedSSO_Risk_0a1b/ann@example.com",
        f"{ACCOUNT}:assumed-role/AWSReservedSSO_Risk_0a1b/bob@example.com",
        [],
        False,
    ),
    (
        "one user of Identity Center with two permission sets",
        f"{ACCOUNT}:assumed-role/AWSReservedSSO_Risk_0a1b/ann@example.com",
        "arn:aws:sts::210987654321:assumed-role/AWSReservedSSO_Admin_0a1b/ann@example.com",
        [],
        True,
    ),
    ("two roles are two people", f"{ACCOUNT}:assumed-role/leads/ann", f"{ACCOUNT}:assumed-role/risk/bob", [], False),
    ("federated names are chosen", f"{ACCOUNT}:federated-user/ann", f"{ACCOUNT}:federated-user/bob", [], True),
    ("the root user is no other user", "arn:aws:iam::123456789012:root", ANN, [], False),
    ("two root users", "arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:root", [], False),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "roles", "same"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_who_is_one_person(one: str, other: str, roles: list[str], *, same: bool) -> None:
    assert is_same_person(one, other, roles) is same
    assert is_same_person(other, one, roles) is same
