"""What is told of the troubles that are found: each cause once, and once when it is mended."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from steward.events import Trouble


class Known(BaseModel):
    """The troubles that were told of and last, by their cause."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    troubles: dict[str, Trouble] = {}

    def news(self, found: Iterable[Trouble]) -> tuple[list[Trouble], list[Trouble]]:
        """What is to be told: the troubles that are new, and those that are no more."""
        present = {trouble.cause: trouble for trouble in found}
        return (
            [trouble for cause, trouble in present.items() if cause not in self.troubles],
            [trouble for cause, trouble in self.troubles.items() if cause not in present],
        )

    @classmethod
    def of(cls, found: Iterable[Trouble]) -> "Known":
        """What is known once the news are told."""
        return cls(troubles={trouble.cause: trouble for trouble in found})
