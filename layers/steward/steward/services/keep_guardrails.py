"""Anchors guardrails to the first approved version, and holds later changes of them until people approve."""

from collections.abc import Iterator

from steward.approvals.approval_request import ApprovalAnswer
from steward.approvals.safeguards import SafeguardHistory, SafeguardProposal
from steward.errors import RemovedModel, UnknownModel
from steward.events import Event, GuardrailsChanged, ModelRegistered, PendingApproval, ReleaseOverrideProposed
from steward.outbox import OutboxEntry, announce, record
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.repositories.safeguards import declared_safeguards, guarded_spec, store_safeguards
from steward.runtime import Runtime
from steward.services.override_release import OverrideDeclined
from steward.spec.approvals import ApprovalPolicy
from steward.store import keys


def anchor_guardrails(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Bring the first guardrails of a model with a champion into force; from then on they change by approval alone."""
    try:
        spec, _ = models.current_spec(runtime.data, cause.model)
    except (UnknownModel, RemovedModel):
        return
    content = declared_safeguards(spec)
    if not content.declared:
        return
    routing = models.routing(runtime.data, cause.model)
    first = next((one.version for one in routing.promotions if one.version not in routing.rolled_back), None)
    if first is None:
        return
    if routing.safeguards.anchor is None:
        stored, now = store_safeguards(runtime.data, cause.model, content), runtime.now()

        def change(present: Routing | None) -> Routing:
            found = present or routing
            kept = found.safeguards.anchored(content.sha256, stored, first, now, cause.event_id)
            return found.model_copy(update={"safeguards": kept})

        routing = runtime.data.update(keys.routing(cause.model), Routing, change)
    anchor = routing.safeguards.anchors[0]
    if anchor.cause != cause.event_id:
        return
    event = GuardrailsChanged(
        **runtime.caused_by(cause),
        stage="anchored",
        sha256=anchor.sha256,
        stored=anchor.stored,
        summary=f"guardrails and approvals are anchored to the first approved version {anchor.first_version}: every "
        "later version keeps them, and a declaration that changes them waits for an approval",
    )
    entry = OutboxEntry(event, "guardrails_changed", "guardrails", event.summary, (anchor.stored,), anchor.decision)
    yield from announce(runtime, entry)


def review_declaration(runtime: Runtime, registered: ModelRegistered) -> Iterator[Event]:
    """Hold a declaration's change of guardrails or approvals; those before stay in force, the rest is the new one's."""
    spec, _ = models.current_spec(runtime.data, registered.model)
    routing = models.routing(runtime.data, registered.model)
    if routing.safeguards.anchor is None:
        return
    content = declared_safeguards(spec)
    policy = guarded_spec(runtime.data, spec, routing).approvals or ApprovalPolicy()
    stored, now = store_safeguards(runtime.data, registered.model, content), runtime.now()

    def change(present: Routing | None) -> Routing:
        found = present or routing
        kept = found.safeguards.declared(content.sha256, stored, policy, now, registered.event_id)
        return found if kept == found.safeguards else found.model_copy(update={"safeguards": kept})

    proposal = runtime.data.update(keys.routing(registered.model), Routing, change).safeguards.proposal
    if proposal and proposal.cause == registered.event_id:
        said = f"declaration {registered.revision} changes guardrails or approvals"
        yield from _announce_request(runtime, registered, proposal, said)


def answer_guardrails(runtime: Runtime, asked: ReleaseOverrideProposed) -> Iterator[Event]:
    """Carry out what a person decides on changed guardrails, or record why it cannot be."""
    if runtime.ledger.knows(asked.model, "release_declined", asked.event_id):
        return
    now = runtime.now()
    answer = ApprovalAnswer(
        verdict="reject" if asked.action == "reject" else "approve",
        author=asked.author,
        evidence=asked.evidence,
        reason=asked.reason,
        at=now,
        cause=asked.event_id,
    )

    def change(present: Routing | None) -> Routing:
        routing = present or Routing(model=asked.model)
        if _is_known(routing.safeguards, asked.event_id):
            return routing
        try:
            kept = _apply_decision(routing.safeguards, asked, answer)
        except ValueError as error:
            raise OverrideDeclined(str(error)) from error
        return routing.model_copy(update={"safeguards": kept})

    try:
        kept = runtime.data.update(keys.routing(asked.model), Routing, change).safeguards
    except OverrideDeclined as declined:
        summary = f"{asked.author} asks to {asked.action} changed guardrails: {asked.reason}. Declined: {declined}"
        record(runtime, OutboxEntry(asked, "release_declined", asked.model, summary))
        return
    yield from _announce_answer(runtime, asked, kept)


def _is_known(history: SafeguardHistory, cause: str) -> bool:
    """Whether an event changed the safeguards before."""
    known = [anchor.cause for anchor in history.anchors]
    if history.proposal:
        known += [history.proposal.cause, *(one.cause for one in history.proposal.request.answers)]
    return cause in known


def _apply_decision(
    history: SafeguardHistory, asked: ReleaseOverrideProposed, answer: ApprovalAnswer
) -> SafeguardHistory:
    """The safeguards after a person's decision.

    Raises:
        OverrideDeclined, ValueError: it cannot be carried out.
    """
    if asked.action == "request":
        return history.asked_again(asked.author, answer.at, asked.event_id)
    if history.proposal is None:
        raise OverrideDeclined("no change of guardrails waits for an approval")
    if problem := history.proposal.request.problem_of(answer):
        raise OverrideDeclined(problem)
    return history.answered(answer)


def _announce_answer(runtime: Runtime, asked: ReleaseOverrideProposed, kept: SafeguardHistory) -> Iterator[Event]:
    anchor = next((one for one in kept.anchors if one.cause == asked.event_id), None)
    if anchor:
        summary = (
            f"changed guardrails are in force, approved by {' and '.join(anchor.approved_by)}: {asked.reason}; "
            "versions that were judged before must be retrained"
        )
        event = GuardrailsChanged(
            **runtime.caused_by(asked), stage="approved", sha256=anchor.sha256, stored=anchor.stored, summary=summary
        )
        entry = OutboxEntry(
            event, "guardrails_changed", "guardrails", summary, (anchor.stored,), anchor.decision, asked.author
        )
        yield from announce(runtime, entry)
        return
    proposal = kept.proposal
    if proposal is None:
        return
    if asked.action == "request":
        said = f"the approval of changed guardrails is requested again by {asked.author}: {asked.reason}"
        yield from _announce_request(runtime, asked, proposal, said)
    elif asked.action == "reject":
        summary = f"changed guardrails are rejected by {asked.author}: {asked.reason}; those before stay in force"
        event = GuardrailsChanged(
            **runtime.caused_by(asked),
            stage="rejected",
            sha256=proposal.sha256,
            stored=proposal.stored,
            summary=summary,
        )
        entry = OutboxEntry(event, "guardrails_changed", "guardrails", summary, (proposal.stored,), author=asked.author)
        yield from announce(runtime, entry)
    else:
        summary = f"changed guardrails are approved by {asked.author}: {asked.reason}; another person must too"
        entry = OutboxEntry(asked, "guardrails_changed", "guardrails", summary, (proposal.stored,))
        record(runtime, entry)


def _announce_request(runtime: Runtime, cause: Event, proposal: SafeguardProposal, said: str) -> Iterator[Event]:
    request = proposal.request.model_copy(update={"answers": ()})  # as it was when people were asked
    if request.until is None:
        return
    event = GuardrailsChanged(
        **runtime.caused_by(cause),
        stage="held",
        sha256=proposal.sha256,
        stored=proposal.stored,
        summary=f"{said}: they are held, and those before stay in force until other people approve",
        approval=PendingApproval(
            evidence=request.subject.evidence, until=request.until, who=request.who, evaluation=proposal.stored
        ),
    )
    entry = OutboxEntry(event, "guardrails_changed", "guardrails", event.summary, (proposal.stored,))
    yield from announce(runtime, entry)
