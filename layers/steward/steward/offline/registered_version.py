"""A version of another registry, and the declaration under which its model is adopted.

Nothing of its artifact is read: what it is called, where it lies and in which format it is are facts that others state.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict

from steward.documents import InputHidingModel
from steward.errors import StewardError
from steward.spec.document import read_spec
from steward.spec.yaml_writer import Value, YamlSection, comment, entry

TaskName = Literal["binary_classification", "multiclass_classification", "regression"]
FeatureType = Literal["numeric", "categorical", "boolean", "datetime"]


class RegisteredVersion(InputHidingModel):
    """What a registry says of a version.

    Attributes:
        registry: whose.
        status: of its approval or stage; empty where there is none.
        features: the columns that it takes; empty where the registry does not say.
        artifact: where it lies.
        artifact_format: pickle, cloudpickle, skops or what the registry calls it; empty if unknown.
    """

    model_config = ConfigDict(frozen=True)

    registry: Literal["MLflow", "SageMaker"]
    name: str
    version: str
    status: str = ""
    description: str = ""
    features: dict[str, FeatureType] = {}
    tags: dict[str, str] = {}
    metrics: dict[str, float] = {}
    params: dict[str, str] = {}
    artifact: str = ""
    artifact_format: str = ""

    @property
    def sentence(self) -> str:
        """What was found, and what becomes of the artifact."""
        kind = f"{self.artifact_format} file" if self.artifact_format else "artifact"
        place = f" {self.artifact}" if self.artifact else ""
        return (
            f"version {self.version} of {self.name} in {self.registry}: {len(self.features)} features, "
            f"{len(self.metrics)} metrics, {len(self.params)} parameters, {len(self.tags)} tags. Its {kind}{place} is "
            "not read: the version is adopted by reference rows that have its scores"
        )


def adopting_declaration(
    found: RegisteredVersion, *, model: str, owner: str, task: TaskName, columns: Mapping[str, str]
) -> str:
    """The declaration of a model that is trained elsewhere, with what the registry says of its version.

    Args:
        found: the version.
        model: what to call it.
        owner: who answers for it.
        task: what it predicts.
        columns: the names of id, time, label, and score or prediction.

    Raises:
        StewardError: the registry says no features.
        SpecInvalid: a name or a column cannot be declared so.
    """
    if not found.features:
        raise StewardError(
            f"{found.registry} does not say which columns {found.name} {found.version} takes; log it with a signature, "
            f"or have `steward suggest reference.csv --model {model}` write the declaration from its reference rows"
        )
    lines = [
        comment(f"Adopts {found.sentence}."),
        entry("model", model),
        entry("description", (found.description or f"{found.name}, version {found.version}")[:500]),
        entry("owner", owner),
        entry("task", task),
        entry("columns", dict(columns)),
    ]
    features = YamlSection("features")
    for name, kind in found.features.items():
        if name not in columns.values():
            features.add(name, {"type": kind})
    lines += [*features.lines(), *_known(found).lines(), entry("window", {"length": "1d"})]
    text = "\n".join(lines) + "\n"
    read_spec(text)
    return text


def _known(found: RegisteredVersion) -> YamlSection:
    """What the registry says, under the declaration's `documentation`, from which cards are made."""
    facts = [f"{found.registry} {found.name} version {found.version}"]
    facts += [f"status {found.status}"] if found.status else []
    facts += [f"artifact {found.artifact}"] if found.artifact else []
    section = YamlSection("documentation")
    said: dict[str, Value] = {
        "design_choice": _join_pairs("parameters", found.params),
        "metric_choice": _join_pairs("metrics there", {name: f"{value:g}" for name, value in found.metrics.items()}),
        "caveats": "; ".join([*facts, _join_pairs("tags", found.tags)]),
    }
    for name, value in said.items():
        if value:
            section.add(name, value, f"as {found.registry} has it")
    return section


def _join_pairs(what: str, values: Mapping[str, str]) -> str:
    text = ", ".join(f"{name} = {value}" for name, value in sorted(values.items()))
    return f"{what}: {text}"[:5000] if text else ""
