"""`steward validate`: checks declarations without uploading them."""

from pathlib import Path
from typing import Annotated, TypedDict

import typer

from steward.cli.options import Json
from steward.cli.terminal import console, errors, print_json
from steward.errors import SpecInvalid
from steward.spec.document import open_questions, read_spec
from steward.spec.durations import describe_duration


def validate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Declarations (.yaml).")],
    as_json: Json = False,
) -> None:
    """Validate declarations without uploading them or a deployment. Exits with 2 when one is invalid."""
    found = [_read(file) for file in files]
    if as_json:
        print_json(found)
        raise typer.Exit(2 if any(one["problems"] for one in found) else 0)
    for one in found:
        for question in one["questions"]:
            errors.print(f"{one['file']}: {question}", style="yellow", markup=False)
        if not one["problems"]:
            said = f"{one['features']} features, windows of {one['window']}"
            console.print(f"{one['file']} declares {one['model']}: {said}", markup=False)
    if problems := [f"{one['file']}: {problem}" for one in found for problem in one["problems"]]:
        raise SpecInvalid(problems)


class Validated(TypedDict):
    """What is known of one file; `model`, `features` and `window` are None where it is wrong.

    Attributes:
        questions: what `steward suggest` asked for in it, and nobody has answered or deleted.
    """

    file: str
    model: str | None
    features: int | None
    window: str | None
    problems: list[str]
    questions: list[str]


def _read(file: Path) -> Validated:
    text = file.read_bytes()
    questions = open_questions(text.decode(errors="replace"))
    try:
        spec = read_spec(text)
    except SpecInvalid as error:
        return Validated(
            file=str(file), model=None, features=None, window=None, problems=error.problems, questions=questions
        )
    return Validated(
        file=str(file),
        model=spec.model,
        features=len(spec.features),
        window=describe_duration(spec.window.length),
        problems=[],
        questions=questions,
    )
