"""`steward push`: upload declarations or records, and show what becomes of them."""

from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console

from steward.cli import history
from steward.cli.deployment import Deployment
from steward.errors import StewardError
from steward.events import CorrectedKind, Kind, ObjectCreated
from steward.spec.document import read_spec
from steward.store import keys

console = Console(soft_wrap=False)

_ANSWERS = ("batch_ingested", "batch_rejected", "data_corrected", "model_registered", "model_rejected")

Stack = Annotated[str, typer.Option(envvar="STEWARD_STACK", help="The name of the deployed stack.")]
Patience = Annotated[float, typer.Option(help="Seconds without news after which to stop waiting.")]


def upload_files(  # noqa: PLR0917 - the options of a command
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="A declaration (.yaml) or records.")],
    model: Annotated[str | None, typer.Option(help="Whose records they are.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"What they hold: {', '.join(get_args(Kind))}.")] = None,
    defect: Annotated[
        str | None, typer.Option(help="They correct rows of this kind for this defect: they count in their place.")
    ] = None,
    withdraw: Annotated[bool, typer.Option(help="With --defect: the rows of these ids do not count any more.")] = False,
    patience: Patience = 15,
    stack: Stack = "steward",
) -> None:
    """Upload declarations or records, and show what became of them. Exits with 1 when one is refused."""
    deployment = Deployment.of(stack)
    refused = False
    for file in files:
        owner, key = _destination(file, model, kind, defect, withdraw=withdraw)
        if key != keys.spec_upload(owner):
            deployment.require(owner, active=True)
        after = deployment.ledger.length(owner)
        version_id = deployment.data.upload(key, file)
        console.print(f"{file} → s3://{deployment.data.name}/{key}", markup=False)
        correlation_id = ObjectCreated.correlate(key, version_id)
        for entry in history.follow(deployment.ledger, owner, after=after, seconds=patience):
            if entry.correlation_id == correlation_id:
                console.print(history.line(entry))
                refused |= entry.action in ("batch_rejected", "model_rejected")
                if entry.action in _ANSWERS:
                    break
        else:
            console.print(
                f"[yellow]no answer within {patience:.0f} s; `steward watch {owner}` shows it when it comes[/]"
            )
    raise typer.Exit(1 if refused else 0)


def _destination(
    file: Path, model: str | None, kind: str | None, defect: str | None, *, withdraw: bool
) -> tuple[str, str]:
    """The model and the key that a file is uploaded for."""
    if file.suffix in (".yaml", ".yml"):
        spec = read_spec(file.read_bytes())
        return spec.model, keys.spec_upload(spec.model)
    kinds = get_args(CorrectedKind) if defect else tuple(name for name in get_args(Kind) if name != "corrections")
    if model is None or kind is None or kind not in kinds:
        raise StewardError(f"{file} holds records: say --model NAME and --kind {'|'.join(kinds)}")
    if defect:
        return model, keys.correction_upload(model, defect, kind, file.name, withdraws=withdraw)
    if withdraw:
        raise StewardError("rows are withdrawn for a defect: say --defect ID; `steward defects MODEL` lists them")
    return model, keys.inbox(model, kind, file.name)
