"""The page of an audit bundle for people: what is in it, what it says, and how to verify it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import PurePosixPath

from steward.governance.audit import Audit
from steward.governance.audit_finding import AuditFinding
from steward.governance.card import ModelCard
from steward.governance.document_history import DocumentHistory, DocumentRevision
from steward.ledger import LedgerEntry
from steward.ledger.checkpoints import Checkpoint

_SHOWN = (
    "champion_promoted",
    "version_refused",
    "champion_rolled_back",
    "promotions_frozen",
    "promotions_thawed",
    "run_failed",
    "command_accepted",
    "command_refused",
    "version_accepted",
    "version_rejected",
    "model_removed",
    "emergency_override",
    "override_reviewed",
    "guardrails_changed",
    "exception_changed",
)
"""The actions that the page lists: each decides about a version, or is a person's."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
td, th { padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
td:first-child code { overflow-wrap: normal; }
pre { padding: .8rem; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
"""


@dataclass(frozen=True, slots=True)
class BundleModel:
    """What a bundle has of one model.

    Attributes:
        cards: of each version, with the path of the card for people; in the order of their names.
        audit: the newest; None where there is none.
        entries: of the ledger that can be read.
        documents: every revision of each; None where none are kept, or their list cannot be read.
    """

    model: str
    champion: str | None
    cards: Sequence[tuple[ModelCard, str]]
    audit: Audit | None
    entries: Sequence[LedgerEntry]
    documents: DocumentHistory | None = None


_CAVEAT = "This page is a summary for people: what it says is worth what the files beside it prove."
_FOLDERS = {
    "ledger": "every entry as it is stored, a line each, with its marker",
    "checkpoints": "the heads of all ledgers in one Merkle tree (RFC 9162), each checkpoint bound to the one before",
    "models": "declarations, manifests, evaluations, model cards, datasets; of each version, in its folder evidence: "
    "SLSA provenance (in-toto, DSSE), CycloneDX ML-BOM, OpenSSF model signature",
    "reports": "the newest audit of each model; in documents every revision of its cards, notes, reports and technical "
    "files, and in documents/history.json the hashes of what each was made of",
    "sbom": "CycloneDX bills of materials of the software that ran",
    "schemas, keys": "JSON schemas of the documents; the public keys",
}


def bundle_page(stack: str, made_at: datetime, models: Sequence[BundleModel], checkpoints: Sequence[Checkpoint]) -> str:
    """The page as HTML; every name and text of others is escaped."""
    title = f"Audit bundle of {stack}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p>Made {made_at:%Y-%m-%d %H:%M} UTC. {_CAVEAT}</p>",
            *_how_to_verify(checkpoints),
            *(line for model in models for line in _model(model, checkpoints)),
            "</body></html>",
        ]
    )


def _how_to_verify(checkpoints: Sequence[Checkpoint]) -> list[str]:
    keys = sorted({one.signed_by for one in checkpoints if one.signed_by})
    signed = (
        f"Checkpoints and attestations are signed by {' and '.join(f'<code>{escape(key)}</code>' for key in keys)} "
        "(SHA-256 of the public key). Ask the owner of the AWS account for the key's fingerprint, and give it with "
        "<code>--key</code>: then a bundle that someone else signed is refused."
        if keys
        else "Nothing is signed: the deployment has no signing key. Compare the heads of the ledgers with those in "
        "messages that subscribers got, with <code>--witness MODEL:PLACE:HASH</code>."
    )
    return [
        "<h2>Verify it</h2>",
        "<p>On any machine with Python 3.11 or newer, without Steward, in the unpacked bundle:</p>",
        "<pre>pip install cryptography\npython verify.py</pre>",
        f"<p>{signed}</p>",
        "<table><tr><th>folder</th><th>contents</th></tr>",
        *(f"<tr><td><code>{folder}</code></td><td>{said}</td></tr>" for folder, said in _FOLDERS.items()),
        "</table>",
    ]


def _model(model: BundleModel, checkpoints: Sequence[Checkpoint]) -> list[str]:
    return [
        f"<h2>{escape(model.model)}</h2>",
        f"<p>Version in charge: <b>{escape(model.champion or 'none')}</b>.</p>",
        f"<p>Ledger: {len(model.entries):,} entries{_head(model.entries)}.</p>",
        *(_audit(model, model.audit, checkpoints) if model.audit else ["<p>It was never audited.</p>"]),
        *_cards(model),
        *_documents(model),
        *_decisions(model.entries),
    ]


def _head(entries: Sequence[LedgerEntry]) -> str:
    return f", the last is <code>{escape(entries[-1].hash)}</code>" if entries else ""


def _audit(model: BundleModel, audit: Audit, checkpoints: Sequence[Checkpoint]) -> list[str]:
    failed = len(audit.failed)
    said = f"{failed} {'does' if failed == 1 else 'do'} not hold"
    verdict = f'<span class="bad">{said}</span>' if failed else "all hold"
    return [
        f"<h3>Audit of {audit.as_of:%Y-%m-%d %H:%M} UTC: {verdict}</h3>",
        f"<p>{_place(model, audit, checkpoints)}</p>",
        "<table>",
        *(
            f'<tr><td class="{_look(one)}">{_verdict(one)}</td>'
            f"<td>{escape(one.invariant.replace('_', ' '))}</td><td>{escape(one.message)}{_more(one)}</td></tr>"
            for one in audit.findings
        ),
        "</table>",
    ]


def _place(model: BundleModel, audit: Audit, checkpoints: Sequence[Checkpoint]) -> str:
    """Which entry of the ledger an audit read last, whether it is that one here, and which checkpoint covers it."""
    read = f"It read the ledger up to entry {audit.ledger_entries:,}"
    if audit.checkpoint:
        read += f", from checkpoint {audit.checkpoint} on"
    here = next((entry.hash for entry in model.entries if entry.sequence == audit.ledger_entries), audit.ledger_head)
    if here != audit.ledger_head:
        return (
            f'<span class="bad">{read}, whose hash was {escape(audit.ledger_head)}: the ledger here has another.</span>'
        )
    covering = (
        one for one in checkpoints if (head := one.head_of(model.model)) and head.sequence >= audit.ledger_entries
    )
    sealed = next(covering, None)
    if sealed is None:
        return f"{read}; no checkpoint covers that yet."
    return (
        f"{read}. Checkpoint {sealed.number} of {sealed.written_at:%Y-%m-%d %H:%M} UTC covers that, and what followed."
    )


def _look(finding: AuditFinding) -> str:
    """How a verdict is coloured: what does not apply is not good, and a note is not bad."""
    if finding.fails:
        return "" if finding.severity == "info" else "bad"
    return "good" if finding.status == "holds" else ""


def _verdict(finding: AuditFinding) -> str:
    if finding.fails:
        return "note" if finding.severity == "info" else f"FAILS ({finding.severity})"
    return escape(finding.status.replace("_", " "))


def _more(finding: AuditFinding) -> str:
    """Since when it does not hold, and what the exception or the remedy is."""
    if finding.holds:
        return ""
    said = finding.exception.sentence if finding.exception else finding.remedy
    since = f"since {finding.since:%Y-%m-%d %H:%M} UTC. " if finding.since else ""
    return f"<br>{escape(since + said)}"


def _cards(model: BundleModel) -> list[str]:
    if not model.cards:
        return []
    rows = [
        f'<tr><td><a href="{escape(path)}">{escape(card.manifest.version)}</a></td>'
        f"<td>{'passed' if card.evaluation.passed else 'refused'}</td><td>{escape(card.evaluation.summary)}</td>"
        f'<td class="number">{card.manifest.training_rows:,}</td></tr>'
        for card, path in model.cards
    ]
    head = "<tr><th>version</th><th>gates</th><th>grounds</th><th>trained on rows</th></tr>"
    return ["<h3>Versions</h3>", "<table>", head, *rows, "</table>"]


def _documents(model: BundleModel) -> list[str]:
    """The newest revision of each document, with links to its files."""
    if model.documents is None:
        return []
    rows = [
        f"<tr><td>{escape(name)}</td><td>{_links(revisions[-1])}</td><td>{revisions[-1].as_of:%Y-%m-%d}</td>"
        f'<td class="number">{len(revisions)}</td><td class="number">{len(revisions[-1].sources)}</td></tr>'
        for name, revisions in sorted(model.documents.documents.items())
        if revisions
    ]
    head = "<tr><th>document</th><th>newest revision</th><th>as of</th><th>revisions</th><th>sources</th></tr>"
    return ["<h3>Documents</h3>", "<table>", head, *rows, "</table>"] if rows else []


def _links(revision: DocumentRevision) -> str:
    files = [(stored.key, PurePosixPath(stored.key).suffix.removeprefix(".")) for stored in revision.files]
    return " ".join(f'<a href="{escape(key)}">{escape(ending)}</a>' for key, ending in files)


def _decisions(entries: Sequence[LedgerEntry]) -> list[str]:
    shown = [entry for entry in entries if entry.action in _SHOWN]
    rows = [
        f'<tr><td class="number">{entry.sequence}</td><td>{entry.as_of:%Y-%m-%d}</td>'
        f"<td>{escape(entry.action.replace('_', ' '))}</td><td>{escape(entry.subject)}</td>"
        f"<td>{escape(entry.summary)}</td><td>{escape(entry.author or entry.function)}</td></tr>"
        for entry in shown
    ]
    head = "<tr><th>entry</th><th>as of</th><th>decision</th><th>of</th><th></th><th>by</th></tr>"
    return ["<h3>Decisions</h3>", "<table>", head, *rows, "</table>"] if rows else []
