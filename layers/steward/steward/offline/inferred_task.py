"""What a table tells of the model that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from steward.offline.roles import Role
from steward.spec.model_sections import Task


@dataclass(frozen=True, slots=True)
class TaskInference:
    """What a model does.

    Attributes:
        task: the kind of it.
        reason: what tells.
        roles: the column of each part that the task has, the label's and the version's too.
        reasons: what tells of each of these columns.
        scores: the column with the probability of each class.
        outputs: columns of generated text, and what judges say of it.
        positive: the label that a binary model gives the probability of, and why; None for 1.
        left_out: columns that no model may see, and why.
        questions: what cannot be told, and what to do about it, one sentence each.
    """

    task: Task
    reason: str
    roles: Mapping[Role, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    positive: tuple[str, str] | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether the table has what a model said, so that it need not be trained here."""
        return bool(self.scores or self.outputs or {"score", "prediction"} & self.roles.keys())
