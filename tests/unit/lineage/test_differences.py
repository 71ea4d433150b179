"""What differs between two specs, datasets and versions is named, and nothing else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steward.lineage.differences import of_datasets, of_specs, of_versions
from steward.lineage.fields import changed_fields
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.spec.recipe import Recipe
from tests.unit.examples import DAY, SPEC, START, evaluation, manifest, spec, stored

documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=4) | st.lists(inner, max_size=2)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.text("abc", min_size=1, max_size=2), documents, max_size=4)


@given(objects)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert changed_fields(document, document) == []


@given(objects, objects)
def test_a_difference_turned_round_is_the_other_way_round(before: dict[str, Any], after: dict[str, Any]) -> None:
    there = [(change.field, change.before, change.after) for change in changed_fields(before, after)]
    back = [(change.field, change.after, change.before) for change in changed_fields(after, before)]
    assert there == back


def dataset(*objects: tuple[str, str], days: int = 1) -> DatasetManifest:
    items = tuple(DatasetObject(kind="labels", batch=key, stored=stored(key, sha)) for key, sha in objects)
    return DatasetManifest(model="lemons", start=None, holdout_start=START, end=START + days * DAY, objects=items)


def test_objects_of_datasets_are_told_apart_by_key_and_bytes() -> None:
    a, b = "a" * 64, "b" * 64
    found = of_datasets(dataset(("k1", a), ("k2", a), ("k3", a)), dataset(("k2", a), ("k3", b), ("k4", a), days=2))
    assert (found.only_before, found.only_after, found.changed, found.same) == (["k1"], ["k4"], ["k3"], 1)
    assert [change.field for change in found.spans] == ["end"]


def test_fields_of_specs_are_named_by_their_path() -> None:
    found = of_specs(spec(), spec(SPEC.replace("length: 1d", "length: 7d").replace("maximum: 60", "maximum: 70")))
    assert [change.field for change in found] == ["features.age.maximum", "window.length"]


def test_versions_differ_in_recipe_metrics_and_importances() -> None:
    first = manifest()
    recipe = Recipe(estimator="LogisticRegression", parameters={"C": 2.0}, seed=7)
    second = first.model_copy(update={
        "recipe": recipe, "libraries": {"numpy": "2.6.0", "scikit-learn": "1.9.0"}, "training_rows": 99,
        "platform": {"architecture": "x86_64", "numpy": "openblas 0.3, Sandybridge, 1 thread"},
        "features": ["age", "make", "colour"], "importances": {"age": 0.5},
    })  # fmt: skip
    better = evaluation().model_copy(update={"metrics": {"roc_auc": 0.9}})
    found = of_versions(first, second, (evaluation(), better))
    assert [(change.field, change.before, change.after) for change in found.recipe] == [("parameters.C", 0.5, 2.0)]
    assert [change.field for change in found.libraries] == ["numpy"]
    assert [(change.field, change.after) for change in found.platform] == [
        ("numpy", "openblas 0.3, Sandybridge, 1 thread")
    ]
    assert found.features == {"before": ["mileage"], "after": ["colour"]}
    assert (found.metrics["roc_auc"].before, found.metrics["roc_auc"].after) == (0.8123, 0.9)
    assert found.metrics["log_loss"].after is None
    assert (found.importances["age"].before, found.importances["age"].after) == (None, 0.5)
    assert (found.training_rows.before, found.training_rows.after) == (12_345, 99)


def test_a_version_trained_elsewhere_has_no_recipe_to_compare() -> None:
    adopted = manifest().model_copy(update={"recipe": None})
    fields = [change.field for change in of_versions(adopted, manifest(), (None, None)).recipe]
    assert "estimator" in fields
