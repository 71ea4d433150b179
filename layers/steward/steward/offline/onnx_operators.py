"""ONNX operators for the encoders and trees of recipes, for which skl2onnx has none that agree with scikit-learn.

skl2onnx 1.20 loses where missing values go in a forest, unknown and rare categories, and cannot write histogram
gradient boosting. Inputs are text for categories, empty where missing, and numbers in single precision.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from steward.attribution.trees import BOOSTING, FORESTS, Tree, trees_of
from steward.spec.recipe import regresses

_ML = "ai.onnx.ml"
_MISSING_CODE = 256


def converters() -> dict[type, Callable[..., None]]:
    """What writes the operator of each estimator."""
    encoders: dict[type, Callable[..., None]] = {OneHotEncoder: _write_one_hot, OrdinalEncoder: _write_codes}
    return encoders | dict.fromkeys((*BOOSTING, *FORESTS), _write_trees)


def shapes() -> dict[type, Callable[..., None]]:
    """What tells the types of its outputs."""
    encoders: dict[type, Callable[..., None]] = {OneHotEncoder: _one_hot_shape, OrdinalEncoder: _codes_shape}
    return encoders | dict.fromkeys((*BOOSTING, *FORESTS), _trees_shape)


def _one_hot_shape(operator: Any) -> None:
    width = sum(len(columns) for _, columns in map(_one_hot_columns, *_columns_of(operator.raw_operator)))
    operator.outputs[0].type = FloatTensorType([None, width])


def _codes_shape(operator: Any) -> None:
    operator.outputs[0].type = FloatTensorType([None, len(operator.raw_operator.categories_)])


def _trees_shape(operator: Any) -> None:
    estimator = operator.raw_operator
    if regresses(type(estimator).__name__):
        operator.outputs[0].type = FloatTensorType([None, 1])
    else:
        operator.outputs[0].type = Int64TensorType([None])
        operator.outputs[1].type = FloatTensorType([None, len(estimator.classes_)])


def _columns_of(encoder: Any) -> tuple[list[Any], list[int]]:
    return [encoder] * len(encoder.categories_), list(range(len(encoder.categories_)))


def _text(category: object) -> str:
    return "" if category is None or category != category else str(category)  # noqa: PLR0124 - not a number


def _one_hot_columns(encoder: OneHotEncoder, at: int) -> tuple[dict[str, int], range]:
    """Of one column the place of each category among its encoded columns, and these places."""
    rows = np.full((len(encoder.categories_[at]), len(encoder.categories_)), None, dtype=object)
    rows[:] = [categories[0] for categories in encoder.categories_]
    rows[:, at] = encoder.categories_[at]
    encoded = encoder.transform(rows)
    dense = encoded.toarray() if hasattr(encoded, "toarray") else np.asarray(encoded)
    varying = dense[:, _start(encoder, at) : _start(encoder, at + 1)]
    places = {
        _text(category): int(place)
        for category, place in zip(encoder.categories_[at], varying.argmax(axis=1), strict=True)
    }
    return places, range(varying.shape[1])


def _start(encoder: OneHotEncoder, at: int) -> int:
    """The first encoded column of a column."""
    rare = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    widths = [
        len(categories) - (len(few) - 1 if few is not None and len(few) else 0)
        for categories, few in zip(encoder.categories_, rare, strict=True)
    ]
    return sum(widths[:at])


def _lookup(scope: Any, container: Any, text: str, values: Mapping[str, float], default: float) -> str:
    """A number for each text."""
    found: str = scope.get_unique_variable_name("code")
    container.add_node(
        "LabelEncoder", [text], [found], op_domain=_ML, op_version=2, name=scope.get_unique_operator_name("Lookup"),
        keys_strings=list(values), values_floats=[float(value) for value in values.values()], default_float=default,
    )  # fmt: skip
    return found


def _column(scope: Any, container: Any, matrix: str, at: int) -> str:
    """One column of a matrix, shape (rows, 1)."""
    index, found = scope.get_unique_variable_name("index"), scope.get_unique_variable_name("column")
    container.add_initializer(index, TensorProto.INT64, [1], [at])
    _add(scope, container, "Gather", [matrix, index], found, axis=1)
    return str(found)


def _add(scope: Any, container: Any, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
    container.add_node(
        kind, inputs, [output], op_domain="", op_version=18, name=scope.get_unique_operator_name(kind), **attributes
    )
    return output


def _write_codes(scope: Any, operator: Any, container: Any) -> None:
    encoder, matrix = operator.raw_operator, operator.inputs[0].full_name
    unknown = float(encoder.unknown_value)
    parts = []
    for at, categories in enumerate(encoder.categories_):
        rows = np.full((len(categories), len(encoder.categories_)), None, dtype=object)
        rows[:] = [others[0] for others in encoder.categories_]
        rows[:, at] = categories
        codes = dict(zip(map(_text, categories), encoder.transform(rows)[:, at], strict=True))
        codes.setdefault("", unknown)
        parts.append(_lookup(scope, container, _column(scope, container, matrix, at), codes, unknown))
    _add(scope, container, "Concat", parts, operator.outputs[0].full_name, axis=1)


def _write_one_hot(scope: Any, operator: Any, container: Any) -> None:
    encoder, matrix = operator.raw_operator, operator.inputs[0].full_name
    parts = []
    for at in range(len(encoder.categories_)):
        places, columns = _one_hot_columns(encoder, at)
        code = _lookup(scope, container, _column(scope, container, matrix, at), places, _unknown_place(encoder, at))
        names = [scope.get_unique_variable_name(name) for name in ("places", "equal", "ones")]
        container.add_initializer(names[0], TensorProto.FLOAT, [1, len(columns)], [float(place) for place in columns])
        _add(scope, container, "Equal", [code, names[0]], names[1])
        parts.append(_add(scope, container, "Cast", [names[1]], names[2], to=TensorProto.FLOAT))
    _add(scope, container, "Concat", parts, operator.outputs[0].full_name, axis=1)


def _unknown_place(encoder: OneHotEncoder, at: int) -> float:
    """Where a category goes that was never seen: with the rare ones where there are some."""
    rare = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))[at]
    places, _ = _one_hot_columns(encoder, at)
    return float(places[_text(rare[0])]) if rare is not None and len(rare) else -1.0


def _write_trees(scope: Any, operator: Any, container: Any) -> None:
    estimator, matrix = operator.raw_operator, operator.inputs[0].full_name
    outputs = trees_of(estimator)
    order = _input_columns(estimator)
    columns, inputs = _Columns(order), [matrix]
    ensemble = _attributes(outputs, columns)
    for flags, at in columns.members():
        inputs.append(_member(scope, container, _column(scope, container, matrix, at), flags))
    wide = inputs[0] if len(inputs) == 1 else _add(
        scope, container, "Concat", inputs, scope.get_unique_variable_name("wide"), axis=1
    )  # fmt: skip
    raw = scope.get_unique_variable_name("raw")
    container.add_node(
        "TreeEnsembleRegressor", [wide], [raw], op_domain=_ML, op_version=1, n_targets=len(outputs),
        name=scope.get_unique_operator_name("Trees"), base_values=_base(estimator, len(outputs)), **ensemble,
    )  # fmt: skip
    _write_outputs(scope, container, operator, raw)


def _input_columns(estimator: Any) -> NDArray[np.intp]:
    """Which column of the encoded matrix each column is that the trees read: boosting puts categories first."""
    order = np.arange(estimator.n_features_in_)
    coded = getattr(estimator, "is_categorical_", None)
    return order if coded is None else np.concatenate([order[coded], order[~coded]])


def _base(estimator: Any, outputs: int) -> list[float]:
    """What is added to the sums of the trees."""
    if isinstance(estimator, FORESTS):
        return [0.0] * outputs
    return [float(value) for value in np.ravel(estimator._baseline_prediction)]  # noqa: SLF001 - as its prediction does


class _Columns:
    """The columns that the trees read: those of the matrix, and one for each set of categories, 1 within it."""

    def __init__(self, order: NDArray[np.intp]) -> None:
        self._order = order
        self._sets: dict[tuple[int, bytes], int] = {}

    def numeric(self, column: int) -> int:
        """The place of a column of the matrix."""
        return int(self._order[column])

    def member(self, column: int, left: NDArray[np.bool_], *, missing_left: bool) -> int:
        """The place of whether a code of a column is in a set."""
        flags = np.append(left, missing_left)
        return self._sets.setdefault((self.numeric(column), flags.tobytes()), len(self._order) + len(self._sets))

    def members(self) -> list[tuple[NDArray[np.bool_], int]]:
        """Each set, by codes and missing, and the column that it is about."""
        return [(np.frombuffer(flags, dtype=bool), column) for column, flags in self._sets]


def _member(scope: Any, container: Any, codes: str, flags: NDArray[np.bool_]) -> str:
    """Whether each code is in a set, shape (rows, 1)."""
    names = [scope.get_unique_variable_name(name) for name in ("blank", "missing", "known", "place", "table", "flag")]
    container.add_initializer(names[1], TensorProto.FLOAT, [1], [float(_MISSING_CODE)])
    container.add_initializer(names[4], TensorProto.FLOAT, [len(flags)], [float(flag) for flag in flags])
    _add(scope, container, "IsNaN", [codes], names[0])
    _add(scope, container, "Where", [names[0], names[1], codes], names[2])
    _add(scope, container, "Cast", [names[2]], names[3], to=TensorProto.INT64)
    return _add(scope, container, "Gather", [names[4], names[3]], names[5], axis=0)


def _attributes(outputs: list[list[Tree]], columns: _Columns) -> dict[str, list[Any]]:
    """The trees as one operator: a row that is at most the threshold of a node goes to its true, left branch."""
    found: dict[str, list[Any]] = {name: [] for name in _NODES + _TARGETS}
    number = 0
    for output, trees in enumerate(outputs):
        for tree in trees:
            _add_tree(found, tree, number, output, columns)
            number += 1
    return found


_NODES = (
    "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids",
    "nodes_falsenodeids", "nodes_missing_value_tracks_true",
)  # fmt: skip
_TARGETS = ("target_treeids", "target_nodeids", "target_ids", "target_weights")


def _add_tree(found: dict[str, list[Any]], tree: Tree, number: int, output: int, columns: _Columns) -> None:
    leaf, sets = tree.leaf, {int(node): at for at, node in enumerate(tree.coded)}
    thresholds = _round_down(tree.threshold)
    for node in range(len(leaf)):
        found["nodes_treeids"].append(number)
        found["nodes_nodeids"].append(node)
        if leaf[node]:
            row: tuple[Any, ...] = (0, 0.0, "LEAF", 0, 0, 0)
            for name, value in zip(_TARGETS, (number, node, output, float(tree.value[node])), strict=True):
                found[name].append(value)
        elif node in sets:  # 1 is within the set, and goes left: more than half
            column = columns.member(
                int(tree.column[node]), tree.codes_left[sets[node]], missing_left=bool(tree.missing_left[node])
            )
            row = (column, 0.5, "BRANCH_GT", int(tree.left[node]), int(tree.right[node]), 0)
        else:
            column = columns.numeric(int(tree.column[node]))
            branches = int(tree.left[node]), int(tree.right[node])
            row = (column, float(thresholds[node]), "BRANCH_LEQ", *branches, int(tree.missing_left[node]))
        for name, value in zip(_NODES[2:], row, strict=True):
            found[name].append(value)


def _round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest number of single precision that is not above: then no number of single precision changes sides."""
    single = thresholds.astype(np.float32)
    down: NDArray[np.float32] = np.where(single > thresholds, np.nextafter(single, np.float32(-np.inf)), single)
    return down


