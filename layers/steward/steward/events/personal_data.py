"""Personal data that was found in what was uploaded: its kinds, and the event that tells of it."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from steward.documents import AnyText, TolerantModel
from steward.events.event import Event, Sentence

PersonalKind = Literal[
    "email",
    "phone",
    "national_id",
    "payment_card",
    "iban",
    "ip_address",
    "mac_address",
    "coordinates",
    "date_of_birth",
    "person_name",
    "address",
    "postcode",
]
KINDS: tuple[PersonalKind, ...] = get_args(PersonalKind)

NAMED_ONLY: frozenset[PersonalKind] = frozenset({"date_of_birth", "person_name", "address"})
"""Kinds that the name of a column tells: their contents look like any other date or text."""


class PersonalDataFinding(TolerantModel):
    """Personal data of one kind in one column. It never holds a value.

    Attributes:
        column: in the user's own names.
        kind: what was recognised.
        share: of the values looked at, those that are of this kind or contain something of it.
        values: how many were looked at, without missing ones.
        by: whether the name of the column, its contents, or both tell.
        schemes: of national IDs, the schemes whose check digits hold, most frequent first.
    """

    column: str
    kind: Annotated[PersonalKind, AnyText()]
    share: Annotated[float, Field(ge=0, le=1)]
    values: int
    by: Literal["name", "content", "both"]
    schemes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What was found, for people.

        >>> PersonalDataFinding(column="contact", kind="email", share=0.25, values=400, by="content").sentence
        'contact: email in 25 % of 400 values'
        """
        what = self.kind.replace("_", " ").replace("ip ", "IP ").replace("iban", "IBAN").replace("national id", "ID")
        scheme = f" ({', '.join(self.schemes)})" if self.schemes else ""
        return f"{self.column}: {what}{scheme} in {100 * self.share:.3g} % of {self.values:,} values"


class PersonalDataFound(Event):
    """A file holds personal data in columns without a policy; told once for each column and kind."""

    kind: str = Field(description="What the file holds: predictions, labels, ...")
    batch: str
    source: str
    rows: int
    looked_at: int = Field(description="Rows that were looked at.")
    findings: list[PersonalDataFinding]
    message: Sentence
