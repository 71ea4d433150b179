"""The table of what the policy of a customer's key grants."""

from infra.deploy.key_policy import Target, needs

_EXAMPLE = Target("aws", "REGION", "ACCOUNT", "STACK")


def table() -> str:
    """Each statement: to whom, what, and on which condition."""
    rows = ["| statement | to | allows | on the condition |", "| --- | --- | --- | --- |"]
    for need in needs(_EXAMPLE):
        actions = ", ".join(f"`{action}`" for action in need.actions)
        conditions = [f"`{key}` is `{value}`" for keys in need.conditions.values() for key, value in keys.items()]
        rows.append(f"| `{need.sid}` | `{need.principal}` | {actions} | {', '.join(conditions) or '–'} |")
    return "\n".join(rows)
