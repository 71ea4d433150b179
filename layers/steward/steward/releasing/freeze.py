"""A freeze of promotions."""

from pydantic import AwareDatetime

from steward.documents import TolerantModel
from steward.events import Sentence


class Freeze(TolerantModel):
    """Promotions wait: until a decision speaks for `until` or later, or until somebody thaws where that is None."""

    until: AwareDatetime | None
    reason: Sentence
    author: str
    cause: str

    @property
    def sentence(self) -> str:
        """What holds promotions back, as a person reads it."""
        end = f"until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else "until thawed"
        return f"promotions are frozen {end} by {self.author}: {self.reason}"
