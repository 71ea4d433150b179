"""A declaration from what SageMaker Model Monitor left behind."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from steward.cli.terminal import console
from steward.errors import StewardError
from steward.sagemaker.clarify import Analysis
from steward.sagemaker.constraints import Constraints
from steward.sagemaker.documents import JsonDocument
from steward.sagemaker.importing import import_sagemaker
from steward.sagemaker.model_quality import ModelQualityConstraints, ModelQualityStatistics
from steward.sagemaker.statistics import Statistics

_LINES = 200
"""Lines of a capture file that are looked at."""

_FILES = 5
"""Files of a folder that are."""

_MAXIMUM_LINE_BYTES = 1 << 26
"""The longest line that is read; captures hold requests of up to 25 MB."""


def import_from_sagemaker(  # noqa: PLR0917 - the options of a command
    statistics: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The baseline's statistics.json.")],
    constraints: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The baseline's constraints.json.")],
    model: Annotated[str, typer.Option(help="What to call the model: lower-case letters, digits and hyphens.")],
    owner: Annotated[str, typer.Option(help="Who answers for it: a person or a team.")],
    capture: Annotated[
        list[Path] | None,
        typer.Option(exists=True, help="A data-capture file, or a folder of them: the fields of requests and answers."),
    ] = None,
    model_quality: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The model-quality monitor's constraints.json.")
    ] = None,
    model_quality_statistics: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The model-quality monitor's statistics.json.")
    ] = None,
    analysis: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="An analysis.json of Clarify, bias or explainability."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="The endpoint that serves the model: CloudWatch tells of its latency and use.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it to this file, which must not be there yet.")
    ] = None,
) -> None:
    """Convert baselines of SageMaker Model Monitor and Clarify to a declaration. Exits with 2 on bad input.

    Each line names its source. Review the declaration, then upload it with `steward push`, capture files of a period in
    which the model worked well (--kind reference), and from then on captures (--kind predictions) and ground truth
    (--kind labels) unchanged.
    """
    text = declaration(
        statistics,
        constraints,
        capture or [],
        model=model,
        owner=owner,
        model_quality=model_quality,
        model_quality_statistics=model_quality_statistics,
        analyses=analysis or [],
        endpoint=endpoint,
    )
    if output is None:
        sys.stdout.write(text)
        return
    write(output, text)
    console.print(f"{output} is written: read it through, then `steward push {output}`", markup=False)


def declaration(
    statistics: Path,
    constraints: Path,
    captures: Sequence[Path],
    *,
    model: str,
    owner: str,
    model_quality: Path | None,
    model_quality_statistics: Path | None,
    analyses: Sequence[Path],
    endpoint: str | None,
) -> str:
    """The text of a declaration, each derived line with the reason for it.

    Captures are files, or folders with some in them, as SageMaker lays them out.

    Raises:
        DocumentInvalid: a file is not what its option says.
        SpecInvalid: the name is none that a model can have, or the columns cannot be declared together.
        StewardError: a folder has no capture file.
    """
    sample = [line for capture in captures for path in _files(capture) for line in _lines(path)]
    quality = "constraints.json of model quality"
    quality_statistics = "statistics.json of model quality"
    return import_sagemaker(
        _read(Statistics.read, statistics, "statistics.json"),
        _read(Constraints.read, constraints, "constraints.json"),
        b"".join(sample) if captures else None,
        model=model,
        owner=owner,
        model_quality=_read(ModelQualityConstraints.read, model_quality, quality) if model_quality else None,
        model_quality_statistics=(
            _read(ModelQualityStatistics.read, model_quality_statistics, quality_statistics)
            if model_quality_statistics
            else None
        ),
        analyses=[_read(Analysis.read, analysis, "analysis.json") for analysis in analyses],
        endpoint=endpoint,
    )


def _read[D: JsonDocument](read: Callable[[bytes, str], D], path: Path, taken_for: str) -> D:
    """A document; what is wrong with it is said with where it lies and what it was taken for."""
    return read(path.read_bytes(), f"{path} (given as {taken_for})")


def write(path: Path, text: str) -> None:
    """Write a declaration into a new file.

    Raises:
        StewardError: there is such a file, which may have been edited, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise StewardError(f"{path} is there already; name another --output, or remove it first") from None
    except OSError as error:
        raise StewardError(f"{path} cannot be written ({error.strerror}); name another --output") from None


def _lines(path: Path) -> Iterator[bytes]:
    """Some lines, each with an end."""
    with path.open("rb") as file:
        for _ in range(_LINES):
            line = file.readline(_MAXIMUM_LINE_BYTES)
            if not line:
                return
            yield line.rstrip(b"\n") + b"\n"


def _files(capture: Path) -> Iterator[Path]:
    """The file itself; of a folder some that are in it or in folders of it, the first by name."""
    if not capture.is_dir():
        yield capture
        return
    found = sorted(path for path in capture.rglob("*.jsonl") if path.is_file())
    if not found:
        raise StewardError(
            f"{capture} has no file *.jsonl in it; copy some data-capture files there, such as with "
            f"`aws s3 cp --recursive s3://<bucket>/<prefix>/<endpoint>/<variant>/ {capture}`"
        )
    yield from found[:: max(1, len(found) // _FILES)][:_FILES]
