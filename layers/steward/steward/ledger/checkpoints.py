"""Checkpoints: the heads of all models' chains in one tree, signed, each bound to the checkpoint before it."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

import rfc8785
from pydantic import AwareDatetime, Field, ValidationError

from steward.documents import TolerantModel, VersionedModel
from steward.errors import LedgerBroken
from steward.ledger.entries import GENESIS
from steward.ledger.envelope import SignedEnvelope, Signer, key_id
from steward.ledger.merkle_tree import root_hash
from steward.ledger.tampering import Tampering

PAYLOAD_TYPE = "application/vnd.steward.ledger-checkpoint+json"


class ChainHead(TolerantModel):
    """The last entry of a model's chain."""

    model: str
    sequence: int = Field(ge=1)
    hash: str

    @property
    def leaf(self) -> bytes:
        """Its content in the tree: canonical JSON (RFC 8785)."""
        return rfc8785.dumps({"model": self.model, "sequence": self.sequence, "hash": self.hash})


class TreeHead(TolerantModel):
    """What is signed of a checkpoint.

    Attributes:
        ledger: the bucket.
        checkpoint: its number, from 1 without gaps.
        size: how many chains it covers.
        root: of the tree over their heads, in the order of the models' names; in hexadecimal.
        previous: SHA-256 of the checkpoint before, as it was signed; zeros for the first.
    """

    ledger: str
    checkpoint: int = Field(ge=1)
    size: int
    root: str
    previous: str
    written_at: AwareDatetime


class Checkpoint(VersionedModel):
    """One checkpoint, as it is stored.

    Attributes:
        heads: of all chains, in the order of the models' names: of one that was tampered with, the last that was good.
        tampering: what was found when it was written.
        public_key: the DER-encoded key in base64; empty without one.
    """

    schema_version: Literal[1] = 1
    number: int = Field(ge=1)
    heads: tuple[ChainHead, ...]
    envelope: SignedEnvelope
    tampering: tuple[Tampering, ...] = ()
    public_key: str = ""

    @classmethod
    def following(
        cls,
        previous: "Checkpoint | None",
        heads: Sequence[ChainHead],
        *,
        ledger: str,
        at: datetime,
        signer: Signer | None,
        number: int = 0,
        tampering: Sequence[Tampering] = (),
    ) -> Self:
        """The checkpoint after another, or the first one.

        Args:
            previous: the one before that holds.
            heads: of all chains.
            ledger: the bucket.
            at: when it is written.
            signer: the deployment's key; None signs nothing.
            number: where it is not the next one, as those between were tampered with.
            tampering: what was found.
        """
        ordered = tuple(sorted(heads, key=lambda head: head.model))
        head = TreeHead(
            ledger=ledger,
            checkpoint=number or (previous.number + 1 if previous else 1),
            size=len(ordered),
            root=root_hash([one.leaf for one in ordered]).hex(),
            previous=previous.digest if previous else GENESIS,
            written_at=at,
        )
        return cls(
            number=head.checkpoint,
            heads=ordered,
            envelope=SignedEnvelope.seal(rfc8785.dumps(head.model_dump(mode="json")), PAYLOAD_TYPE, signer),
            tampering=tuple(tampering),
            public_key=base64.b64encode(signer.public_key).decode() if signer else "",
        )

    @property
    def digest(self) -> str:
        """SHA-256 of what was signed, in hexadecimal; the next checkpoint and messages to subscribers name it."""
        return hashlib.sha256(self.envelope.content).hexdigest()

    @property
    def signed(self) -> TreeHead:
        """What was signed."""
        return TreeHead.model_validate_json(self.envelope.content)

    @property
    def written_at(self) -> datetime:
        """When it was written, as it was signed."""
        return self.signed.written_at

    @property
    def signed_by(self) -> str:
        """The id of the key that signed it; empty where none did."""
        return self.envelope.signatures[0].keyid if self.envelope.signatures else ""

    def head_of(self, model: str) -> ChainHead | None:
        """The head of one chain; None where it is not covered."""
        return next((head for head in self.heads if head.model == model), None)

    def check(self, number: int) -> TreeHead:
        """Verify all but the signature and the checkpoint before; what was signed.

        Raises:
            LedgerBroken: something of it is not what was signed, or belongs elsewhere.
        """
        try:
            head = TreeHead.model_validate_json(self.envelope.content)
        except (ValidationError, ValueError) as error:
            raise LedgerBroken(f"checkpoint {number} was changed: what was signed cannot be read") from error
        if self.envelope.payload_type != PAYLOAD_TYPE:
            raise LedgerBroken(f"checkpoint {number} was changed: what was signed is no checkpoint")
        if (head.checkpoint, self.number) != (number, number):
            raise LedgerBroken(f"checkpoint {number} was replaced: checkpoint {head.checkpoint} is in its place")
        root = root_hash([one.leaf for one in self.heads]).hex()
        if (head.size, head.root) != (len(self.heads), root):
            raise LedgerBroken(f"checkpoint {number} was changed: its heads are not those that were signed")
        if self.signed_by and key_id(base64.b64decode(self.public_key)) != self.signed_by:
            raise LedgerBroken(f"checkpoint {number} was changed: its public key is not the one that signed it")
        return head
