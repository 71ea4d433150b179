"""Messages that come in any order, late, and more than once, as SQS and EventBridge may deliver them."""

import random
from dataclasses import replace

from .redelivery import BATCH_SIZES, Message, World


def settle_in_any_order(world: World, order: random.Random, copies: float) -> None:
    """Deliver messages until none is left: any of those that wait next, in batches of any size.

    Args:
        world: where.
        order: what is drawn from.
        copies: the probability that a message comes once more, some time later.
    """
    waiting: list[Message] = []
    for _ in range(5000):
        waiting += world.receive()
        if not waiting:
            return
        first = order.choice(waiting)
        same = [message for message in waiting if message.function == first.function and message is not first]
        order.shuffle(same)
        batch = [first, *same[: order.randint(0, BATCH_SIZES.get(first.function, 1) - 1)]]
        waiting = [message for message in waiting if message not in batch]
        waiting += [replace(message) for message in batch if order.random() < copies and not message.received]
        failed = world.invoke(batch)
        assert not failed, world.errors
    raise AssertionError("the deployment does not come to rest")
