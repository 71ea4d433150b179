"""What a model does, as far as the columns of its reference tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from steward.records.canonical import canonical_label
from steward.spec.features import BooleanFeature, NumericFeature, TextFeature
from steward.spec.model import Task
from steward.standalone.facts import Facts
from steward.standalone.inference import Inference
from steward.standalone.roles import Role

_SCORES = re.compile(r"^(score|scores|probability|proba|prob|p)[_.:](.+)$")
_PROMPTS = re.compile(r"(^|_)(prompt|question|query|instruction)$")
_RESPONSES = re.compile(r"(^|_)(response|completion|answer|generated|generation|reply)(_text)?$")
_JUDGED = re.compile(r"(^|_)(score|rating|safety|relevance|toxicity|helpfulness|faithfulness)$")
_FEWEST_CLASSES = 2
_FEWEST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a model does.

    Attributes:
        task: the kind of it.
        reason: what tells.
        roles: the column of each role that the task has; the label's and the version's too.
        scores: the column with the probability of each class.
        outputs: columns of generated text, and what judges say of it.
        positive: the label that a binary model gives the probability of, and why; None for 1.
    """

    task: Task
    reason: str
    roles: Mapping[Role, str] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    positive: tuple[str, str] | None = None


def purpose_of(columns: Mapping[str, Inference], facts: Mapping[str, Facts]) -> Purpose:
    """Tell it from scores, predictions and labels; without any, two classes are the guess that is easiest to mend.

    Args:
        columns: what each is taken for.
        facts: what all rows say of each.
    """
    roles: dict[Role, str] = {column.role: name for name, column in columns.items() if column.role}
    label = roles.get("label")
    scores = _class_scores(columns, facts, label)
    responses = tuple(
        name
        for name, column in columns.items()
        if isinstance(column.feature, TextFeature) and _RESPONSES.search(name.lower())
    )
    if scores:
        roles.pop("score", None)
        classes = ", ".join(scores)
        return Purpose("multiclass_classification", f"there is a score for each of {classes}", roles, scores)
    if responses and any(_PROMPTS.search(name.lower()) for name in columns):
        reason = f"{', '.join(responses)} is text that answers"
        judged = tuple(name for name, column in columns.items() if _is_judgement(name, column))
        return Purpose("text_generation", reason, roles, outputs=(*responses, *judged))
    if "score" in roles:
        reason = f"{roles['score']} is a probability"
        return Purpose("binary_classification", reason, roles, positive=_positive(label, facts))
    for role in ("prediction", "label"):
        name = roles.get(role)
        if name is not None and _is_amount(columns[name], facts[name]):
            return Purpose("regression", f"{name} holds amounts", roles)
    if label is not None:
        reason = f"{label} has classes; no column holds the probability of one yet"
        return Purpose("binary_classification", reason, roles, positive=_positive(label, facts))
    return Purpose("binary_classification", "nothing tells: no label, score or prediction is there; check", roles)


def _class_scores(columns: Mapping[str, Inference], facts: Mapping[str, Facts], label: str | None) -> Mapping[str, str]:
    """The score column of each class: those that share a prefix, and whose rest is a label where there are labels."""
    found: dict[str, str] = {}
    for name, column in columns.items():
        match = _SCORES.match(name.lower())
        known = facts[name]
        if match and isinstance(column.feature, NumericFeature) and known.minimum >= 0 and known.maximum <= 1:
            found[name[match.start(2) :]] = name
    if label is not None:
        classes = {canonical_label(name) for name in facts[label].categories or {}}
        others = {canonical_label(name) for name in found} - classes
        if isinstance(columns[label].feature, BooleanFeature) or others:
            return {}
    return found if len(found) >= _FEWEST_CLASSES else {}


def _positive(label: str | None, facts: Mapping[str, Facts]) -> tuple[str, str] | None:
    """Of two labels that are not 1 and 0, the rarer."""
    classes = facts[label].categories if label is not None else None
    if not classes or {canonical_label(name) for name in classes} <= {"0", "1"}:
        return None
    rarest = min(classes, key=lambda name: (classes[name], name))
    rest = "the other is" if len(classes) == _FEWEST_CLASSES else f"the other {len(classes) - 1} together are"
    return rarest, f"the rarer label, so it may be what is looked for; {rest} the negative class"


def _is_amount(column: Inference, facts: Facts) -> bool:
    """Whether a column holds numbers that are no codes of classes."""
    varied = not facts.whole or facts.maximum - facts.minimum > _FEWEST_VALUES
    return isinstance(column.feature, NumericFeature) and varied


def _is_judgement(name: str, column: Inference) -> bool:
    return isinstance(column.feature, NumericFeature) and bool(_JUDGED.search(name.lower()))
