"""Arguments and options that commands share."""

from typing import Annotated

import typer

Model = Annotated[str, typer.Argument(help="Which model.")]
Stack = Annotated[str, typer.Option(envvar="STEWARD_STACK", help="The name of the deployed stack.")]
Patience = Annotated[float, typer.Option(help="Seconds without news after which to stop waiting.")]
Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
