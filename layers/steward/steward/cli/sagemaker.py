"""A declaration from what SageMaker Model Monitor left behind."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from steward.sagemaker.clarify import Analysis
from steward.sagemaker.constraints import Constraints
from steward.sagemaker.importing import import_sagemaker
from steward.sagemaker.model_quality import ModelQualityConstraints, ModelQualityStatistics
from steward.sagemaker.statistics import Statistics

_LINES = 200
"""Lines of a capture file that are looked at."""


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
) -> str:
    """The text of a declaration, each derived line with the reason for it.

    Raises:
        DocumentInvalid: a file is not what its option says.
    """
    lines: list[str] = []
    for capture in captures:
        with capture.open(encoding="utf-8") as file:
            lines += islice(file, _LINES)
    return import_sagemaker(
        Statistics.read(statistics.read_bytes()),
        Constraints.read(constraints.read_bytes()),
        "".join(lines) or None,
        model=model,
        owner=owner,
        model_quality=ModelQualityConstraints.read(model_quality.read_bytes()) if model_quality else None,
        model_quality_statistics=(
            ModelQualityStatistics.read(model_quality_statistics.read_bytes()) if model_quality_statistics else None
        ),
        analyses=[Analysis.read(analysis.read_bytes()) for analysis in analyses],
    )
