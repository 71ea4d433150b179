"""Converts the output of SageMaker's monitors to a declaration with a comment on every line."""

from collections.abc import Iterator, Sequence

from steward.records.canonical import canonical_label
from steward.sagemaker import thresholds
from steward.sagemaker.clarify import Analysis, FacetMetrics
from steward.sagemaker.constraints import Constraints, FeatureConstraints
from steward.sagemaker.distances import shift
from steward.sagemaker.layout import Layout, layout
from steward.sagemaker.model_quality import ModelQualityConstraints, ModelQualityStatistics, ProblemType
from steward.sagemaker.outputs import classes_of, outputs_of, problem_of
from steward.sagemaker.statistics import FeatureStatistics, Statistics
from steward.spec.document import MAXIMUM_BYTES, read_spec
from steward.spec.yaml_writer import YamlSection, comment, entry, fresh

_TEXT_VALUES = 1000
_DIGITS = 4


def import_sagemaker(
    statistics: Statistics,
    constraints: Constraints,
    captures: bytes | str | None = None,
    *,
    model: str,
    owner: str,
    model_quality: ModelQualityConstraints | None = None,
    model_quality_statistics: ModelQualityStatistics | None = None,
    analyses: Sequence[Analysis] = (),
    endpoint: str | None = None,
) -> str:
    """The declaration of a model that Model Monitor and Clarify watched so far, as YAML with comments.

    Args:
        statistics: of the baseline of the data quality monitor.
        constraints: of the same.
        captures: some lines of a capture file; without them, the layout of requests is taken from the baseline.
        model: what to call it.
        owner: who answers for it.
        model_quality: the constraints of the model quality monitor, if there was one.
        model_quality_statistics: the baseline statistics of the same.
        analyses: the baselines of the bias and explainability monitors, if there were any.
        endpoint: the name of the endpoint that serves the model, if one does.

    Returns:
        Text that `read_spec` takes. With very many columns it is written without the reasons, to be short enough.

    Raises:
        DocumentInvalid: no line of the captures can be used.
        SpecInvalid: the name is none that a model can have, or the columns cannot be declared together.
    """
    imported = _Import(
        statistics,
        constraints,
        layout(statistics.features, captures),
        model_quality=model_quality,
        analyses=analyses,
        endpoint=endpoint,
    )
    if model_quality:
        thresholds.performance(model_quality, model_quality_statistics, imported.monitors)
    text = imported.text(model, owner)
    if len(text.encode()) > MAXIMUM_BYTES:
        text = imported.text(model, owner, terse=True)
    read_spec(text)
    return text


