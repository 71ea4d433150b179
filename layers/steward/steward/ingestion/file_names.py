"""Names of uploads: they are in events, messages and the ledger, so that they must name nobody."""

from typing import get_args

from steward.errors import BatchInvalid
from steward.events import Kind
from steward.privacy.written_text import kinds_in_words, personal_kinds
from steward.repositories.uploads import Upload
from steward.store import keys

PERSONAL_NAME = "personal_data_in_name"


def refuse_personal_name(upload: Upload) -> None:
    """Look at each part of an upload's name.

    Raises:
        BatchInvalid: one holds personal data.
    """
    parts = f"{upload.inbox_key.kind}/{upload.inbox_key.name}".split("/")
    kinds = tuple(dict.fromkeys(kind for part in parts for kind in personal_kinds(part)))
    if kinds:
        raise BatchInvalid(
            PERSONAL_NAME,
            f"the name of the file holds personal data ({kinds_in_words(kinds)}), and names are in events, messages "
            "and the ledger: upload it under another name, and delete this one",
        )


def source_and_kind(upload: Upload, code: str) -> tuple[str, str]:
    """What people are told an upload is called, and of which kind it is, when it is refused for this reason."""
    key, kind = upload.inbox_key, upload.inbox_key.kind
    if code != PERSONAL_NAME:
        return upload.created.key, kind
    return keys.withheld_name(key.model), kind if kind in get_args(Kind) else "unknown"
