"""Infers which response field is a score, prediction or class probability, and the task."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from steward.sagemaker.layout import Layout, ResponseFields
from steward.sagemaker.model_quality import ProblemType
from steward.sagemaker.payloads import SKIPPED
from steward.sagemaker.statistics import FeatureStatistics
from steward.spec.yaml_writer import fresh

_FEWEST_CLASSES, _MOST_CLASSES = 3, 20
_KEY = "a key of the captured responses"


@dataclass(frozen=True, slots=True)
class OutputField:
    """One field of a response.

    Attributes:
        column: the column it becomes, `_` if none.
        role: `score`, `prediction`, or the class that it is the probability of; None for others.
        why: how that was found out.
    """

    column: str
    role: str | None = None
    why: str = ""


def classes_of(label: FeatureStatistics | None) -> tuple[str, ...]:
    """The classes that a column of labels holds, the most frequent first if they were counted.

    None when there is no such column, when it holds numbers, and when it has too many values.
    """
    numeric = label.numerical_statistics if label else None
    if label and numeric and numeric.min is not None and numeric.max is not None:
        span = numeric.max - numeric.min + 1
        if label.inferred_type != "Integral" or not 1 < span <= _MOST_CLASSES:
            return ()
        return tuple(str(int(numeric.min) + at) for at in range(int(span)))
    known = label.string_statistics if label else None
    counted = known.distribution.categorical if known and known.distribution else None
    if known is None or counted is None or (known.distinct_count or 0) > len(counted.buckets):
        return ()
    ordered = sorted(counted.buckets, key=lambda bucket: -bucket.count)
    return tuple(bucket.value for bucket in ordered) if 1 < len(ordered) <= _MOST_CLASSES else ()


def problem_of(label: FeatureStatistics | None, answers: ResponseFields | None) -> ProblemType:
    """The task, by the baseline's label, or else by the responses."""
    if label is not None:
        classes = classes_of(label)
        if label.string_statistics is None and not classes:
            return "regression"
        return "binary_classification" if 0 < len(classes) < _FEWEST_CLASSES else "multiclass_classification"
    if answers is None or answers.score:
        return "binary_classification"
    if answers.sums_to_one and answers.width >= _FEWEST_CLASSES:
        return "multiclass_classification"
    return "binary_classification" if any(map(_probabilities, _columns(answers))) else "regression"


def outputs_of(found: Layout, problem: ProblemType, classes: Sequence[str]) -> list[OutputField]:
    """The fields of a response, in their order; columns whose names features have too are named otherwise."""
    answers = found.answers
    if problem == "multiclass_classification":
        outputs = _of_classes(answers, classes)
    elif answers is None:
        why = "no capture was given: check what the endpoint answers"
        outputs = [
            OutputField("predicted_value", "prediction", why)
            if problem == "regression"
            else OutputField("score", "score", why)
        ]
    elif answers.names:
        return _by_key(answers, problem)
    else:
        outputs = _positional(answers, problem)
    taken = {*found.features, *found.others, found.label}
    return [replace(output, column=fresh(output.column, taken)) for output in outputs]


def _by_key(answers: ResponseFields, problem: ProblemType) -> list[OutputField]:
    """The keys of a response that is an object: they are the columns."""
    score, prediction = answers.score, answers.prediction
    if problem == "regression":
        return [OutputField(prediction or score or answers.names[0], "prediction", _KEY)]
    likely = (name for name, values in zip(answers.names, _columns(answers), strict=True) if _probabilities(values))
    outputs = [OutputField(score or next(likely, answers.names[0]), "score", _KEY)]
    if prediction and prediction != outputs[0].column:
        outputs.append(OutputField(prediction, "prediction", _KEY))
    return outputs


def _positional(answers: ResponseFields, problem: ProblemType) -> list[OutputField]:
    fields = _columns(answers)
    if problem == "regression":
        known = OutputField("predicted_value", "prediction", "the first field of the captured responses")
        at = 0
    elif answers.sums_to_one:
        at = len(fields) - 1
        known = OutputField("score", "score", "the last of the probabilities in the captured responses")
    else:
        at = next((at for at, values in enumerate(fields) if _probabilities(values)), 0)
        known = OutputField("score", "score", f"field {at} of the captured responses")
        if not _probabilities(fields[at]):
            why = "no field of the captured responses is a probability: let the endpoint answer with one"
            known = replace(known, why=why)
    return [known if field == at else OutputField(SKIPPED) for field in range(len(fields))]


def _of_classes(answers: ResponseFields | None, classes: Sequence[str]) -> list[OutputField]:
    """The probabilities of several classes."""
    width = answers.width if answers else 0
    if answers and answers.names:
        if width >= _FEWEST_CLASSES and answers.sums_to_one:
            return [OutputField(name, name, _KEY) for name in answers.names]
        why = f"the captured responses have {', '.join(answers.names)}: set capture.response to the probabilities"
    elif width >= _FEWEST_CLASSES:
        ordered = sorted(classes) if len(classes) == width else [str(at) for at in range(width)]
        why = "the fields of the captured responses, taken to be in the order of the classes"
        return [OutputField(f"score_{name}", name, why) for name in ordered]
    else:
        why = "no probabilities were captured: let the endpoint answer with that of each class, in this order"
    return [OutputField(f"score_{name}", name, why) for name in sorted(classes) or ["0", "1", "2"]]


def _columns(answers: ResponseFields) -> list[list[float]]:
    return [answers.column(at) for at in range(answers.width)]


def _probabilities(values: list[float]) -> bool:
    return bool(values) and all(0 <= value <= 1 for value in values) and not all(value in {0, 1} for value in values)
