"""`steward predict`: asks the deployment's function URL for predictions of a file's rows."""

import json
import sys
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from typing import Annotated, Any

import typer

from steward.cli.deployment import Deployment
from steward.cli.options import Model, Stack
from steward.errors import BatchInvalid, StewardError

_OK = 200


class PredictionsRefused(StewardError):
    """The deployment did not answer with predictions."""


def predict(
    model: Model,
    file: Annotated[Path, typer.Argument(help="Rows with the features: CSV, JSON Lines or Parquet.")],
    output: Annotated[Path | None, typer.Option(help="Write JSON Lines here, not to the terminal.")] = None,
    rows: Annotated[int, typer.Option(help="Rows in each request.", min=1, max=10_000)] = 1000,
    stack: Stack = "steward",
) -> None:
    """Ask for predictions of the rows of a file. One line of JSON answers each row, in their order."""
    from steward.store.function_urls import FunctionUrl  # noqa: PLC0415 - other commands need none of it

    url = FunctionUrl(_find_url(stack))
    answers = _ask(url, model, file, rows)
    if output is None:
        for line in answers:
            sys.stdout.write(line)
        return
    with output.open("w", encoding="utf-8") as target:
        target.writelines(answers)


def _find_url(stack: str) -> str:
    found = Deployment.of(stack).outputs.get("ServePredictionsUrl")
    if found is None:
        raise PredictionsRefused(
            f"stack {stack} does not serve; deploy it with the parameter Serving=on, or score with `steward.load`"
        )
    return found


def _ask(url: Any, model: str, file: Path, size: int) -> Iterator[str]:
    sent = 0
    for part in batched(_rows(file), size, strict=False):
        answer = url.post(f"/models/{model}/predictions", json.dumps(part, default=str, allow_nan=False).encode())
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = {}
        if answer.status != _OK:
            place = f" (rows {sent + 1:,} to {sent + len(part):,} of {file})" if sent else ""
            detail = found.get("detail") or found.get("Message") or answer.body[:200].decode(errors="replace")
            raise PredictionsRefused(f"{answer.status}: {detail}{place}")
        sent += len(part)
        yield from (json.dumps(row, ensure_ascii=False) + "\n" for row in found)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file; times as ISO 8601.

    Raises:
        BatchInvalid: it cannot be read, or a row cannot be taken apart.
    """
    from steward.offline.tables import table_of  # noqa: PLC0415 - as above

    for batch in table_of(file, "file").batches():
        if batch.refused:
            raise BatchInvalid("malformed", f"{file} has rows that cannot be read, first {batch.reason}; correct them")
        columns = {name: [_plain(cell) for cell in array.to_pylist()] for name, array in batch.columns.items()}
        for cells in zip(*columns.values(), strict=True):
            yield dict(zip(columns, cells, strict=True))


def _plain(cell: Any) -> Any:
    """A cell as JSON has it: NaN is missing, a time ISO 8601."""
    if isinstance(cell, float) and cell != cell:  # noqa: PLR0124 - NaN
        return None
    return cell.isoformat() if hasattr(cell, "isoformat") else cell
