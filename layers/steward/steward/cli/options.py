"""Arguments and options that commands share."""

from typing import Annotated

import typer

Model = Annotated[str, typer.Argument(help="Which model.")]
Stack = Annotated[str, typer.Option(envvar="STEWARD_STACK", help="The name of the deployed stack.")]
Patience = Annotated[float, typer.Option(help="Seconds without news after which to stop waiting.")]
Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
VersionPrefix = Annotated[str, typer.Argument(help="A version, how its id begins, or `champion`.")]
Unreleased = Annotated[
    bool, typer.Option("--unreleased", help="Also a version that is not released in this environment.")
]
