"""Finds the ledger entry that reports the result of an upload."""

from typing import Final

from steward.cli import history
from steward.cli.deployment import Deployment
from steward.cli.terminal import console
from steward.cli.wait_notice import wait_notice
from steward.errors import StewardError
from steward.events import ObjectCreated
from steward.ledger import LedgerEntry
from steward.records.ingestion_summary import rows_of, without_windows

_OUTCOMES: Final = {
    "batch_ingested": True,
    "batch_repeated": True,
    "batch_deferred": True,
    "batch_rejected": False,
    "data_corrected": True,
    "model_registered": True,
    "model_rejected": False,
}
"""The entries of the ledger that answer an upload, and whether they are what was asked for."""


def show_upload_status(  # noqa: PLR0917 - whose, what, and how long
    deployment: Deployment, model: str, key: str, version_id: str, after: int, patience: float
) -> LedgerEntry:
    """Wait for the answer to an upload, and print it.

    Args:
        deployment: where it was uploaded.
        model: whose ledger has the answer.
        key: of the object.
        version_id: of the object.
        after: the sequence that the ledger had reached before the upload.
        patience: seconds without news after which to stop waiting.

    Raises:
        StewardError: none came in time.
    """
    with wait_notice(f"the answer to {key}", patience):
        correlation_id = ObjectCreated.correlate(key, version_id)
        entries = history.follow(deployment.ledger, model, after=after, seconds=patience, about=correlation_id)
        answer = next((entry for entry in entries if entry.action in _OUTCOMES), None)
    if answer is None:
        raise StewardError(
            f"no answer to {key} within {patience:g} s: it is uploaded, and not taken in yet. `steward watch {model}` "
            "shows the answer when it comes, and `steward doctor` what may be in its way"
        )
    shown = answer.model_copy(update={"summary": without_windows(answer.summary)})  # `push` tells of them once checked
    console.print(history.line(shown))
    return answer


def is_ingested(answer: LedgerEntry) -> bool:
    """Whether an upload was accepted, and no more of its rows are in quarantine than are not."""
    rows, rejected = rows_of(answer.summary)
    return _OUTCOMES.get(answer.action, False) and rejected <= rows
