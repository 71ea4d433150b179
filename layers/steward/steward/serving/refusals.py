"""Refusals of requests, as problem details for machines and people: RFC 9457."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from steward.errors import StewardError

MEDIA_TYPE = "application/problem+json"
PROBLEMS_SHOWN = 20
"""A request with more of them is told of the first, and of how many there are."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of one row.

    Attributes:
        row: its position in the request, from 1; None where the request has one row that is no array's.
        field: its name; None where the whole row is meant.
        code: for programs, such as `wrong_type`.
        detail: for people: what is wrong, and how to mend it.
    """

    row: int | None
    field: str | None
    code: str
    detail: str


class RequestRefused(StewardError):
    """A request that is not answered with predictions.

    Attributes:
        status: of HTTP.
        problems: row by row, in their order.
    """

    def __init__(self, status: HTTPStatus, detail: str, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.problems = tuple(problems)

    @property
    def body(self) -> str:
        """The problem details, as JSON."""
        shown = [asdict(problem) for problem in self.problems[:PROBLEMS_SHOWN]]
        found = {"problems": shown, "problem_count": len(self.problems)} if shown else {}
        return json.dumps(
            {"title": self.status.phrase, "status": int(self.status), "detail": str(self), **found}, ensure_ascii=False
        )

    @property
    def codes(self) -> str:
        """What was wrong, without any value of the request: for the log."""
        named = {f"{problem.code} {problem.field}" if problem.field else problem.code for problem in self.problems}
        return ", ".join(sorted(named)[:PROBLEMS_SHOWN])
