"""Batching windows of queues as Lambda has them, in the emulator: what comes in a burst is one invocation.

MiniStack 1.5.33 hands every message to its function at once, ten at most. Lambda gathers as many as the mapping's batch
has, for as long as its window says. Here they are gathered while others still work, so that nobody waits for nothing.
"""

import time
from collections.abc import Callable
from typing import Any


def install(events_in_work: Callable[[], int]) -> None:
    """Replace what MiniStack does.

    Args:
        events_in_work: how many events functions have that are invoked asynchronously.
    """
    from ministack.services import lambda_svc, sqs  # noqa: PLC0415 - they read the environment when imported

    receive = sqs._receive_messages_for_esm  # noqa: SLF001 - it has no other name

    def receive_batch(queue_url: str, most: int) -> list[dict[str, Any]]:
        mapped = {esm["EventSourceArn"]: esm for *_, esm in lambda_svc._iter_all_esms()}  # noqa: SLF001
        depths = {
            queue["attributes"]["QueueArn"]: queue["messages"]
            for queue in list(sqs._queues.values())  # noqa: SLF001
            if queue["attributes"].get("QueueArn") in mapped
        }
        own = sqs._queues[queue_url]["attributes"]["QueueArn"]  # noqa: SLF001
        window = mapped[own].get("MaximumBatchingWindowInSeconds") or 0
        if not window:
            return list(receive(queue_url, most))
        busy = events_in_work() > 0 or any(messages for arn, messages in depths.items() if arn != own)
        if busy and is_gathering(depths[own], most, window, time.time()):
            return []
        batch: list[dict[str, Any]] = []
        while len(batch) < most and (more := receive(queue_url, most - len(batch))):
            batch += more
        return batch

    sqs._receive_messages_for_esm = receive_batch  # noqa: SLF001


def is_gathering(messages: list[dict[str, Any]], most: int, window: float, now: float) -> bool:
    """Whether a batch is neither full nor as old as its window."""
    return len(messages) < most and all(now - message["sent_at"] < window for message in messages)
