"""The section of a document that names what it was made of."""

from collections.abc import Sequence

from steward.events import ObjectRef
from steward.markup.document import Paragraph, Section, TextTable


def sources_section(sources: Sequence[ObjectRef]) -> Section:
    """Key, version id and SHA-256 of each source."""
    return Section(
        "Sources",
        [
            Paragraph("The exact objects that this was made of. The same sources give the same bytes."),
            TextTable(
                ("no.", "key", "version id", "SHA-256"),
                [
                    (str(number), f"`{one.key}`", f"`{one.version_id}`", f"`{one.sha256}`")
                    for number, one in enumerate(sources, 1)
                ],
                frozenset((0,)),
            ),
        ],
    )
