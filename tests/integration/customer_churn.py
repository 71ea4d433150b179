"""A model behind a SageMaker endpoint, and the files that SageMaker writes of it: will this customer leave?"""

import base64
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

DATA = Path(__file__).parents[1] / "data/sagemaker"
IMPORT = (
    "import-sagemaker", str(DATA / "statistics.json"), str(DATA / "constraints.json"),
    "--model", "churn", "--owner", "retention@example.com",
    "--model-quality", str(DATA / "model-quality-constraints.json"),
    "--model-quality-statistics", str(DATA / "model-quality-statistics.json"),
    "--analysis", str(DATA / "bias-analysis.json"),
)  # fmt: skip
"""How its declaration is made; a capture is to be added."""
MODEL = "churn"
START = datetime(2026, 5, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Request:
    """What the endpoint was asked, what it answered, and what became of it, one item a record."""

    event: str
    at: datetime
    rows: tuple[tuple[object, ...], ...]
    scores: tuple[float, ...]
    labels: tuple[int, ...]

    @property
    def ids(self) -> list[str]:
        """The ids that its records get."""
        return [self.event] if len(self.rows) == 1 else [f"{self.event}_{at}" for at in range(len(self.rows))]


def requests(
    hour: int, count: int, *, minutes: float = 180.0, plan: float = 0.1, turned: bool = False
) -> list[Request]:
    """The requests of one hour, every fourth of them with three records.

    Args:
        hour: from the start.
        count: of requests.
        minutes: their mean.
        plan: the share with the international plan.
        turned: whether the world is upside down, so that those stay who seemed to leave.
    """
    chance = random.Random(f"{hour}/{count}/{minutes}/{plan}/{turned}")  # noqa: S311 - made-up data
    made = []
    for at in range(count):
        rows, scores, labels = [], [], []
        for _ in range(3 if at % 4 == 0 else 1):
            length, voicemails = chance.randint(1, 243), chance.choice((0, 0, 0, chance.randint(10, 50)))
            day, abroad = round(max(0.0, chance.gauss(minutes, 50.0)), 1), chance.random() < plan
            score = round(1 / (1 + math.exp(4 - day / 90 - 1.5 * abroad)), 4)
            leaves = chance.random() < (1 - score if turned else score)
            rows.append((length, voicemails, day, "yes" if abroad else "no"))
            scores.append(score)
            labels.append(int(leaves))
        moment = START + hour * HOUR + timedelta(seconds=3600 * at / count)
        made.append(Request(f"h{hour}-{at}", moment, tuple(rows), tuple(scores), tuple(labels)))
    return made


def _part(content_type: str, text: str, encoding: str) -> dict[str, str]:
    written = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
    return {"observedContentType": content_type, "mode": "", "data": written, "encoding": encoding}


NAMES = ("account_length", "voicemails", "day_minutes", "intl_plan")


def captured(request: Request, way: str) -> dict[str, object]:
    """One line of a capture file, written in one of the ways in which endpoints are asked."""
    answers = "\n".join(map(str, request.scores))
    match way:
        case "csv" | "base64":
            encoding = "CSV" if way == "csv" else "BASE64"
            asked = "\n".join(",".join(map(str, row)) for row in request.rows)
            sides = (_part("text/csv", asked, encoding), _part("text/csv; charset=utf-8", answers, encoding))
        case "json":
            asked = json.dumps({"instances": [{"features": list(row)} for row in request.rows]})
            answered = json.dumps({"predictions": [{"score": score} for score in request.scores]})
            sides = (_part("application/json", asked, "JSON"), _part("application/json", answered, "JSON"))
        case _:
            asked = "\n".join(json.dumps(dict(zip(NAMES, row, strict=True))) for row in request.rows)
            answered = "\n".join(json.dumps({"score": score}) for score in request.scores)
            sides = (_part("application/jsonlines", asked, "JSON"), _part("application/jsonlines", answered, "JSON"))
    return {
        "captureData": {"endpointInput": sides[0], "endpointOutput": sides[1]},
        "eventMetadata": {"eventId": request.event, "inferenceTime": f"{request.at:%Y-%m-%dT%H:%M:%SZ}"},
        "eventVersion": "0",
    }


WAYS = ("csv", "base64", "json", "jsonlines")


def captures(asked: Sequence[Request], ways: Sequence[str] = WAYS) -> bytes:
    """A capture file, whose lines are written in these ways by turns."""
    return _lines(captured(request, ways[at % len(ways)]) for at, request in enumerate(asked))


def _truth(request: Request) -> dict[str, str]:
    return {"data": "\n".join(map(str, request.labels)), "encoding": "CSV"}


def ground_truth(asked: Sequence[Request]) -> bytes:
    """A file of ground truth."""
    return _lines(
        {"groundTruthData": _truth(request), "eventMetadata": {"eventId": request.event}, "eventVersion": "0"}
        for request in asked
    )


def merged(asked: Sequence[Request]) -> bytes:
    """What Model Monitor makes of both."""
    return _lines(captured(request, "csv") | {"groundTruthData": _truth(request)} for request in asked)


def key(kind: str, hour: int, folder: str = "churn-endpoint/AllTraffic") -> str:
    """Where a file is dropped: its place in SageMaker's own bucket is kept."""
    moment = START + hour * HOUR
    return f"inbox/{MODEL}/{kind}/{folder}/{moment:%Y/%m/%d/%H}/{moment:%M-%S}-000-2f4c.jsonl"


def _lines(events: Iterator[dict[str, object]]) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in events).encode()
