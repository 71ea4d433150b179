"""Evidence that approvals, emergency overrides and guardrails give."""

from collections.abc import Iterator

from steward.approvals.safeguards import Safeguards
from steward.events import ObjectRef
from steward.governance.frameworks.requirement import Evidence
from steward.releasing.routing import Routing
from steward.results import count_of
from steward.spec.approvals import ApprovalPolicy
from steward.spec.guardrails import Guardrails, MetricBound


def safeguard_evidence(
    routing: Routing, stored: ObjectRef, approved: Safeguards | None
) -> Iterator[tuple[str, Evidence]]:
    """Who approved the champion, what was done without approval, and the guardrails in force.

    Args:
        routing: of the model.
        stored: where it is.
        approved: the safeguards in force; None where none are anchored.
    """
    promotion = routing.promotion
    given = routing.approval_of(promotion) if promotion else None
    if promotion and given and given.approvers:
        asked = f"; {given.requester} asked for it" if given.requester else ""
        said = f"{promotion.version} was approved by {' and '.join(given.approvers)}{asked}"
        yield "approval", Evidence(said, (stored,))
    if routing.overrides:
        reviewed = sum(one.review is not None for one in routing.overrides)
        said = f"{count_of(len(routing.overrides), 'emergency override')} of approvals, {reviewed} reviewed"
        yield "overrides", Evidence(f"{said}; the newest: {routing.overrides[-1].sentence}", (stored,))
    anchor = routing.safeguards.anchor
    if anchor is None or approved is None:
        return
    changes = count_of(len(routing.safeguards.anchors) - 1, "approved change")
    if approved.guardrails:
        said = f"Anchored at {anchor.first_version}, with {changes}: {describe_guardrails(approved.guardrails)}"
        yield "guardrails", Evidence(said, (anchor.stored,))
    if approved.approvals:
        yield "approval_policy", Evidence(f"{describe_approvals(approved.approvals)}; {changes}", (anchor.stored,))


def describe_approvals(policy: ApprovalPolicy | None) -> str:
    """Who must approve what, in a sentence; None is what `release.approval` alone asks for."""
    asked = policy or ApprovalPolicy()
    people = f"{asked.required} {'person' if asked.required == 1 else 'people'} other than who asked"
    among = f", of {', '.join(asked.approvers)}" if asked.approvers else ""
    return f"A version takes over once {people} approved it{among}, within {asked.expires_after.days} days"


def describe_guardrails(guardrails: Guardrails) -> str:
    """What they bound, in words."""
    bounds = [
        ", ".join(_describe_bound(one) for one in guardrails.floors),
        f"at most {guardrails.loss.maximum} of {guardrails.loss.metric} lost" if guardrails.loss else "",
        "fairness" if guardrails.fairness else "",
        f"{len(guardrails.allowed_features)} allowed features" if guardrails.allowed_features is not None else "",
        f"no proxies of {', '.join(guardrails.forbidden_proxies.protected)}" if guardrails.forbidden_proxies else "",
        "golden rows" if guardrails.golden_rows else "",
        "the intended population" if guardrails.population else "",
    ]
    return "; ".join(filter(None, bounds)) or "nothing yet"


def _describe_bound(bound: MetricBound) -> str:
    limits = [("at least", bound.at_least), ("at most", bound.at_most)]
    said = " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
    return f"{bound.metric} {said}{' in every segment' if bound.every_segment else ''}"
