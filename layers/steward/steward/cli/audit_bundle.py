"""Gathers what an auditor needs of a deployment, and packs it with a verifier that needs no Steward."""

import base64
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from steward.cli.deployment import Deployment
from steward.concurrency import prefetch_map
from steward.errors import StewardError
from steward.governance.audit import Audit
from steward.governance.bundle_page import BundleModel, bundle_page
from steward.governance.card import ModelCard
from steward.governance.document_history import DocumentHistory
from steward.governance.model_signature import to_pem
from steward.ledger import LedgerEntry
from steward.ledger.checkpoints import Checkpoint
from steward.ledger.merkle_tree import inclusion_path
from steward.release import read_release
from steward.repositories import models
from steward.store import keys
from steward.store.kinds import STORED
from steward.store.ledger_reading import LedgerReader, StoredLedgerEntry
from steward.store.stored_objects import sha256

_DOCUMENTED = (
    "Audit",
    "Checkpoint",
    "DatasetManifest",
    "DocumentHistory",
    "Evaluation",
    "LedgerEntry",
    "ModelCard",
    "VersionManifest",
)
_PARTS = ("manifest.json", "evaluation.json", "card.json", "card.md")


@dataclass(slots=True)
class BundleFiles:
    """The files of a bundle, written as they come.

    Attributes:
        digests: SHA-256 of each, by its path.
        begins: the place at which a ledger begins, where it is not the first.
    """

    archive: zipfile.ZipFile
    digests: dict[str, str] = field(default_factory=dict)
    begins: dict[str, int] = field(default_factory=dict)

    def add(self, path: str, body: bytes) -> None:
        """Write one file; the same each time that it is made of the same."""
        if path not in self.digests:
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o100644 << 16
            self.archive.writestr(entry, body, zipfile.ZIP_DEFLATED)
            self.digests[path] = sha256(body)


def write_bundle(
    deployment: Deployment, stack: str, target: Path, *, model: str | None, since: datetime | None, made_at: datetime
) -> int:
    """Write a bundle; how many entries of the ledger are in it.

    Args:
        deployment: to read.
        stack: its name, for people.
        target: the file, which must not be there.
        model: of this one alone; the others do not appear in it by name.
        since: entries recorded before this moment are left out; None for all.
        made_at: now.

    Raises:
        StewardError: the file is there.
    """
    if target.exists():
        raise StewardError(f"{target} is there already, and nothing is overwritten; name another file")
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.with_name(f".{target.name}.new")
    try:
        with zipfile.ZipFile(staging, "w") as archive:
            count = _write(deployment, stack, BundleFiles(archive), model=model, since=since, made_at=made_at)
        staging.rename(target)
    finally:
        staging.unlink(missing_ok=True)
    return count


def _write(
    deployment: Deployment,
    stack: str,
    bundle: BundleFiles,
    *,
    model: str | None,
    since: datetime | None,
    made_at: datetime,
) -> int:
    reader = LedgerReader(deployment.ledger, None)
    written = list(_checkpoints(reader, bundle, model))
    chains = [model] if model else reader.models()
    declared = set(deployment.models())
    described, count = [], 0
    for chain in chains:
        entries = list(_entries(reader, bundle, chain, since))
        count += len(entries)
        if chain in declared:
            described.append(_describe(deployment, bundle, chain, entries))
    for layer in sorted(files("steward").joinpath("sbom").iterdir(), key=lambda one: one.name):
        bundle.add(f"sbom/{layer.name}", layer.read_bytes())
    for kind in STORED:
        if kind.name in _DOCUMENTED:
            schema = kind.load().model_json_schema(mode="serialization")
            bundle.add(f"schemas/{kind.name}.json", json.dumps(schema, indent=1).encode())
    bundle.add("index.html", bundle_page(stack, made_at, described, written).encode())
    bundle.add("verify.py", files("steward.governance").joinpath("verify_bundle.py").read_bytes())
    about = {
        "schema_version": 1,
        "stack": stack,
        "ledger": deployment.ledger.bucket.name,
        "data": deployment.data.name,
        "made_at": made_at.isoformat(),
        "release": read_release().version,
        "model": model,
        "since": since.isoformat() if since else None,
        "begins": bundle.begins,
        "files": bundle.digests,
    }
    bundle.add("bundle.json", json.dumps(about, indent=1).encode())
    return count


def _checkpoints(reader: LedgerReader, bundle: BundleFiles, model: str | None) -> Iterator[Checkpoint]:
    """All checkpoints; for one model, its head with the proof that it is in the tree, and no other model's."""
    for body in reader.checkpoint_bodies():
        try:
            checkpoint = Checkpoint.model_validate_json(body)
        except ValidationError:
            continue  # `checkpoint N is missing` is what the verifier says
        if checkpoint.public_key:
            public_key = base64.b64decode(checkpoint.public_key)
            bundle.add(f"keys/{sha256(public_key)}.pem", to_pem(public_key).encode())
        content = _narrow(checkpoint, model) if model else body
        bundle.add(f"checkpoints/{checkpoint.number:010d}.json", content)
        yield checkpoint


