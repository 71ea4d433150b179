"""`steward predict`: each row of a file is answered by a line, or the refusal says what is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

from steward.store.function_urls import FunctionUrl, UrlAnswer
from tests.integration import lemons

from .deployment import Deployment
from .serving import Served, serving
from .terminal import reached, run

URL = "https://abc.lambda-url.us-east-1.on.aws/"


@pytest.fixture
def served(trained: Deployment) -> Iterator[Served]:
    with serving(trained) as found, reached(trained):
        yield found


def deployed_with(served: Served, **outputs: str) -> object:
    def post(_: FunctionUrl, path: str, body: bytes) -> UrlAnswer:
        reply = served.send(body.decode(), path)
        return UrlAnswer(reply.status, reply.headers, json.dumps(reply.body).encode())

    from steward.cli import deployment  # noqa: PLC0415

    known = deployment.stack_outputs("steward")
    return patch.multiple(deployment, stack_outputs=lambda _: known | outputs), patch.object(FunctionUrl, "post", post)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_the_rows_of_a_file_are_answered_in_their_order(served: Served, tmp_path: Path, ending: str) -> None:
    sold = lemons.sales(1, first_day=20, rows_a_day=25).drop(columns="lemon")
    path, target = tmp_path / f"rows.{ending}", tmp_path / "scored.jsonl"
    sold.loc[3, "mileage"] = None
    if ending == "csv":
        sold.to_csv(path, index=False)
    elif ending == "parquet":
        texts = {name: Array(list(sold[name]), DataType.utf8()) for name in ("sale", "sold_at", "make")}
        numbers = {name: Array.from_numpy(sold[name].to_numpy(float)) for name in ("age", "mileage")}
        write_parquet(Table.from_pydict(texts | numbers), path)
    else:
        sold.to_json(path, orient="records", lines=True)
    outputs, post = deployed_with(served, ServePredictionsUrl=URL)
    with outputs, post:
        ran = run("predict", "lemons", str(path), "--output", str(target), "--rows", "10")
        assert (ran.code, ran.stdout) == (0, "")
        piped = run("predict", "lemons", str(path))
    answers = [json.loads(line) for line in target.read_text().splitlines()]
    assert [answer["id"] for answer in answers] == list(sold["sale"])
    assert piped.stdout == target.read_text()


def test_a_refusal_names_the_rows_of_the_file(served: Served, tmp_path: Path) -> None:
    sold = lemons.sales(1, first_day=20, rows_a_day=25).drop(columns="lemon")
    path = tmp_path / "rows.csv"
    sold.assign(age=[*map(str, range(24)), "old"]).to_csv(path, index=False)
    outputs, post = deployed_with(served, ServePredictionsUrl=URL)
    with outputs, post:
        ran = run("predict", "lemons", str(path), "--rows", "10")
        assert ran.code == 2
        assert "422: no row of 5 was scored: row 5: age is 'old', not a number" in ran.text
        assert f"(rows 21 to 25 of {path})" in ran.text
        assert "no model 'melons' is declared" in run("predict", "melons", str(path)).text


def test_a_stack_that_does_not_serve_says_how(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("age\n1\n")
    assert "deploy it with the parameter Serving=on" in run("predict", "lemons", str(path)).text
