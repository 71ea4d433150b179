"""The pseudonyms that a subject is found by: of its name as it is written, and as records store it."""

from steward.privacy.pseudonym import pseudonym
from steward.records.canonical import canonical_category
from steward.records.hashing import hash_names


def subject_pseudonyms(key: bytes, value: str) -> tuple[str, ...]:
    """The pseudonym of a subject, and those of the forms in which records store it.

    Of the entity column records hold a hash, of the name or of the pseudonym that the declaration asks for.

    Args:
        key: of the model.
        value: as a person writes it.

    >>> subject_pseudonyms(bytes(32), "ada@example.org")[0] == pseudonym(bytes(32), "ada@example.org")
    True
    """
    named = pseudonym(key, value)
    return (named, *(pseudonym(key, hashed) for hashed in hash_names([canonical_category(value), named])))