def _narrow(checkpoint: Checkpoint, model: str) -> bytes:
    content: dict[str, Any] = checkpoint.model_dump(mode="json", exclude={"heads", "tampering"})
    place = next((at for at, head in enumerate(checkpoint.heads) if head.model == model), None)
    content["heads"] = [] if place is None else [checkpoint.heads[place].model_dump(mode="json")]
    if place is not None:
        leaves = [head.leaf for head in checkpoint.heads]
        path = [one.hex() for one in inclusion_path(leaves, place)]
        content |= {"index": place, "size": len(leaves), "path": path}
    return json.dumps(content).encode()


def _entries(reader: LedgerReader, bundle: BundleFiles, model: str, since: datetime | None) -> Iterator[LedgerEntry]:
    """A model's ledger as lines, each an entry and its marker; those that can be read are returned."""
    lines: dict[int, str] = {}
    for stored in reader.read(model):
        content = _content(stored)
        entry = _entry(stored)
        if since and not lines and entry and entry.recorded_at < since:
            bundle.begins[model] = stored.place + 1
            continue
        lines.setdefault(stored.place, json.dumps(content, ensure_ascii=False))
        if entry:
            yield entry
    if lines or model in bundle.begins:
        bundle.add(f"ledger/{model}.jsonl", "".join(f"{lines[place]}\n" for place in sorted(lines)).encode())


def _content(stored: StoredLedgerEntry) -> dict[str, Any]:
    """One place of a ledger, as a line of the bundle has it."""
    marker = {"place": stored.marker.sequence, "hash": stored.marker.hash} if stored.marker else None
    content: dict[str, Any] = {"place": stored.place, "marker": marker, "overwritten": stored.overwritten}
    if stored.body is None:
        return content
    content |= {"version_id": stored.version_id, "sha256": sha256(stored.body)}
    try:
        entry = json.loads(stored.body)
    except ValueError:
        entry = None
    if isinstance(entry, dict):
        return content | {"entry": entry}
    return content | {"unreadable": base64.b64encode(stored.body).decode()}


def _entry(stored: StoredLedgerEntry) -> LedgerEntry | None:
    try:
        return LedgerEntry.model_validate_json(stored.body) if stored.body else None
    except ValidationError:
        return None


def _describe(deployment: Deployment, bundle: BundleFiles, model: str, entries: list[LedgerEntry]) -> BundleModel:
    """Declarations, versions, datasets and the newest audit of a model."""
    data = deployment.data
    names = sorted(models.version_names(data, model))
    wanted = [keys.version(model, name, part) for name in names for part in _PARTS]
    wanted += [one.key for name in names for one in data.list(keys.evidence_of_version(model, name, ""))]
    wanted += [one.key for one in data.list(keys.spec_revisions(model))]
    wanted += [one.key for one in data.list(keys.datasets(model)) if one.name == "manifest"]
    wanted += [keys.routing(model), *[one.key for one in data.list(keys.audits(model))][-1:]]
    found = dict(_read(deployment, wanted))
    for key, body in found.items():
        bundle.add(key, body)
    audits = [body for key, body in found.items() if key.startswith(keys.audits(model))]
    documents = _documents(deployment, bundle, model)
    return BundleModel(
        model=model,
        champion=models.routing(data, model).champion,
        cards=list(_cards(found, model, names)),
        audit=Audit.model_validate_json(audits[-1]) if audits else None,
        entries=entries,
        documents=documents,
    )


def _documents(deployment: Deployment, bundle: BundleFiles, model: str) -> DocumentHistory | None:
    """Every revision of the documents that are kept of a model, with the list that has the hashes of their sources.

    What is missing or has other bytes the verifier says, as it does of an entry.
    """
    listed = deployment.data.find(keys.document_history(model))
    if listed is None:
        return None
    bundle.add(listed.stored.key, listed.body)
    try:
        history = DocumentHistory.model_validate_json(listed.body)
    except ValidationError:
        return None
    named = [stored.key for revisions in history.documents.values() for one in revisions for stored in one.files]
    for key, body in _read(deployment, named):
        bundle.add(key, body)
    return history


def _read(deployment: Deployment, wanted: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for content in prefetch_map(deployment.data.find, wanted):
        if content:
            yield content.stored.key, content.body


def _cards(found: dict[str, bytes], model: str, names: list[str]) -> Iterator[tuple[ModelCard, str]]:
    for name in names:
        body = found.get(keys.version(model, name, "card.json"))
        try:
            card = ModelCard.model_validate_json(body) if body else None
        except ValidationError:
            card = None
        if card:
            yield card, keys.version(model, name, "card.md")
