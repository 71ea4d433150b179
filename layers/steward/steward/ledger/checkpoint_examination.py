"""Finds checkpoints that were changed, replaced or removed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from pydantic import ValidationError

from steward.errors import LedgerBroken
from steward.ledger.checkpoints import Checkpoint
from steward.ledger.entries import GENESIS
from steward.ledger.tampering import Tampering


def examine_checkpoints(
    stored: Sequence[tuple[int, bytes]],
    ledger: str,
    is_signed: Callable[[Checkpoint], bool],
    recorded: Mapping[int, str],
    *,
    key: str = "",
    first: int = 1,
) -> tuple[list[Checkpoint], list[Tampering]]:
    """The checkpoints that hold, in their order, and what was done to the others.

    Args:
        stored: number, by its key, and content of each that is there.
        ledger: the bucket that they have to be of.
        is_signed: whether the signature of a checkpoint holds that names the deployment's key.
        recorded: by number, SHA-256 of the checkpoints that the ledger names.
        key: the id of the deployment's key; empty without one. What names another one has to be in the ledger.
        first: the number from which they are looked at.
    """
    good: list[Checkpoint] = []
    found: list[Tampering] = []
    bodies = dict(stored)
    last = max([*bodies, *recorded, 0])
    for number in range(first, last + 1):
        if problem := _problem(number, bodies.get(number), ledger, is_signed, recorded.get(number), key):
            found.append(Tampering(kind="checkpoint", model="", first=number, last=number, message=problem))
            continue
        checkpoint = Checkpoint.model_validate_json(bodies[number])
        before = good[-1].digest if good and good[-1].number == number - 1 else GENESIS if number == 1 else ""
        if before and checkpoint.signed.previous != before:
            message = f"checkpoint {number} does not follow checkpoint {number - 1}: one of the two was replaced"
            found.append(Tampering(kind="checkpoint", model="", first=number, last=number, message=message))
            continue
        good.append(checkpoint)
    return good, found


def _problem(  # noqa: PLR0917 - all that bears witness
    number: int,
    body: bytes | None,
    ledger: str,
    is_signed: Callable[[Checkpoint], bool],
    recorded: str | None,
    key: str,
) -> str:
    """What is wrong with a checkpoint by itself; empty where nothing is."""
    if body is None:
        return f"checkpoint {number} was removed"
    if recorded and hashlib.sha256(body).hexdigest() != recorded:
        return f"checkpoint {number} was changed: it is not the one that the ledger recorded"
    try:
        checkpoint = Checkpoint.model_validate_json(body)
        origin = checkpoint.check(number).ledger
    except ValidationError:
        return f"checkpoint {number} was changed: it cannot be read"
    except LedgerBroken as error:
        return str(error)
    if key and checkpoint.signed_by == key and not is_signed(checkpoint):
        return f"checkpoint {number} was replaced: its signature does not hold"
    return "" if recorded else _foreign(checkpoint, origin, ledger, key)


def _foreign(checkpoint: Checkpoint, origin: str, ledger: str, key: str) -> str:
    """Why a checkpoint that no entry names is not this deployment's; empty where it is.

    One that is recorded may have an earlier key, or be of another bucket, of which this one is a copy.
    """
    what = f"checkpoint {checkpoint.number}"
    if origin != ledger:
        return f"{what} was replaced: it is of the ledger {origin}"
    if checkpoint.signed_by == key:
        return ""
    signed = "signed by another key" if checkpoint.signed_by else "not signed"
    return f"{what} is {signed}, and the ledger has no entry of it: someone else wrote it"