class _Import:
    """The parts of the declaration."""

    def __init__(
        self,
        statistics: Statistics,
        constraints: Constraints,
        found: Layout,
        *,
        model_quality: ModelQualityConstraints | None,
        analyses: Sequence[Analysis],
        endpoint: str | None,
    ) -> None:
        self._endpoint = endpoint
        self._known = {feature.name: feature for feature in statistics.features}
        self._asked = {feature.name: feature for feature in constraints.features}
        self._layout = found
        label = self._known.get(found.label or "")
        self._classes = classes_of(label)
        self._problem: ProblemType = model_quality.problem if model_quality else problem_of(label, found.answers)
        self._outputs = outputs_of(found, self._problem, self._classes)
        roles = [output.role for output in self._outputs]
        classes = roles if self._problem == "multiclass_classification" else self._classes
        positive = (analysis.positive for analysis in analyses if analysis.positive in classes)
        self._positive = next(positive, None)
        self._groups = {derived: groups for analysis in analyses for derived, groups in analysis.facets.items()}
        self._protected = [
            derived for derived, groups in self._groups.items() if self._why_not(derived, groups) is None
        ]
        attributions = next((analysis.attributions for analysis in analyses if analysis.attributions), {})
        weights = {name: round(abs(value), _DIGITS + 2) for name, value in attributions.items()}
        self._weights = weights if any(weights.get(name) for name in found.features) else {}
        self.monitors = YamlSection("monitors")
        thresholds.drift(constraints, self.monitors)
        thresholds.quality(constraints, self.monitors)
        thresholds.fairness([group for derived in self._protected for group in self._groups[derived]], self.monitors)
        if attributions:
            thresholds.attribution(self.monitors)

    def text(self, model: str, owner: str, *, terse: bool = False) -> str:
        """The whole of it."""
        lines = [
            comment("Written by `steward import-sagemaker`: read it through, then upload it to specs/."),
            entry("model", model),
            entry("owner", owner),
            *self._head(),
        ]
        for section in (self._columns(), self._features(), self._fairness(), self.monitors, self._capture()):
            lines += section.lines(terse=terse) if section.entries else map(comment, section.remarks)
        if self._endpoint:
            served = {"type": "sagemaker_endpoint", "name": self._endpoint}
            lines.append(entry("resources", [served], "its latency, errors and use come from CloudWatch"))
        why = (
            "the model is trained in SageMaker: upload reference rows with their scores, and a version is made of them"
        )
        lines.append(entry("retraining", {}, why))
        return "\n".join(lines) + "\n"

    def _head(self) -> Iterator[str]:
        label = self._layout.label
        seen = (
            f"{label} has the classes {', '.join(self._classes)}"
            if self._classes
            else f"the baseline's label is {label}"
        )
        yield entry("task", self._problem, seen if label else "by the captured responses: the baseline has no label")
        if self._problem == "binary_classification" and {canonical_label(name) for name in self._classes} - {"0", "1"}:
            why = "label_value_or_threshold of the bias monitor" if self._positive else "the rarer class: check"
            yield entry("positive_label", self._positive or self._classes[-1], why)
        yield entry("on_invalid", "count", "Model Monitor reported bad rows and kept them; quarantine sets them aside")

    def _columns(self) -> YamlSection:
        columns = YamlSection("columns")
        taken: set[str | None] = {*self._layout.features, *self._layout.others, self._layout.label}
        taken |= {output.column for output in self._outputs}
        columns.add("id", fresh("inference_id", taken), "the inferenceId of a capture, or else its eventId")
        columns.add("time", fresh("inference_time", taken), "the inferenceTime of a capture")
        roles = {output.role: output for output in self._outputs if output.role}
        classes = {role: output for role, output in roles.items() if self._problem == "multiclass_classification"}
        if classes:
            why = next(iter(classes.values())).why
            columns.add("scores", {role: output.column for role, output in classes.items()}, why)
        for role, output in roles.items():
            if role not in classes:
                columns.add(role, output.column, output.why)
        if self._layout.label:
            columns.add("label", self._layout.label, "the baseline's column that is no field of a request")
        else:
            columns.add("label", fresh("label", taken), "for the files of ground truth")
        if "version" in taken:
            columns.add("version", fresh("version", taken), "another column is called version")
        return columns

    def _features(self) -> YamlSection:
        features = YamlSection("features", self._layout.reason)
        for name in self._layout.features:
            features.nest(self._feature(name))
        for name in self._layout.others:
            features.remark(f"{name} is a column of the baseline, and no field of a captured request")
        return features

    def _fairness(self) -> YamlSection:
        fairness = YamlSection("fairness")
        if self._protected:
            fairness.add("protected", self._protected, "the facets of the bias monitor")
            if self._problem == "multiclass_classification":
                fairness.add("favourable", self._positive, "label_value_or_threshold of the bias monitor")
        for derived, groups in self._groups.items():
            reason = self._why_not(derived, groups)
            if reason:
                fairness.remark(f"the facet {derived} is left out: {reason}")
        return fairness

    def _why_not(self, derived: str, groups: Sequence[FacetMetrics]) -> str | None:
        """Why a facet cannot be watched; None when it can."""
        if self._problem == "regression":
            return "a regression decides nothing; declare a segment for each group"
        if self._problem == "multiclass_classification" and self._positive is None:
            return "which class is good to get is not known; declare fairness with its favourable"
        if derived not in self._layout.features:
            return "it is no field of a captured request"
        if any(group.interval for group in groups):
            return "its groups are ranges of a number; declare a segment for each"
        return None

    def _capture(self) -> YamlSection:
        capture = YamlSection("capture", "capture files in the inbox are read by this")
        capture.add("inputs", list(self._layout.inputs), self._layout.reason)
        why = "the fields of the captured responses" if self._layout.answers else "check what the endpoint answers"
        capture.add("outputs", [output.column for output in self._outputs], why)
        return capture

    def _feature(self, name: str) -> YamlSection:
        known, asked = self._known.get(name), self._asked.get(name, FeatureConstraints(name=name))
        inferred = asked.inferred_type if asked.inferred_type != "Unknown" or known is None else known.inferred_type
        feature = YamlSection(name)
        kind, why = _kind(inferred, known, asked)
        if name in self._protected:
            kind, why = "categorical", "a facet of the bias monitor: compared group by group"
        feature.add("type", kind, why)
        if inferred == "Unknown":
            feature.add("monitored", value=False, why="there is nothing to compare with")
        if asked.completeness is not None:
            complete = asked.completeness >= 1
            why = "completeness 1.0" if complete else f"completeness {asked.completeness:.{_DIGITS}g}"
            feature.add("nullable", not complete, why)
        if kind == "numeric" and asked.non_negative:
            feature.add("minimum", 0, "num_constraints.is_non_negative")
        domain = [value for value in asked.domains if value]
        if domain and inferred == "String":
            feature.add("domain", domain, "string_constraints.domains")
        self._override(feature, asked, numeric=kind == "numeric")
        if name in self._weights:
            feature.add("importance", self._weights[name], "global_shap_values of the explainability monitor")
        return feature

    @staticmethod
    def _override(feature: YamlSection, asked: FeatureConstraints, *, numeric: bool) -> None:
        distributions = asked.overrides.distribution_constraints if asked.overrides else None
        if distributions is None:
            return
        distance = distributions.comparison_threshold
        if not numeric and distributions.categorical_comparison_threshold is not None:
            distance = distributions.categorical_comparison_threshold
        if not distributions.compared or (distance is not None and distance >= 1):
            feature.add("monitored", value=False, why="its override switches the comparison off")
        elif distance is not None:
            effect = round(shift(max(distance, 0.0)), _DIGITS) if numeric else distance
            feature.add("minimum_effect", effect, f"its own threshold {distance:g}{', as a shift' if numeric else ''}")


def _kind(inferred: str, known: FeatureStatistics | None, asked: FeatureConstraints) -> tuple[str, str]:
    """The type of a feature, and why."""
    if inferred == "Unknown":
        return "categorical", "inferred_type Unknown: the baseline has no value of it"
    if inferred != "String":
        return "numeric", _inferred_type(inferred, known)
    counted = known.string_statistics if known else None
    if asked.domains or counted is None or counted.distinct_count is None:
        return "categorical", _inferred_type(inferred, known)
    most = min(_TEXT_VALUES, max(counted.common.num_present / 2, 1))
    return "categorical" if counted.distinct_count <= most else "text", _inferred_type(inferred, known)


def _inferred_type(inferred: str, known: FeatureStatistics | None) -> str:
    numeric = known.numerical_statistics if known else None
    if numeric and numeric.min is not None and numeric.max is not None:
        return f"{inferred}, {numeric.min:.6g} to {numeric.max:.6g} in the baseline"
    counted = known.string_statistics if known else None
    if counted and counted.distinct_count is not None:
        return f"{inferred}, {counted.distinct_count:.0f} different values in the baseline"
    return inferred
