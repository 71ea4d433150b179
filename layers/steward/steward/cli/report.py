"""`steward report`: downloads the newest page of a model, or of all models."""

from pathlib import Path
from typing import Annotated

import typer

from steward.cli.deployment import Deployment
from steward.cli.terminal import console
from steward.errors import StewardError
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectContent


def report(
    model: Annotated[str, typer.Argument(help="Which model.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder that the pages go to.")] = Path("reports"),
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON; nothing is written.")] = False,
    stack: Annotated[str, typer.Option(envvar="STEWARD_STACK", help="The name of the deployed stack.")] = "steward",
) -> None:
    """Download a model's newest report. Exits with 2 when there is none yet."""
    data = Deployment.of(stack).require(model).data
    if as_json:
        typer.echo(_newest(data, model, keys.report(model)).body.decode())
        return
    page = download(data, model, out)
    console.print(str(page), soft_wrap=True, markup=False)
    if open_it:
        typer.launch(str(page))


def download(data: Bucket, model: str, folder: Path) -> Path:
    """Write a model's page, its JSON and the page of all models to a folder, laid out as in the bucket; the page.

    Raises:
        StewardError: there is none yet, or the folder cannot be written to.
    """
    brought = {key: _newest(data, model, key).body for key in (keys.report_page(model), keys.report(model))}
    if models := data.find(keys.fleet_page()):
        brought[keys.fleet_page()] = models.body
    try:
        for key, body in brought.items():
            target = folder / key.removeprefix(keys.reports())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
    except OSError as error:
        raise StewardError(
            f"{folder} cannot be written to: {error.strerror}; name another folder with --out"
        ) from error
    return folder / keys.report_page(model).removeprefix(keys.reports())


def _newest(data: Bucket, model: str, key: str) -> ObjectContent:
    content = data.find(key)
    if content is None:
        raise StewardError(
            f"there is no report on {model} yet: the first is written within minutes of its declaration; "
            "`steward status` lists the models that are declared"
        )
    return content
