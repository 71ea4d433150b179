"""Steward on this machine: `python infra/local up`, `down`, `status` or `profile`."""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from infra.local.invocations import FILE, add_up
from infra.local.process import LocalStackError
from infra.local.stack import FOLDER, Stack, down, status, up


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(
        prog="python infra/local", description="Steward on this machine, in an AWS emulator."
    )
    parser.add_argument("command", choices=["up", "down", "status", "profile"])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the emulator keeps what it needs")
    arguments = parser.parse_args()
    try:
        match arguments.command:
            case "up":
                hint(up(arguments.folder))
            case "down":
                print("Stopped." if down(arguments.folder) else "Nothing was running.")
            case "profile":
                profile(arguments.folder)
            case _:
                stack = status(arguments.folder)
                if stack is None:
                    sys.exit("Not running: `make up` starts it.")
                show(stack)
                hint(stack)
    except LocalStackError as error:
        sys.exit(f"{error}")


def show(stack: Stack) -> None:
    """Print the stack's outputs."""
    width = max(map(len, stack.outputs))
    for name, value in sorted(stack.outputs.items()):
        print(f"{name:<{width}}  {value}")


def profile(folder: Path) -> None:
    """Print what each function has cost since the emulator was started."""
    print(f"{'function':<20}{'invocations':>12}{'cold':>6}{'seconds':>10}{'processor':>11}")
    for name, cost in add_up((folder / FILE).read_text().splitlines()):
        figures = f"{cost.invocations:>12,}{cost.cold:>6,}{cost.seconds:>10,.1f}{cost.processor_seconds:>11,.1f}"
        print(f"{name:<20}{figures}")


def hint(stack: Stack) -> None:
    """Print how a shell comes to speak to the stack."""
    print("The stack runs. The command steward, and any AWS SDK or tool, speaks to it after:")
    print(f"  source {os.path.relpath(stack.folder / 'env')}")


if __name__ == "__main__":
    main()
