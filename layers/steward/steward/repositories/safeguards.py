"""The safeguards of a model as they are stored, and the declaration with those that are in force."""

import hashlib

from steward.approvals.safeguards import Safeguards
from steward.events import ObjectRef
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket


def declared_safeguards(spec: ModelSpec) -> Safeguards:
    """Those of a declaration."""
    return Safeguards(guardrails=spec.guardrails, approvals=spec.approvals)


def store_safeguards(data: Bucket, model: str, content: Safeguards) -> ObjectRef:
    """Store them under their hash; the same ones are stored once."""
    return data.create_if_absent(keys.safeguards(model, content.sha256), content.model_dump_json().encode())


def guarded_spec(data: Bucket, spec: ModelSpec, routing: Routing | None = None) -> ModelSpec:
    """The declaration with the guardrails and approvals that are in force, whatever its own sections say.

    Args:
        data: where they are.
        spec: the declaration in force.
        routing: of the model, where it is known.

    Raises:
        ObjectMissing, ObjectChanged: the approved safeguards are not what was approved.
    """
    anchor = (routing or models.routing(data, spec.model)).safeguards.anchor
    if anchor is None:
        return spec
    approved = data.load(anchor.stored, Safeguards)
    return spec.model_copy(update={"guardrails": approved.guardrails, "approvals": approved.approvals})


def guardrails_digest(spec: ModelSpec) -> str:
    """The SHA-256 of a declaration's guardrails; empty where it has none."""
    return hashlib.sha256(spec.guardrails.canonical_json().encode()).hexdigest() if spec.guardrails else ""
