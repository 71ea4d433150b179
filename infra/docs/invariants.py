"""The invariants that audits check."""

from steward.governance.audit_finding import InvariantGroup
from steward.governance.invariant import Invariant
from steward.governance.invariants.catalogue import GROUPS, INVARIANTS

_TITLES: dict[InvariantGroup, str] = {"process": "process governance", "data": "data governance"}


def table() -> str:
    """Every invariant with its promise, its usual severity and what to do where it fails."""
    lines = ["| invariant | what must hold | severity | what to do where it does not |", "| --- | --- | --- | --- |"]
    for group, invariants in GROUPS.items():
        lines.append(f"| **{_TITLES[group]}** ({len(invariants)}) | | | |")
        lines += [f"| `{one.name}` | {_promise(one)} | {one.severity} | {_remedy(one)} |" for one in invariants]
    return "\n".join([f"{len(INVARIANTS)} invariants, one class each in `steward/governance/invariants/`.", "", *lines])


def _promise(invariant: Invariant) -> str:
    return (type(invariant).__doc__ or "").partition("\n")[0].strip()


def _remedy(invariant: Invariant) -> str:
    return invariant.remedy.replace("{model}", "MODEL").replace("{champion}", "VERSION").replace("|", r"\|")
