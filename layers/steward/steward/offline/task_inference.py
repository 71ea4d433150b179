"""Infers the task of a model from its reference, and columns that must not be features."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from steward.errors import BatchInvalid
from steward.offline.agreement import ColumnReader, is_copy, rank_auc
from steward.offline.hints import SAID, Hints
from steward.offline.inferred_column import InferredColumn
from steward.offline.inferred_task import TaskInference
from steward.offline.label_column import DOUBTFUL, Truth, choose_label, holds_classes, is_certain
from steward.offline.model_outputs import ModelOutputs
from steward.offline.roles import Role, names_prediction, words_of
from steward.offline.score_columns import POSITIVE_WORDS, find_scores
from steward.spec.features import BooleanFeature, CategoricalFeature, NumericFeature, TextFeature
from steward.spec.model_sections import Task

_PROMPTS = re.compile(r"(^|_)(prompt|question|query|instruction)$")
_RESPONSES = re.compile(r"(^|_)(response|completion|answer|generated|generation|reply)(_text)?$")
_JUDGED = re.compile(r"(^|_)(score|rating|safety|relevance|toxicity|helpfulness|faithfulness)$")
_PAIR, _FEW_VALUES = 2, 10
_EVEN, _TELLS = 0.5, 0.1
_ASIDE: frozenset[Role] = frozenset({"id", "time", "entity", "version", "latency"})


def infer_task(columns: Mapping[str, InferredColumn], cells: ColumnReader, hints: Hints) -> TaskInference:
    """Tell it from scores, predictions and labels."""
    responses = tuple(
        name
        for name, column in columns.items()
        if isinstance(column.feature, TextFeature) and _RESPONSES.search(name.lower())
    )
    prompted = any(_PROMPTS.search(name.lower()) for name in columns)
    if hints.task in {None, "text_generation"} and responses and prompted:
        judged = tuple(name for name, column in columns.items() if _is_judgement(name, column))
        roles: dict[Role, str] = {
            column.role: name for name, column in columns.items() if column.role in _ASIDE and column.role
        }
        reason = f"{', '.join(responses)} is text that answers"
        return TaskInference("text_generation", reason, roles, outputs=(*responses, *judged))
    return _PredictiveTask(columns, cells, hints).result()


class _PredictiveTask:
    """The columns of a classifier's or a regression's table."""

    def __init__(self, columns: Mapping[str, InferredColumn], cells: ColumnReader, hints: Hints) -> None:
        self._columns = columns
        self._cells = cells
        self._hints = hints
        self._free = {
            name: column
            for name, column in columns.items()
            if column.role not in _ASIDE
            and (name in hints.results or not (column.identifies or column.unreadable or column.counts))
        }
        self._reasons = {name: column.role_reason for name, column in columns.items() if column.role in _ASIDE}
        self._left_out: dict[str, str] = {}
        self._questions: list[str] = []

    def result(self) -> TaskInference:
        """What the table tells."""
        answers, truth = self._separate_label(self._find_answers())
        task, reason = self._task(answers, truth.name)
        self._keep_out(answers, truth)
        self._doubt_score(answers, truth.name)
        positive = None
        if task == "binary_classification" and truth.name is not None:
            self._refuse_many_classes(truth.name)
        if task == "binary_classification":
            judged = truth.name or answers.prediction
            positive = answers.positive_label(judged, self._cells) if judged is not None else None
            answers = self._decisions(answers, truth.name)
        if task == "multiclass_classification" and answers.prediction is not None and not answers.scores:
            self._left_out[answers.prediction] = "it is what a model decided, without the probabilities of the classes"
            self._questions.append(
                "a model of several classes needs a column with the probability of each (--score COLUMN for each), and "
                "there is none: Steward trains a model of its own instead"
            )
            answers = ModelOutputs()
        return TaskInference(
            task,
            reason,
            self._roles(answers, truth.name, task),
            self._reasons,
            scores=answers.score_columns(self._cells.classes(truth.name) if truth.name else ()),
            positive=positive,
            left_out=self._left_out,
            questions=tuple(self._questions),
        )

    def _refuse_many_classes(self, label: str) -> None:
        """Refuse a label of more than two classes where the user says that there are two.

        Raises:
            BatchInvalid: so it is.
        """
        classes = self._cells.classes(label)
        if self._hints.task == "binary_classification" and len(classes) > _PAIR:
            shown = ", ".join(classes[:3])
            raise BatchInvalid(
                "many_classes",
                f"{label} holds {len(classes)} different values ({shown}, ...), and a binary model tells two apart: "
                "name a label of two values (--label COLUMN), or another task (--task regression)",
            )

    def _find_answers(self) -> ModelOutputs:
        """What a model said, by the columns' names and by what they hold."""
        hints = self._hints
        open_ = {name: column for name, column in self._free.items() if name not in {hints.label, hints.prediction}}
        if hints.task == "regression":
            return ModelOutputs(prediction=self._prediction(set()), amounts=True)
        found = find_scores(open_, self._cells, hints)
        self._left_out |= {**found.others, **found.rivals}
        if found.rivals:
            self._questions.append(
                f"{found.single} was taken for the model's answer, and {', '.join(found.rivals)} left out, whose name "
                "says score too: say which it is (--score COLUMN), and the others become features"
            )
        for name, held in found.unfit.items():
            self._left_out[name] = f"its name says score, and {held}"
            if found.single is None and not found.classes:
                said = f"{name} is no probability: {held}; write probabilities from 0 to 1, and suggest again"
                self._questions.append(said)
        for name in filter(None, (found.single, *found.classes.values())):
            self._reasons[name] = found.why
        prediction = self._prediction({found.single, *found.classes.values(), *self._left_out})
        amounts = prediction is not None and not found.single and not found.classes and self._is_amount(prediction)
        return ModelOutputs(found.single, found.positive, found.classes, prediction, amounts)

    def _prediction(self, used: set[str | None]) -> str | None:
        if self._hints.prediction:
            self._reasons[self._hints.prediction] = SAID
            return self._hints.prediction
        says = {
            name: names_prediction(words_of(name))
            for name, column in self._free.items()
            if name not in used
            and name not in self._hints.results
            and isinstance(column.feature, NumericFeature | CategoricalFeature | BooleanFeature)
        }
        named = sorted((name for name in says if says[name]), key=lambda name: -says[name])
        if not named:
            return None
        self._left_out |= dict.fromkeys(named[1:], f"its name says prediction, and {named[0]} is it")
        self._reasons[named[0]] = "its name says prediction"
        return named[0]

    def _separate_label(self, answers: ModelOutputs) -> tuple[ModelOutputs, Truth]:
        """The answers and the label; a prediction that is the probability of a label is the score."""
        prediction = answers.prediction
        if answers.amounts and prediction is not None and self._hints.task is None:
            values = self._cells.numbers(prediction)
            known = values[np.isfinite(values)]
            if len(known) and 0 <= known.min() <= known.max() <= 1:
                score = ModelOutputs(score=prediction)
                truth = self._truth(score)
                if truth.name is not None:
                    self._reasons[prediction] = "it lies between 0 and 1, as the probability of a label does"
                    self._reasons[truth.name] = truth.why
                    return score, truth
        truth = self._truth(answers)
        if truth.name is not None:
            self._reasons[truth.name] = truth.why
        return answers, truth

    def _truth(self, answers: ModelOutputs) -> Truth:
        """The label."""
        if self._hints.label is not None:
            return Truth(self._hints.label, SAID)
        used = {answers.score, answers.prediction, *answers.scores.values(), *self._left_out}
        amounts = answers.amounts if answers else None
        if self._hints.task is not None:
            amounts = self._hints.task == "regression"
        candidates = {}
        for name, column in self._free.items():
            if name in used:
                continue
            if amounts is not False and self._is_amount(name):
                candidates[name] = True
            elif amounts is not True and holds_classes(column, len(self._cells.classes(name))):
                candidates[name] = False
        held = [name for name in candidates if answers.positive in self._cells.classes(name)]
        if answers.score and len(held) == 1 and str(answers.positive).lower() not in POSITIVE_WORDS:
            return Truth(held[0], f"it holds {answers.positive}, of which {answers.score} is the probability")
        agreement = (lambda name: answers.agreement(name, self._cells)) if answers else None
        return choose_label(candidates, agreement, answers.prediction, self._columns)

    def _task(self, answers: ModelOutputs, label: str | None) -> tuple[Task, str]:
        if self._hints.task is not None:
            return self._hints.task, SAID
        if answers.scores:
            return "multiclass_classification", self._reasons[next(iter(answers.scores.values()))]
        if answers.score:
            return "binary_classification", f"{answers.score} is a probability"
        known = label if answers.prediction is None else answers.prediction
        if known is None:
            return "binary_classification", "nothing tells: no label, score or prediction is there"
        if self._is_amount(known):
            return "regression", f"{known} holds amounts"
        classes = len(self._cells.classes(known))
        task: Task = "multiclass_classification" if classes > _PAIR else "binary_classification"
        return task, f"{known} holds {classes} classes"

    def _decisions(self, answers: ModelOutputs, label: str | None) -> ModelOutputs:
        """The decisions of a binary model: those of 0 and 1 stand for probabilities where there are none."""
        prediction = answers.prediction
        if prediction is None:
            return answers
        decided = set(self._cells.classes(prediction))
        if answers.score is not None:
            if label is None or decided <= set(self._cells.classes(label)):
                return answers
            self._left_out[prediction] = f"its classes ({', '.join(sorted(decided))}) are not those of {label}"
            return replace(answers, prediction=None)
        if decided <= {"0", "1"}:
            self._reasons[prediction] = (
                "decisions, as no column is a probability: log loss and calibration say little of them"
            )
            return ModelOutputs(score=prediction)
        self._left_out[prediction] = "it is what a model decided, without a probability"
        self._questions.append(
            "a model of two classes needs a column with the probability of one (--score COLUMN), and there is none: "
            "Steward trains a model of its own instead"
        )
        return ModelOutputs()

    def _keep_out(self, answers: ModelOutputs, truth: Truth) -> None:
        """Keep from the features what may be the label, or says the same in other words."""
        if truth.name is None:
            self._left_out |= {name: f"it may be the label: {why}" for name, why in truth.suspects.items()}
            which = " or ".join(f"--label {name}" for name in truth.suspects) or "--label COLUMN"
            held_back = ". Until then no feature is made of what may be it" if truth.suspects else ""
            asked = f"no label could be told: say which column it is ({which}), so that performance can be measured"
            if not answers:
                asked = (
                    "no column has a model's answers, and no label could be told: say which column is the label "
                    f"({which}), and Steward trains a model; or add the answers of yours (--score or --prediction)"
                )
            self._questions.append(f"{asked}{held_back}")
            return
        self._left_out |= {name: f"it may be the label: {why}" for name, why in truth.suspects.items()}
        if truth.guessed:
            which = ", ".join(truth.suspects)
            why = f"and {which} may be it" if which else "which its name does not say plainly"
            self._questions.append(f"{truth.name} was taken for the label, {why}: check it (--label COLUMN)")
        classes, labels = self._cells.classes(truth.name), self._cells.labels(truth.name)
        used = {truth.name, answers.score, answers.prediction, *answers.scores.values(), *self._left_out}
        for name in self._free:
            if name in used:
                continue
            if is_certain(name):
                self._left_out[name] = f"its name says label, and {truth.name} is it"
            elif len(classes) <= _FEW_VALUES and is_copy(self._cells.labels(name), labels, classes):
                self._left_out[name] = f"it says the same as {truth.name}"

    def _doubt_score(self, answers: ModelOutputs, label: str | None) -> None:
        """Ask about a score that its name alone tells, where neither its size nor its order tells the label."""
        score = answers.score
        if score is None or label is None or score in self._hints.results:
            return
        labels, classes = self._cells.labels(label), self._cells.classes(label)
        if len(classes) != _PAIR or (answers.agreement(label, self._cells) or 0.0) >= DOUBTFUL:
            return
        known = labels != ""
        auc = rank_auc(self._cells.numbers(score)[known], labels[known] == classes[1])
        if abs(auc - _EVEN) < _TELLS:
            self._questions.append(
                f"{score} was taken for the model's answer, and tells next to nothing of {label} (ROC AUC "
                f"{max(auc, 1 - auc):.2f}): is it a feature? Then give it a name without score, and suggest again; if "
                f"it is the answer, say --score {score}"
            )

    def _roles(self, answers: ModelOutputs, label: str | None, task: Task) -> dict[Role, str]:
        """The column of each part that the task has."""
        roles: dict[Role, str] = {
            column.role: name for name, column in self._columns.items() if column.role in _ASIDE and column.role
        }
        found: tuple[tuple[Role, str | None], ...] = (
            ("score", answers.score if task == "binary_classification" else None),
            ("prediction", answers.prediction),
            ("label", label),
        )
        return roles | {role: name for role, name in found if name is not None}

    def _is_amount(self, name: str) -> bool:
        """Whether a column holds numbers that are no codes of classes."""
        if not isinstance(self._columns[name].feature, NumericFeature):
            return False
        values = self._cells.numbers(name)
        return len(np.unique(values[np.isfinite(values)])) > _FEW_VALUES


def _is_judgement(name: str, column: InferredColumn) -> bool:
    return isinstance(column.feature, NumericFeature) and bool(_JUDGED.search(name.lower()))
