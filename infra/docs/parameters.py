"""The table of the template's parameters."""

from infra.docs.template import parameters


def table() -> str:
    """Name, default and description of each parameter, in the template's order."""
    rows = ["| parameter | default | |", "| --- | --- | --- |"]
    for name, one in parameters().items():
        default = f"`{one['Default']}`" if one["Default"] != "" else "–"
        rows.append(f"| `{name}` | {default} | {one['Description'].strip()} |")
    return "\n".join(rows)
