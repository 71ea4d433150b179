"""Verify an audit bundle of Steward without Steward: `python verify.py` in the unpacked bundle, Python 3.11 or newer.

It needs one package, for signatures: `pip install cryptography`. All else is the standard library, and nothing is sent
anywhere. It exits with 0 if all holds, 1 if anything does not, and 3 if signatures could not be checked.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    CAN_VERIFY = True
except ImportError:
    CAN_VERIFY = False

GENESIS = "0" * 64


class Verification:
    """What was verified so far, a line for each thing; `keys` may sign: DER-encoded, by their SHA-256."""

    def __init__(self, folder: Path, key: str, *, quiet: bool) -> None:
        self.folder, self.quiet = folder, quiet
        self.broken: list[str] = []
        self.counts, self.begins = dict[str, int](), dict[str, int]()
        self.files: dict[str, str] = {}
        self.hashes: dict[tuple[str, int], str] = {}
        ders = [base64.b64decode("".join(path.read_text().splitlines()[1:-1])) for path in folder.glob("keys/*.pem")]
        self.keys = {_sha256(der): der for der in ders}
        if key:
            self.keys = {name: der for name, der in self.keys.items() if name == key.lower()}
            self.say("key", f"the key that you trust, {key}", "" if self.keys else "it is not in the bundle")

    def say(self, kind: str, what: str, problem: str = "") -> None:
        """Note that something holds, or what is wrong with it."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if problem:
            self.broken.append(f"{what}: {problem}")
            print(f"BROKEN  {what}: {problem}")
        elif not self.quiet:
            print(f"holds   {what}")

    def verify_files(self) -> None:
        """Every file that the bundle was made with is there, unchanged, and no other."""
        described = json.loads((self.folder / "bundle.json").read_bytes())
        self.files, self.begins = described["files"], described["begins"]
        present = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}
        for name in sorted({*self.files, *present} - {"bundle.json"}):
            path = self.folder / name
            if name not in self.files:
                self.say("file", name, "it was not in the bundle when that was made")
            elif name not in present:
                self.say("file", name, "it is missing")
            else:
                changed = _sha256(path.read_bytes()) != self.files[name]
                self.say("file", name, "it was changed after the bundle was made" if changed else "")

    def signature_problem(self, envelope: dict[str, Any], keyid: str = "") -> str:
        """What is wrong with the signature of a DSSE envelope; empty where it holds."""
        if not envelope["signatures"]:
            return "" if not self.keys else "it is not signed, though the bundle has a key"
        keyid = keyid or envelope["signatures"][0]["keyid"]
        if keyid not in self.keys:
            return f"it is signed by {keyid}, which is not among the keys"
        if not CAN_VERIFY:
            return ""
        payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
        message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        key = load_der_public_key(self.keys[keyid])
        try:
            key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), message, ec.ECDSA(SHA256()))  # type: ignore[union-attr, call-arg, arg-type]
        except InvalidSignature:
            return "its signature does not hold"
        return ""

    def verify_checkpoints(self) -> dict[str, dict[int, tuple[str, int]]]:
        """The heads that checkpoints bear witness of: by model and place, the hash, and the checkpoint's number."""
        heads: dict[str, dict[int, tuple[str, int]]] = {}
        previous, number = "", 0
        for path in sorted(self.folder.glob("checkpoints/*.json")):
            checkpoint = json.loads(path.read_bytes())
            envelope = checkpoint["envelope"]
            signed = json.loads(base64.b64decode(envelope["payload"]))
            covered = checkpoint["heads"]
            root = _root(covered) if "path" not in checkpoint else _root_of_path(covered[0], checkpoint)
            problem = self.signature_problem(envelope)
            if root != signed["root"]:
                problem = "its heads are not those that were signed"
            elif number and signed["checkpoint"] != number + 1:
                problem = f"checkpoint {number + 1} is missing before it"
            elif previous and signed["previous"] != previous:
                problem = f"it does not follow checkpoint {number}"
            what = f"checkpoint {signed['checkpoint']} of {signed['written_at']}, over {signed['size']} ledgers"
            self.say("checkpoint", what, problem)
            number, previous = signed["checkpoint"], _sha256(base64.b64decode(envelope["payload"]))
            for head in covered if not problem else []:
                heads.setdefault(head["model"], {})[head["sequence"]] = head["hash"], number
        return heads

    def verify_ledger(self, path: Path, witnessed: dict[int, tuple[str, int]]) -> None:
        """Follow one ledger, entry by entry."""
        model = path.stem
        previous: str | None = GENESIS
        place = self.begins.get(model, 1) - 1
        if place:
            previous = None
            self.say("entry", f"{model} begins at entry {place + 1} here; what was before it is not in this bundle")
        for line in path.open(encoding="utf-8"):
            stored = json.loads(line)
            for gone in range(place + 1, stored["place"]):
                self.say("entry", f"{model} {gone}", "the entry was removed")
                previous = None
            place = stored["place"]
            entry = stored.get("entry") or {}
            digest, problem = _entry_problem(stored, previous)
            self.hashes[model, place] = digest
            if place in witnessed and digest != witnessed[place][0]:
                problem = problem or f"it is not the entry that {_witness(witnessed[place][1])} has: it was rewritten"
            problem = problem or self._reference_problem(entry.get("evidence", []))
            said = f"  {entry.get('action')}  {entry.get('subject')}: {entry.get('summary')}" if entry else ""
            self.say("entry", f"{model} {place}{said}"[:160], problem)
            previous = digest if not problem or problem.startswith("no function") else None
        for gone, (_, number) in sorted(witnessed.items()):
            if gone > max(place, self.begins.get(model, 1) - 1):
                self.say("entry", f"{model} {gone}", f"it was removed: {_witness(number)} has it")

    def _reference_problem(self, references: list[dict[str, str]]) -> str:
        """What is named has the bytes that it had, where the bundle has it."""
        for reference in references:
            path = self.folder / reference["key"]
            if reference["key"] in self.files and path.exists() and _sha256(path.read_bytes()) != reference["sha256"]:
                return f"{reference['key']} does not have the bytes that it names"
        return ""

    def verify_documents(self) -> None:
        """Audits read the ledger that is here, and what they and the kept documents name has the bytes that it had."""
        for path in sorted(self.folder.glob("reports/*/audits/*.json")):
            report = json.loads(path.read_bytes())
            place, head = report["ledger_entries"], report["ledger_head"]
            named = [reference for finding in report["findings"] for reference in finding.get("evidence", [])]
            changed = self.hashes.get((report["model"], place), head) != head
            problem = f"it read another entry {place}" if changed else self._reference_problem(named)
            self.say("audit", f"audit {path.stem}", problem)
        for path in sorted(self.folder.glob("reports/*/documents/history.json")):
            for name, revisions in json.loads(path.read_bytes())["documents"].items():
                for revision in revisions:
                    said = f"{name}, revision {revision['revision']}"
                    self.say("document", said, self._document_problem(name, revision))

    def _document_problem(self, name: str, revision: dict[str, Any]) -> str:
        """A revision is named by its sources, but for months and technical files, whose sources go on growing."""
        sources = [] if revision.get("growing") else revision["sources"]
        identity = _sha256(json.dumps([name, revision["template"], sources], sort_keys=True).encode())[:16]
        if sources and identity != revision["revision"]:
            return "its sources are not those that it is named by"
        gone = [stored["key"] for stored in revision["files"] if stored["key"] not in self.files]
        return f"{gone[0]} is missing" if gone else self._reference_problem([*revision["files"], *sources])

    def verify_evidence(self) -> None:
        """Provenance and signature of each version, and that they speak of what the bundle has."""
        for path in sorted(self.folder.glob("models/*/versions/*/evidence/provenance.json")):
            envelope = json.loads(path.read_bytes())
            problem = self.signature_problem(envelope)
            for subject in json.loads(base64.b64decode(envelope["payload"]))["subject"]:
                named = self.folder / subject["name"]
                if named.exists() and _sha256(named.read_bytes()) != subject["digest"]["sha256"]:
                    problem = problem or f"it is of another {named.name} than the bundle has"
            self.say("attestation", f"provenance of {path.parent.parent.name}", problem)
        for path in sorted(self.folder.glob("models/*/versions/*/evidence/model.sig")):
            bundle = json.loads(path.read_bytes())
            hint = bundle["verificationMaterial"]["publicKey"]["hint"]
            keyid = next((name for name, der in self.keys.items() if _sha256(_pem(der)) == hint), "of another file")
            problem = self.signature_problem(bundle["dsseEnvelope"], keyid)
            resource = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))["predicate"]["resources"][0]
            artifact = json.loads((path.parent.parent / "manifest.json").read_bytes())["artifact"]
            if artifact["sha256"] != resource["digest"]:
                problem = problem or "it is of another artifact than the manifest names"
            self.say("attestation", f"signature of the artifact of {path.parent.parent.name}", problem)


