"""The upload that an object was made from, as user metadata of S3: ASCII, and 2 KB at most with all names."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import quote, unquote

_QUOTED = "source-key"
_ENCODED = "source-key-base64"
_VERSION = "source-version"
_LONGEST = 1024
"""Characters of a quoted key; a key of 1,024 bytes can take three times as many, and as base64 1,368."""


def note_source(key: str, version_id: str) -> dict[str, str]:
    """The metadata that names an upload.

    >>> note_source("inbox/a b.csv", "v1")
    {'source-key': 'inbox/a%20b.csv', 'source-version': 'v1'}
    """
    quoted = quote(key)
    if len(quoted) <= _LONGEST:
        return {_QUOTED: quoted, _VERSION: version_id}
    return {_ENCODED: urlsafe_b64encode(key.encode()).decode(), _VERSION: version_id}


def source_key(noted: Mapping[str, str]) -> str | None:
    """The key of the upload that metadata names; None where it names none."""
    if _ENCODED in noted:
        return urlsafe_b64decode(noted[_ENCODED]).decode()
    return unquote(noted[_QUOTED]) if _QUOTED in noted else None
