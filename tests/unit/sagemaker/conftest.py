"""What the tests of SageMaker's files share: a declaration that reads captures, and the sample files."""

from pathlib import Path

import pytest

from steward.records.raw import ReadLimits, Reason, RowReader
from steward.sagemaker.capture import CaptureMapping
from steward.sagemaker.clarify import Analysis
from steward.sagemaker.constraints import Constraints
from steward.sagemaker.model_quality import ModelQualityConstraints, ModelQualityStatistics
from steward.sagemaker.opening import event_rows
from steward.sagemaker.statistics import Statistics
from steward.spec.model import ModelSpec

DATA = Path(__file__).parents[2] / "data/sagemaker"


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def spec() -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "model": "churn",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "request", "time": "at", "score": "score", "label": "churned"},
            "features": {
                "account_length": "numeric",
                "voicemails": "numeric",
                "day_minutes": "numeric",
                "intl_plan": "categorical",
            },
            "capture": {
                "inputs": ["account_length", "voicemails", "day_minutes", "intl_plan"],
                "outputs": ["score"],
            },
            "retraining": {},
        }
    )


@pytest.fixture
def mapping(spec) -> CaptureMapping:
    return CaptureMapping.of(spec, spec.capture)


class Read:
    """All that a file gives."""

    def __init__(self, rows: RowReader, wanted: list[str] | None = None) -> None:
        self.names = rows.names
        self.rows: list[dict[str, str | None]] = []
        self.numbers: list[int] = []
        self.lines: list[int] = []
        self.sizes: list[int] = []
        self.contents: list[str] = []
        self.rejected = []
        for chunk in rows.chunks(wanted or list(rows.names)):
            columns = {name: array.to_pylist() for name, array in chunk.columns.items()}
            self.rows += [{name: cells[at] for name, cells in columns.items()} for at in range(len(chunk.rows))]
            self.numbers += chunk.rows.tolist()
            self.lines += chunk.lines.tolist()
            self.sizes.append(len(chunk.rows))
            self.contents += [chunk.content(at) for at in range(len(chunk.rows))]
            self.rejected += chunk.rejected

    @property
    def reasons(self) -> dict[int, Reason]:
        return {row.line: row.reasons[0] for row in self.rejected}


@pytest.fixture
def read(spec, tmp_path):
    def _read(source: Path | str | bytes, limits: ReadLimits | None = None, name: str = "events.jsonl") -> Read:
        if not isinstance(source, Path):
            content = source.encode() if isinstance(source, str) else source
            source = tmp_path / name
            source.write_bytes(content)
        rows = event_rows(source, source.name, spec, limits)
        assert rows is not None
        return Read(rows)

    return _read


@pytest.fixture
def everything(data):
    return {
        "statistics": Statistics.read((data / "statistics.json").read_bytes()),
        "constraints": Constraints.read((data / "constraints.json").read_bytes()),
        "captures": (data / "capture-csv.jsonl").read_bytes(),
        "model": "churn",
        "owner": "crm@example.com",
        "model_quality": ModelQualityConstraints.read((data / "model-quality-constraints.json").read_bytes()),
        "model_quality_statistics": ModelQualityStatistics.read((data / "model-quality-statistics.json").read_bytes()),
        "analyses": [
            Analysis.read((data / "bias-analysis.json").read_bytes()),
            Analysis.read((data / "explainability-analysis.json").read_bytes()),
        ],
    }
