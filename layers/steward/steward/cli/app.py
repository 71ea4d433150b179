"""The command `steward`: registration of its commands and the handling of their errors."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from steward.cli.command_panels import PANELS
from steward.cli.lazy import lazy_group
from steward.errors import SpecInvalid, StewardError

"""Every command, under the headings of the help."""

app = typer.Typer(cls=lazy_group(PANELS), no_args_is_help=True, pretty_exceptions_enable=False)


def show_version(asked: bool) -> None:
    """Print the version, and leave."""
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - no command needs it

        typer.echo(f"steward {version('model-steward')}")
        raise typer.Exit


@app.callback()
def steward(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Monitor, retrain and govern machine-learning models in production."""


def main() -> None:
    """Run the command; what is wrong is said in words, with exit code 2."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would read the metadata of every package for them
    try:
        app()
    except StewardError as error:
        _fail(error, error.problems if isinstance(error, SpecInvalid) else [str(error)])
    except Exception as error:
        if not type(error).__module__.startswith("botocore."):  # which is not imported where nothing needs AWS
            raise
        from steward.store.access import describe_failure  # noqa: PLC0415

        _fail(error, [describe_failure(error)])  # type: ignore[arg-type]


def _fail(error: Exception, problems: list[str]) -> NoReturn:
    """Say what is wrong, to programs too where they asked for JSON, and leave."""
    from steward.cli.terminal import errors, print_json  # noqa: PLC0415 - Rich is not needed before

    if "--json" in sys.argv:
        print_json({"error": {"kind": type(error).__name__, "problems": problems}})
    for problem in problems:
        errors.print(problem, style="red", markup=False)
    sys.exit(2)


if __name__ == "__main__":
    main()