def _write_outputs(scope: Any, container: Any, operator: Any, raw: str) -> None:
    """The link of the estimator behind the sums of its trees."""
    estimator = operator.raw_operator
    last = operator.outputs[-1].full_name
    if regresses(type(estimator).__name__):
        logarithmic = isinstance(estimator, BOOSTING) and estimator.loss in {"poisson", "gamma"}
        _add(scope, container, "Exp" if logarithmic else "Identity", [raw], last)
        return
    boosted, several = isinstance(estimator, BOOSTING), len(estimator.classes_) > 2  # noqa: PLR2004 - two classes
    if several:
        if boosted:
            _add(scope, container, "Softmax", [raw], last, axis=1)
        else:
            _add(scope, container, "Identity", [raw], last)
    else:
        names = [scope.get_unique_variable_name(name) for name in ("positive", "one", "negative")]
        _add(scope, container, "Sigmoid" if boosted else "Identity", [raw], names[0])
        container.add_initializer(names[1], TensorProto.FLOAT, [1], [1.0])
        _add(scope, container, "Sub", [names[1], names[0]], names[2])
        _add(scope, container, "Concat", [names[2], names[0]], last, axis=1)
    _add(scope, container, "ArgMax", [last], operator.outputs[0].full_name, axis=1, keepdims=0)