def _entry_problem(stored: dict[str, Any], previous: str | None) -> tuple[str, str]:
    """The hash of an entry as it is, and what is wrong with it by itself."""
    if "entry" not in stored:
        return "", "the entry was removed" if "unreadable" not in stored else "it cannot be read: it was overwritten"
    entry, marker, place = stored["entry"], stored["marker"], stored["place"]
    digest = _sha256(_canonical({name: value for name, value in entry.items() if name != "hash"}).encode())
    problems = {
        "its content does not have the hash it carries: it was changed": digest != entry.get("hash"),
        f"it is entry {entry.get('sequence')}: it was moved": entry.get("sequence") != place,
        "its marker has another place: it was moved": bool(marker and marker["place"] not in {None, place}),
        "its marker has another hash: it was rewritten": bool(marker and marker["hash"] not in {"", digest}),
        "other versions of it are stored: it was overwritten": stored["overwritten"],
        f"it does not follow entry {place - 1}": previous is not None and entry.get("previous") != previous,
        "no function has marked it: someone else wrote it, or removed the marker": marker is None,
    }
    return digest, next((problem for problem, found in problems.items() if found), "")


def _canonical(value: Any) -> str:
    """JSON by RFC 8785; the ledger has no numbers with fractions, whose form takes more."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_canonical(name)}:{_canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, float):
        raise ValueError("an entry has a number with a fraction: verify it with the package rfc8785")  # noqa: TRY004
    return json.dumps(value, ensure_ascii=False)


def _root(heads: list[dict[str, Any]]) -> str:
    """The root of the tree over heads, by RFC 9162."""

    def node(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return hashlib.sha256(b"\0" + leaves[0]).digest()
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + node(leaves[:split]) + node(leaves[split:])).digest()

    return node([_leaf(head) for head in heads]).hex() if heads else hashlib.sha256().hexdigest()


def _root_of_path(head: dict[str, Any], checkpoint: dict[str, Any]) -> str:
    """The root that the proof of one head leads to (RFC 9162, 2.1.3.2)."""
    number, last = checkpoint["index"], checkpoint["size"] - 1
    found = hashlib.sha256(b"\0" + _leaf(head)).digest()
    for sibling in map(bytes.fromhex, checkpoint["path"]):
        if number & 1 or number == last:
            found = hashlib.sha256(b"\1" + sibling + found).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + sibling).digest()
        number, last = number >> 1, last >> 1
    return found.hex() if last == 0 else ""


def _leaf(head: dict[str, Any]) -> bytes:
    return _canonical({name: head[name] for name in ("model", "sequence", "hash")}).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _pem(der: bytes) -> bytes:
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()


def _witness(number: int) -> str:
    return f"checkpoint {number}" if number else "the witness that you gave"


def main() -> int:
    """Verify, and say what holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", default="", help="SHA-256 of the public key (DER) that you trust, and of no other")
    parser.add_argument("--witness", action="append", default=[], help="MODEL:PLACE:HASH, as a message to you had it")
    parser.add_argument("--quiet", action="store_true", help="say only what does not hold")
    given = parser.parse_args()
    found = Verification(Path(__file__).resolve().parent, given.key, quiet=given.quiet)
    found.verify_files()
    heads = found.verify_checkpoints()
    for model, place, digest in (one.split(":") for one in given.witness):
        heads.setdefault(model, {})[int(place)] = digest, 0
    ledgers = sorted(found.folder.glob("ledger/*.jsonl"))
    for path in ledgers:
        found.verify_ledger(path, heads.get(path.stem, {}))
    for model in sorted(set(heads) - {path.stem for path in ledgers}):
        found.say("entry", model, "its whole ledger was removed: checkpoints have it")
    found.verify_evidence()
    found.verify_documents()
    counts = [f"{count} {one}{'s' * (count > 1)}".replace("entrys", "entries") for one, count in found.counts.items()]
    print(f"\n{', '.join(counts)} verified.")
    for name in found.keys:
        print(f"Signed by {name}. Compare with: aws kms get-public-key --output text --query PublicKey "
              "--key-id ARN | base64 -d | sha256sum")  # fmt: skip
    if found.broken:
        print(f"{len(found.broken)} do NOT hold:", *found.broken, sep="\n  ")
        return 1
    if found.keys and not CAN_VERIFY:
        print("Signatures were NOT checked: pip install cryptography, and run this again.")
        return 3
    print("All holds." if found.keys else "All holds. Nothing is signed: compare heads with messages to subscribers.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
