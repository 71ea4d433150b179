"""Artifacts: skops files whose bytes follow from the model alone, loaded with an explicit list of trusted types."""

import io
import json
import zipfile
import zlib

import skops.io
from sklearn.pipeline import Pipeline

from steward.errors import UntrustedArtifact
from steward.retraining.recipe import Fitted

TRUSTED = (
    "functools.partial",
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
    "steward.retraining.anomaly_classifier.AnomalyClassifier",
)
"""What the allowed recipes need beyond skops' own list. A partial's function must itself be on one of the two lists."""

_UNREADABLE = (
    AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What skops and zipfile raise for files that were damaged or tampered with."""

_SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def dump(model: Fitted) -> bytes:
    """The model as a skops file; the same model gives the same bytes in every process.

    skops names members by their address in memory and stamps them with the clock; both are replaced: addresses by
    their order of appearance, the clock by a fixed date.
    """
    source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    schema = json.loads(source.read(_SCHEMA))
    numbers: dict[str, int] = {}
    schema = _renumber(schema, numbers)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(set(source.namelist()) - {_SCHEMA}, key=lambda name: numbers[name.partition(".")[0]]):
            address, _, ending = name.partition(".")
            _add(archive, f"{numbers[address]}.{ending}", source.read(name))
        _add(archive, _SCHEMA, json.dumps(schema, sort_keys=True).encode())
    return target.getvalue()


def load(body: bytes) -> Fitted:
    """The model in a skops file.

    Raises:
        UntrustedArtifact: it asks for a type that is on neither list, or is no skops file.
    """
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(data=body)) - set(TRUSTED))
    except _UNREADABLE as error:
        raise UntrustedArtifact(f"not a skops file: {error}") from error
    if unknown:
        raise UntrustedArtifact(f"the artifact asks for types that are not trusted: {', '.join(unknown)}")
    try:
        model = skops.io.loads(body, trusted=list(TRUSTED))
    except _UNREADABLE as error:
        raise UntrustedArtifact(f"the artifact is damaged: {error}") from error
    if not isinstance(model, Pipeline):
        raise UntrustedArtifact(f"the artifact holds a {type(model).__name__}, not a pipeline")
    return model  # type: ignore[no-any-return]


def _add(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), body, zipfile.ZIP_DEFLATED, 6)


def _renumber(node: object, numbers: dict[str, int]) -> object:
    """The schema with every address replaced by the order in which addresses first appear."""
    if isinstance(node, list):
        return [_renumber(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    changed: dict[str, object] = {}
    for key, value in node.items():
        if key == "__id__" and isinstance(value, int):
            changed[key] = numbers.setdefault(str(value), len(numbers) + 1)
        elif key == "file" and isinstance(value, str) and value.partition(".")[0].isdigit():
            address, _, ending = value.partition(".")
            changed[key] = f"{numbers.setdefault(address, len(numbers) + 1)}.{ending}"
        else:
            changed[key] = _renumber(value, numbers)
    return changed
