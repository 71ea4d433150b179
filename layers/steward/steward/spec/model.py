"""The declaration of a model: what a user writes in `specs/<model>.yaml`."""

from collections.abc import Collection
from typing import Self

from pydantic import ValidationInfo, model_validator

from steward.documents import FROM_STORE
from steward.spec.cost_aware import horizon_problem
from steward.spec.drift_monitors import SeasonalBaseline
from steward.spec.durations import format_duration
from steward.spec.features import BooleanFeature, CategoricalFeature
from steward.spec.gate_settings import gate_problems
from steward.spec.model_sections import ModelSections
from steward.spec.monitors import (
    CLASSIFICATION_METRICS,
    NOT_ESTIMATED,
    REGRESSION_METRICS,
    Monitors,
)
from steward.spec.recipe import regresses
from steward.spec.spec_section import error_at

_FEWEST_CLASSES = 2
_ASKS_VERSIONS = (
    "chance_a_year",
    "non_inferiority_margin",
    "first_version_margin",
    "segment_margin",
    "fairness",
    "calibration",
    "budgets",
    "golden_rows",
    "expectations",
    "robustness",
)
"""Settings of the gates that compare versions, or ask them of rows."""


class ModelSpec(ModelSections):
    """One model: its columns, features, monitors and policies."""

    @model_validator(mode="after")
    def _maintenance_covers_windows(self) -> Self:
        for at, problem in self.alerting.too_short(self.window.length):
            raise error_at(problem, "alerting", "maintenance", at)
        return self

    @model_validator(mode="after")
    def _columns_fit_the_task(self) -> Self:
        columns = self.columns
        if self.task == "binary_classification" and not columns.score:
            raise error_at(
                "score is needed for binary_classification: the probability of the positive label", "columns"
            )
        if self.task == "multiclass_classification" and len(columns.scores) < _FEWEST_CLASSES:
            raise error_at(
                "scores is needed for multiclass_classification, with two classes or more: "
                "{class: column of its probability}",
                "columns",
                "scores",
            )
        if self.task == "regression" and not columns.prediction:
            raise error_at("prediction is needed for regression: the predicted value", "columns")
        if columns.score and self.task != "binary_classification":
            raise error_at(f"is for binary_classification, not for {self.task}; remove it", "columns", "score")
        if columns.scores and self.task != "multiclass_classification":
            raise error_at(f"is for multiclass_classification, not for {self.task}; remove it", "columns", "scores")
        if self.task == "text_generation" and not self.outputs:
            raise ValueError("outputs is needed for text_generation: the response (text), and scores of it, if any")
        if self.task == "text_generation" and self.retraining.recipe:
            raise error_at("a recipe cannot train a text_generation model; remove it", "retraining", "recipe")
        return self

    @model_validator(mode="after")
    def _monitors_fit_the_task(self, info: ValidationInfo) -> Self:
        others = {*CLASSIFICATION_METRICS, *REGRESSION_METRICS}.difference(self.metrics)
        foreign = sorted(
            name
            for name in others.intersection(self.monitors.model_fields_set)
            # a stored declaration has all defaults of its release in it, those that do not apply to its task too
            if info.context != FROM_STORE
            and getattr(self.monitors, name) not in (None, Monitors.model_fields[name].default)
        )
        if "business_value" in foreign and self.task == "binary_classification":
            problem = "needs business_value beside the monitors: what each kind of decision is worth"
            raise error_at(problem, "monitors", "business_value")
        if foreign:
            raise error_at(f"does not apply to {self.task}; remove it", "monitors", foreign[0])
        for name in ("estimated_performance", "performance_decomposition", "segment_performance"):
            monitor = getattr(self.monitors, name)
            if monitor is not None and monitor.metric not in self.metrics:
                raise error_at(f"{monitor.metric} does not apply to {self.task}", "monitors", name, "metric")
            if monitor is not None and monitor.metric in NOT_ESTIMATED and name != "segment_performance":
                problem = f"{monitor.metric} cannot be estimated before the labels come; choose another"
                raise error_at(problem, "monitors", name, "metric")
        return self

    @model_validator(mode="after")
    def _recipe_fits_the_task(self) -> Self:
        recipe = self.retraining.recipe
        regression = self.task == "regression"
        several = self.task == "multiclass_classification"
        if recipe and (
            regression != regresses(recipe.estimator) or (several and recipe.estimator == "IsolationForest")
        ):
            problem = f"{recipe.estimator} is no estimator for {self.task}; choose another"
            raise error_at(problem, "retraining", "recipe", "estimator")
        metric = self.validation.metric
        if metric and regression != metric.startswith("mean_"):
            raise error_at(f"{metric} does not apply to {self.task}", "validation", "metric")
        if metric == "roc_auc" and self.task != "binary_classification":
            raise error_at(f"roc_auc does not apply to {self.task}", "validation", "metric")
        return self

    @model_validator(mode="after")
    def _gates_have_versions_to_ask(self) -> Self:
        for setting in _ASKS_VERSIONS:
            if self.retraining.recipe is None and getattr(self.validation, setting) not in (None, []):
                problem = "needs retraining.recipe: a version that was trained elsewhere cannot be asked; remove it"
                raise error_at(problem, "validation", setting)
        if self.validation.segment_margin is not None and not self.segments:
            problem = "needs segments: declare the columns or conditions whose rows are looked at"
            raise error_at(problem, "validation", "segment_margin")
        if self.validation.fairness is not None and self.fairness is None:
            problem = "needs fairness: declare the protected columns whose groups are compared"
            raise error_at(problem, "validation", "fairness")
        if self.validation.calibration is not None and self.task == "regression":
            raise error_at("is of probabilities, which regression has not; remove it", "validation", "calibration")
        columns, asked = self.columns, self.validation
        answers = [columns.prediction] if self.task == "regression" and columns.prediction else columns.outputs.values()
        for problem, place in gate_problems(
            asked.golden_rows, asked.expectations, self.features, list(answers), self.classes
        ):
            raise error_at(problem, "validation", *place)
        return self

    @model_validator(mode="after")
    def _guardrails_fit_the_model(self) -> Self:
        if self.guardrails is None:
            return self
        columns = {**self.features, **self.attributes}
        groups = [name for name, found in columns.items() if isinstance(found, CategoricalFeature | BooleanFeature)]
        for problem, place in self.guardrails.problems(list(self.features), list(columns), groups, self.metrics):
            raise error_at(problem, "guardrails", *place)
        return self

    @model_validator(mode="after")
    def _release_fits_the_model(self) -> Self:
        columns = self.columns
        for problem, place in self.release.problems(self.task, columns.entity, frozenset(columns.operation)):
            raise error_at(problem, "release", *place)
        return self

    @model_validator(mode="after")
    def _holdout_has_blocks(self) -> Self:
        fewest = 3 * self.validation.block
        if self.retraining.recipe and self.retraining.holdout_span < fewest:
            raise error_at(
                "must hold at least three of validation.block, or no gain can be proved: "
                f"lengthen it to {format_duration(fewest)}, or shorten the block",
                "retraining",
                "holdout_span",
            )
        return self

    @model_validator(mode="after")
    def _gains_are_measured(self) -> Self:
        if problem := horizon_problem(self.retraining, self.window.length):
            raise error_at(problem, "retraining", "horizon")
        if self.retraining.policy == "cost_aware" and self.validation.metric == "mean_squared_error":
            problem = "mean_squared_error is not measured by window, so no gain can be forecast; write rules, or let "
            raise error_at(f"{problem}validation.metric be mean_absolute_error", "retraining", "policy")
        return self

    @model_validator(mode="after")
    def _seasons_hold_whole_windows(self) -> Self:
        drift = self.monitors.feature_drift
        if drift and isinstance(drift.compared_with, SeasonalBaseline):
            every, length = drift.compared_with.every, self.window.length
            if every % length or every <= length:
                problem = f"{format_duration(every)} must be several whole windows of {format_duration(length)}"
                raise error_at(problem, "monitors", "feature_drift", "compared_with", "every")
        return self

    @model_validator(mode="after")
    def _columns_are_not_features(self) -> Self:
        taken = dict.fromkeys(self.columns.roles, "a column with a role")
        taken.pop(self.columns.entity or "", None)
        for group, kind in (("features", "a feature"), ("outputs", "an output"), ("attributes", "an attribute")):
            for name in getattr(self, group):
                if name in taken:
                    raise error_at(f"{name} is both {taken[name]} and {kind}; give it one part to play", group, name)
                taken[name] = kind
        for name in self.columns.attributions:
            if name not in self.features:
                raise error_at(f"{name} is no feature", "columns", "attributions", name)
        return self

    @model_validator(mode="after")
    def _subject_is_stored(self) -> Self:
        subject = self.personal_data.subject
        if subject is not None and subject not in {self.columns.entity, *self.attributes}:
            problem = f"{subject} is neither columns.entity nor an attribute; declare it under attributes"
            raise error_at(problem, "personal_data", "subject")
        return self

    @property
    def subject_column(self) -> str | None:
        """The column that says whose a row is; None where none does."""
        return self.personal_data.subject or self.columns.entity

    @model_validator(mode="after")
    def _personal_data_can_be_handled(self) -> Self:
        for problem, place in self.personal_data.problems(self.columns, self.features, self.declared):
            raise error_at(problem, "personal_data", *place)
        return self

    @model_validator(mode="after")
    def _weights_are_usable(self) -> Self:
        weights = [feature.importance for feature in self.features.values() if feature.importance is not None]
        if weights and not sum(weights) > 0:
            raise error_at("the importances sum to zero; give one of them weight, or leave them out", "features")
        return self

    @model_validator(mode="after")
    def _groups_are_categories(self) -> Self:
        groups: list[tuple[str | None, tuple[str | int, ...]]] = []
        for at, segment in enumerate(self.segments):
            if segment.name in {before.name for before in self.segments[:at]}:
                raise error_at("another segment has this name; give each its own", "segments", at, "name")
            if (segment.column is None) == (segment.where is None):
                raise error_at("a segment needs either a column or a condition (where)", "segments", at)
            groups.append((segment.column, ("segments", at, "column")))
        if self.fairness:
            groups += [(name, ("fairness", "protected", at)) for at, name in enumerate(self.fairness.protected)]
        for name, place in groups:
            if name is not None and not isinstance(self.column(name), CategoricalFeature | BooleanFeature):
                problem = f"{name} is no categorical or boolean feature or attribute; declare it under attributes"
                raise error_at(problem, *place)
        return self

    @model_validator(mode="after")
    def _fairness_has_decisions(self) -> Self:
        if self.fairness is None or self.task == "binary_classification":
            return self
        if self.task != "multiclass_classification":
            problem = (
                f"compares who gets the favourable decision, and {self.task} decides nothing; "
                "remove it, and watch the groups as segments, by drift and performance"
            )
            raise error_at(problem, "fairness")
        if self.fairness.favourable not in self.classes:
            classes = ", ".join(self.classes)
            raise error_at(f"must be the class that is good to get, one of {classes}", "fairness", "favourable")
        return self

    @model_validator(mode="after")
    def _conditions_fit_the_columns(self) -> Self:
        for at, rule in enumerate(self.rules):
            if rule.name in {before.name for before in self.rules[:at]}:
                raise error_at("another rule has this name; give each its own", "rules", at, "name")
            self._check(rule.check, "rules", at, "check")
        for at, segment in enumerate(self.segments):
            if segment.where is not None:
                self._check(segment.where, "segments", at, "where")
        return self

    @model_validator(mode="after")
    def _training_rows_can_be_told(self) -> Self:
        policy = self.retraining
        if policy.recipe is None and policy.filters:
            problem = "need retraining.recipe: a version that was trained elsewhere is not fitted here; remove them"
            raise error_at(problem, "retraining", "filters")
        if policy.split.by == "entity" and self.columns.entity is None:
            problem = "needs columns.entity: declare the column that says whom a row is about"
            raise error_at(problem, "retraining", "split")
        for at, condition in enumerate(policy.filters):
            self._check(condition, "retraining", "filters", at, among={*self.features, *self.attributes})
        return self

    def _check(self, condition: str, *place: str | int, among: Collection[str] | None = None) -> None:
        # most declarations have no condition, and most functions would load all of this for nothing
        from steward.spec.expression_types import check_condition  # noqa: PLC0415
        from steward.spec.expressions import ExpressionInvalid  # noqa: PLC0415

        try:
            types = self.value_types
            check_condition(condition, types if among is None else {name: types[name] for name in among})
        except ExpressionInvalid as error:
            raise error_at(str(error), *place) from None
