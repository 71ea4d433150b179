"""Sends what functions failed for round again, hourly, a few times: an outage may be over by then."""

from steward.store.dead_letters import DeadLetters, failed_event

ROUNDS = 3
"""How often a dead letter goes round by itself; after that somebody has to look at it."""

_COUNT = "rounds"
"""The field of the event that counts them: the next failure's record carries the event, and nothing else of ours."""


def send_round(queue_url: str) -> int:
    """Invoke a function again with each event that it failed for, unless it went round often enough.

    Args:
        queue_url: the dead-letter queue of a function that is invoked asynchronously.

    Returns:
        How many were sent.
    """
    letters, sent = DeadLetters(queue_url), 0
    for letter in list(letters.take()):
        found = failed_event(letter)
        event = found[1].payload if found else None
        before = event.get(_COUNT, 0) if isinstance(event, dict) else ROUNDS
        if found and isinstance(event, dict) and isinstance(before, int) and before < ROUNDS:
            letters.send_event(letter, found[1].function_arn, event | {_COUNT: before + 1})
            sent += 1
        else:
            letters.give_back(letter)
    return sent
