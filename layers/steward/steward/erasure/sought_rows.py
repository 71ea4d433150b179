"""Which rows are a subject's: told by keyed pseudonyms, so that nothing stored names whom they are about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Pseudonymise = Callable[[str], str]
"""The keyed pseudonym of a value, the same for all spellings of it; of a pseudonym itself."""


@dataclass(frozen=True, slots=True)
class SoughtRows:
    """The rows that an erasure looks for.

    A row that says whose it is is judged by that; one that does not (a label, a shadow's prediction) by its id.

    Attributes:
        pseudonymise: of the model.
        column: that says whose a row is; the id's column where the subject is a record itself.
        id_column: that identifies a row.
        subjects: pseudonyms of the subject.
        ids: pseudonyms of the ids of rows that are known to be the subject's.
    """

    pseudonymise: Pseudonymise
    column: str
    id_column: str
    subjects: frozenset[str]
    ids: frozenset[str] = frozenset()
    _known: dict[str, str] = field(default_factory=dict)

    @property
    def by_id(self) -> bool:
        """Whether the subject is a record, so that no other column tells whose a row is."""
        return self.column == self.id_column

    def is_subject(self, value: str) -> bool:
        """Whether a value of the subject's column is the subject."""
        return self._pseudonym(value) in self.subjects

    def is_id(self, value: str) -> bool:
        """Whether an id is of a row that is known to be the subject's."""
        wanted = self.subjects | self.ids if self.by_id else self.ids
        return bool(wanted) and self.pseudonymise(value) in wanted

    def names(self, value: str) -> bool:
        """Whether a value, in whatever place, is the subject or one of its ids; a pseudonym names nobody."""
        wanted = self.subjects | self.ids
        return bool(value) and value not in wanted and self._pseudonym(value) in wanted

    def _pseudonym(self, value: str) -> str:
        """Of a value that is likely to come again."""
        if value not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[value] = self.pseudonymise(value)
        return self._known[value]

    def mask(self, ids: Sequence[Any], subjects: Sequence[Any] | None) -> NDArray[np.bool_]:
        """Which rows are the subject's, shape (rows,).

        Args:
            ids: str, None where missing.
            subjects: whose each row is, None where it does not say; None where the table has no such column.
        """
        if subjects is None or self.by_id:
            return np.fromiter((one is not None and self.is_id(one) for one in ids), np.bool_, len(ids))
        return np.fromiter(
            (
                self.is_subject(whose) if whose is not None else one is not None and self.is_id(one)
                for one, whose in zip(ids, subjects, strict=True)
            ),
            np.bool_,
            len(ids),
        )


_REMEMBERED = 100_000
