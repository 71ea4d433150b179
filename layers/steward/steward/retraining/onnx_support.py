"""Which recipes have an ONNX model that says the same: what each manifest says, and `steward export` goes by."""

from steward.spec.recipe import BOOSTING, Recipe


def onnx_obstacle(recipe: Recipe) -> str:
    """What of a recipe has no operator in ONNX that says the same; empty where it converts.

    It follows from the recipe alone, so that it needs no package that converts; a test converts each kind.

    >>> onnx_obstacle(Recipe(estimator="LogisticRegression"))
    ''
    >>> onnx_obstacle(Recipe(estimator="LogisticRegression", calibration="isotonic"))
    'skl2onnx has no isotonic calibration that says the same'
    """
    if recipe.estimator == "IsolationForest":
        return "IsolationForest becomes a classifier of Steward's own (AnomalyClassifier), which ONNX does not have"
    if recipe.preprocessed.transformer == "QuantileTransformer":
        return "ONNX has no operator for QuantileTransformer"
    if recipe.calibration == "isotonic":
        return "skl2onnx has no isotonic calibration that says the same"
    if recipe.calibration and recipe.estimator in BOOSTING:
        return "skl2onnx calibrates the probability of boosted trees, and not their score"
    return ""
