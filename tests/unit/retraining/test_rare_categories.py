"""The rarest categories beyond a recipe's limit count as one; within it scikit-learn need not count them."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from steward.retraining.pipelines import column_transformer
from steward.spec.recipe import Recipe

LIMIT = 5
ORDINAL = partial(
    OrdinalEncoder, handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2, dtype=np.float64
)
ONE_HOT = partial(OneHotEncoder, handle_unknown="infrequent_if_exist", sparse_output=False)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("categories", range(1, LIMIT + 3))
@pytest.mark.parametrize(("encoder", "counting"), [("OrdinalEncoder", ORDINAL), ("OneHotEncoder", ONE_HOT)])
def test_codes_are_those_of_an_encoder_that_counts(
    encoder: str, counting: Any, categories: int, *, missing: bool
) -> None:
    cells = [name for at, name in enumerate("abcdefgh"[:categories]) for _ in range(at + 1)] + [None] * missing
    frame = pd.DataFrame({"make": pd.Series(cells, dtype=object)})
    recipe = Recipe.model_validate(
        {"estimator": "GaussianNB", "preprocessing": {"encoder": encoder, "maximum_categories": LIMIT}}
    )
    fitted = column_transformer(recipe, "binary_classification", ["make"], [], frame).fit(frame)
    expected = counting(max_categories=LIMIT).fit(frame)
    unseen = pd.concat([frame, pd.DataFrame({"make": ["unseen", None]})], ignore_index=True)
    np.testing.assert_array_equal(fitted.transform(unseen), expected.transform(unseen))
