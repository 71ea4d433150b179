"""What subscribers read of releases, approvals and guardrails, with the commands that answer."""

from steward.events import GuardrailsChanged, ReleaseChanged

RELEASES = {
    "champion": "champion is now {}",
    "held": "{} passed and waits",
    "rolled_back": "rolled back: champion is {} again",
    "challenger": "{} is a challenger now",
    "advanced": "{} answers more entities",
    "awaiting_approval": "{} waits for your approval",
    "stopped": "release of {} ended",
}
"""What people are told of a change of the release, by its stage."""


def describe_release(event: ReleaseChanged) -> str:
    """What a change of a release is, and what people can do about one that goes on."""
    answers: dict[str, list[str]] = {
        "challenger": ["abort"],
        "advanced": ["abort"],
        "awaiting_approval": ["approve", "reject"],
    }
    asked, said = event.approval, {}
    lines = [event.summary]
    if asked:
        said["approve"] = f" --evidence {asked.evidence}"
        lines += ["", f"Who may approve: {asked.who}", f"Until: {asked.until:%Y-%m-%d %H:%M} UTC; then it is rejected"]
        lines += [f"What the gates found: {asked.evaluation.key}, SHA-256 {asked.evaluation.sha256}"]
    commands = [
        f'  steward release {event.model} {action}{said.get(action, "")} --reason "..."'
        for action in answers.get(event.stage, ["approve", "reject"] if asked else [])
    ]
    if not commands:
        return event.summary
    return "\n".join([*lines, "", "What you can do:", f"  steward release {event.model}", *commands])


def describe_guardrails(event: GuardrailsChanged) -> str:
    """What became of guardrails, and the commands that answer."""
    lines, asked = [event.summary, f"They are {event.stored.key}, SHA-256 {event.sha256}"], event.approval
    if asked:
        lines += ["", f"Who may approve: {asked.who}", f"Until: {asked.until:%Y-%m-%d %H:%M} UTC; then it is rejected"]
        lines += ["", "What you can do:", f"  steward guardrails {event.model}"]
        lines += [
            f'  steward guardrails {event.model} {action} --reason "..."'
            for action in (f"approve --evidence {asked.evidence}", "reject")
        ]
    return "\n".join(lines)


def describe_override(event: ReleaseChanged) -> str:
    """What an emergency override did, and what is owed."""
    until = f"{event.review_until:%Y-%m-%d %H:%M} UTC" if event.review_until else ""
    return "\n".join(
        [
            event.summary,
            "",
            f"Another person must review it until {until}; until then every report and status shows it first:",
            f'  steward review {event.model} --version {event.version} --reason "..."',
            f'  steward roll-back {event.model} --reason "..."',
        ]
    )
