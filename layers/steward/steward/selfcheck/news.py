"""Which troubles of the deployment are new, which are over, and what of that nobody was told yet."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from steward.events import Trouble


class News(BaseModel):
    """What an examination found that was not known.

    Attributes:
        at: the moment that was examined.
        fresh: troubles that are new.
        mended: troubles that are over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    fresh: tuple[Trouble, ...] = ()
    mended: tuple[Trouble, ...] = ()


class Known(BaseModel):
    """The troubles that are known (compare-and-swap).

    Attributes:
        troubles: those that last, by their cause.
        examined: the newest moment that an examination found news at.
        pending: news that people have yet to be told, the oldest first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    troubles: dict[str, Trouble] = {}
    examined: AwareDatetime | None = None
    pending: tuple[News, ...] = ()

    def knows(self, at: datetime) -> bool:
        """Whether a moment was examined, or a later one: a message that is delivered again finds nothing new in it."""
        return self.examined is not None and self.examined >= at

    def news(self, found: Iterable[Trouble]) -> tuple[list[Trouble], list[Trouble]]:
        """The troubles that are new, and those that are no more."""
        present = {trouble.cause: trouble for trouble in found}
        return (
            [trouble for cause, trouble in present.items() if cause not in self.troubles],
            [trouble for cause, trouble in self.troubles.items() if cause not in present],
        )

    def finding(self, found: Iterable[Trouble], at: datetime) -> "Known":
        """What is known after an examination; itself where it brings no news."""
        present = {trouble.cause: trouble for trouble in found}
        fresh, mended = self.news(present.values())
        if self.knows(at) or not (fresh or mended):
            return self
        news = News(at=at, fresh=tuple(fresh), mended=tuple(mended))
        return Known(troubles=present, examined=at, pending=(*self.pending, news))

    def mending(self, mends: Mapping[str, str]) -> "Known":
        """The troubles with what to do about them, by cause, where that is known better now."""

        def better(troubles: Iterable[Trouble]) -> list[Trouble]:
            return [trouble.model_copy(update={"mend": mends.get(trouble.cause, trouble.mend)}) for trouble in troubles]

        pending = [news.model_copy(update={"fresh": tuple(better(news.fresh))}) for news in self.pending]
        troubles = {trouble.cause: trouble for trouble in better(self.troubles.values())}
        return self.model_copy(update={"troubles": troubles, "pending": tuple(pending)})

    def told(self, news: News) -> "Known":
        """What is known once people were told of some news."""
        return self.model_copy(update={"pending": tuple(one for one in self.pending if one.at != news.at)})
