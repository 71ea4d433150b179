"""Open incidents of the deployment: new, resolved and not yet notified."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.events import Problem


class IncidentChanges(TolerantModel):
    """Changes of the incidents since the last examination.

    Attributes:
        at: the moment that was examined.
        fresh: troubles that are new.
        recovered: troubles that are over.
    """

    at: AwareDatetime
    fresh: tuple[Problem, ...] = ()
    recovered: tuple[Problem, ...] = ()


class OpenIncidents(VersionedModel):
    """The open incidents of the deployment.

    Attributes:
        problems: those that last, by their cause.
        examined: the newest moment that an examination found news at.
        pending: news that people have yet to be told, the oldest first.
    """

    schema_version: Literal[1] = 1
    problems: dict[str, Problem] = {}
    examined: AwareDatetime | None = None
    pending: tuple[IncidentChanges, ...] = ()

    def knows(self, at: datetime) -> bool:
        """Whether a moment was examined, or a later one: a message that is delivered again finds nothing new in it."""
        return self.examined is not None and self.examined >= at

    def diff(self, found: Iterable[Problem]) -> tuple[list[Problem], list[Problem]]:
        """The troubles that are new, and those that are no more."""
        present = {problem.cause: problem for problem in found}
        return (
            [problem for cause, problem in present.items() if cause not in self.problems],
            [problem for cause, problem in self.problems.items() if cause not in present],
        )

    def with_problem(self, found: Iterable[Problem], at: datetime) -> "OpenIncidents":
        """What is known after an examination; itself where it brings no news."""
        present = {problem.cause: problem for problem in found}
        fresh, recovered = self.diff(present.values())
        if self.knows(at) or not (fresh or recovered):
            return self
        news = IncidentChanges(at=at, fresh=tuple(fresh), recovered=tuple(recovered))
        return self.model_copy(update={"problems": present, "examined": at, "pending": (*self.pending, news)})

    def with_recovery(self, mends: Mapping[str, str]) -> "OpenIncidents":
        """The troubles with what to do about them, by cause, where that is known better now."""

        def better(problems: Iterable[Problem]) -> list[Problem]:
            return [
                problem.model_copy(update={"remedy": mends.get(problem.cause, problem.remedy)}) for problem in problems
            ]

        pending = [news.model_copy(update={"fresh": tuple(better(news.fresh))}) for news in self.pending]
        problems = {problem.cause: problem for problem in better(self.problems.values())}
        return self.model_copy(update={"problems": problems, "pending": tuple(pending)})

    def with_notified(self, news: IncidentChanges) -> "OpenIncidents":
        """What is known once people were told of some news."""
        return self.model_copy(update={"pending": tuple(one for one in self.pending if one.at != news.at)})
