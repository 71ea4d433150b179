"""A group of commands whose modules are imported when they are called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """One command as the help lists it, and where its code is.

    Attributes:
        name: as it is typed.
        place: `module:name` under `steward.cli`, of a function or, for a group of commands, of a Typer app.
        summary: one line for the list of all commands.
        example: a call, shown at the end of its help; empty for a group.
    """

    name: str
    place: str
    summary: str
    example: str = ""

    def load(self) -> Any:
        """Import the command, and turn it into what Typer runs."""
        module, _, attribute = self.place.partition(":")
        found: Callable[..., None] | typer.Typer = getattr(import_module(f"steward.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            return typer.main.get_command(found)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(self.name, epilog=f"Example: {self.example}")(found)
        return typer.main.get_command(alone)


def lazy_group(panels: Mapping[str, Sequence[Entry]]) -> type[TyperGroup]:
    """A class of group for `typer.Typer(cls=...)`.

    Lists and suggests commands by name and summary, and imports one when it is called, as the documentation of click
    describes it ("Lazily Loading Subcommands").

    Args:
        panels: the entries under each heading of the help, in order.
    """
    entries = {entry.name: entry for listed in panels.values() for entry in listed}

    class LazyGroup(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            for panel, listed in panels.items():
                for entry in listed:
                    self.add_command(TyperCommand(entry.name, help=entry.summary, rich_help_panel=panel))

        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
            name, command, rest = super().resolve_command(ctx, args)
            return name, entries[name].load() if name in entries else command, rest

    return LazyGroup
