"""The commands of `steward`, as its own help lists them."""

from steward.cli.command_panels import PANELS


def table() -> str:
    """Every command, with what it does and an example."""
    lines = ["| command | does | for example |", "| --- | --- | --- |"]
    for panel, entries in PANELS.items():
        lines.append(f"| **{panel}** | | |")
        for entry in entries:
            example = f"`{entry.example}`" if entry.example else ""
            lines.append(f"| `{entry.name}` | {entry.summary} | {example} |".replace("  |", " |"))
    return "\n".join(lines)
