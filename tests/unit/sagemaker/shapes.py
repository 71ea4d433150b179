"""The shapes of the monitors' files as JSON Schemas, after the schemas that the SageMaker developer guide shows.

Of the fields that the guide lists none may be missing and none may be added; numbers may be the texts `NaN`,
`Infinity` and `-Infinity`, as the monitors write them.
"""

from typing import Any

NUMBER = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}


def exactly(**fields: object) -> dict[str, Any]:
    """An object with these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def listed(item: object, **more: object) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


COMMON = exactly(num_present=COUNT, num_missing=COUNT)
KLL = exactly(
    buckets=listed(exactly(lower_bound=NUMBER, upper_bound=NUMBER, count=NUMBER), minItems=1, maxItems=10),
    sketch=exactly(parameters=exactly(c=NUMBER, k=NUMBER), data=listed(listed(NUMBER))),
)
NUMBERS = exactly(
    common=COMMON,
    mean=NUMBER,
    sum=NUMBER,
    std_dev=NUMBER,
    min=NUMBER,
    max=NUMBER,
    distribution=exactly(kll=KLL),
)
TEXTS = exactly(
    common=COMMON,
    distinct_count=NUMBER,
    distribution=exactly(categorical=exactly(buckets=listed(exactly(value=TEXT, count=COUNT)))),
)
NOTHING = exactly(common=COMMON)
FEATURE = {
    "oneOf": [
        exactly(name=TEXT, inferred_type={"enum": ["Integral", "Fractional"]}, numerical_statistics=NUMBERS),
        exactly(name=TEXT, inferred_type={"enum": ["String", "Unknown"]}, string_statistics=TEXTS),
        exactly(name=TEXT, inferred_type={"enum": ["String", "Unknown"]}, string_statistics=NOTHING),
        exactly(name=TEXT, inferred_type={"const": "Unknown"}, numerical_statistics=NOTHING),
    ]
}
STATISTICS = exactly(version=NUMBER, dataset=exactly(item_count=COUNT), features=listed(FEATURE))

METRIC = exactly(value=NUMBER, standard_deviation=NUMBER)
MATRIX = {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": COUNT}}
CURVE = {"type": "object", "additionalProperties": listed(SHARE)}
METRICS = {
    "type": "object",
    "properties": {
        "confusion_matrix": MATRIX,
        "receiver_operating_characteristic_curve": CURVE,
        "precision_recall_curve": CURVE,
    },
    "additionalProperties": METRIC,
}
QUALITY = {
    "type": "object",
    "properties": {
        "version": NUMBER,
        "dataset": exactly(item_count=COUNT, start_time=TEXT, end_time=TEXT, evaluation_time=TEXT),
        "binary_classification_metrics": METRICS,
        "multiclass_classification_metrics": METRICS,
        "regression_metrics": METRICS,
    },
    "required": ["version", "dataset"],
    "minProperties": 3,
    "maxProperties": 3,
    "additionalProperties": False,
}

FEATURE_CHECKS = [
    "data_type_check",
    "completeness_check",
    "baseline_drift_check",
    "missing_column_check",
    "extra_column_check",
    "categorical_values_check",
]
DATA_VIOLATIONS = exactly(
    violations=listed(exactly(feature_name=TEXT, constraint_check_type={"enum": FEATURE_CHECKS}, description=TEXT))
)
QUALITY_VIOLATIONS = exactly(
    violations=listed(
        exactly(
            constraint_check_type={"enum": ["LessThanThreshold", "GreaterThanThreshold"]},
            description=TEXT,
            metric_name=TEXT,
        )
    )
)
BIAS_VIOLATIONS = exactly(
    version={"const": "1.0"},
    violations=listed(
        exactly(
            facet=TEXT,
            facet_value=TEXT,
            metric_name=TEXT,
            constraint_check_type={"const": "bias_drift_check"},
            description=TEXT,
        )
    ),
)
ATTRIBUTION_VIOLATIONS = exactly(
    version={"const": "1.0"},
    violations=listed(
        exactly(
            label=TEXT,
            metric_name={"const": "shap"},
            constraint_check_type={"const": "feature_attribution_drift_check"},
            description=TEXT,
        )
    ),
)

SHAPES = {
    ("data-quality", "statistics.json"): STATISTICS,
    ("data-quality", "constraint_violations.json"): DATA_VIOLATIONS,
    ("model-quality", "statistics.json"): QUALITY,
    ("model-quality", "constraint_violations.json"): QUALITY_VIOLATIONS,
    ("model-bias", "constraint_violations.json"): BIAS_VIOLATIONS,
    ("model-explainability", "constraint_violations.json"): ATTRIBUTION_VIOLATIONS,
}
