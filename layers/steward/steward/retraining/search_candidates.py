"""The combinations of parameters that a search tries, in the order in which it tries them."""

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence

from steward.spec.recipe import ParameterRange, ParameterSearch, Recipe, Scalar

type Combination = dict[str, Scalar]
"""Values of the parameters that a search tries; of those that it does not try, the declared ones hold."""

_DIGITS = 3
"""Of a number that is drawn from a range: enough to find a maximum by, and few enough to read."""

_DRAWS = 50
"""Times that a combination is drawn again where it was drawn before."""


def combinations(recipe: Recipe) -> Sequence[Combination]:
    """The declared parameters, which the empty combination stands for, and then others, all different.

    All combinations of lists where they are no more than `tries`; otherwise a seeded random sample, which beats a grid
    where few parameters matter (J. Bergstra and Y. Bengio, 2012, Random search for hyper-parameter optimization, JMLR).
    It follows from the recipe alone, and a smaller number of tries gives the beginning of it.

    >>> search = ParameterSearch(parameters={"alpha": [0.1, 1.0, 10]})
    >>> combinations(Recipe(estimator="Ridge", parameters={"alpha": 1.0}, search=search))
    [{}, {'alpha': 0.1}, {'alpha': 10}]
    """
    search = recipe.search
    if search is None:
        return [{}]
    found: dict[str, Combination] = {_key(recipe, {}): {}}
    for combination in _all(search) or _draw(search, recipe.seed):
        if len(found) == search.tries:
            break
        found.setdefault(_key(recipe, combination), combination)
    return list(found.values())


def with_parameters(recipe: Recipe, combination: Mapping[str, Scalar]) -> Recipe:
    """The recipe with other values of some parameters, and nothing more to search."""
    parameters = {**recipe.parameters, **combination}
    return recipe.model_copy(update={"parameters": parameters, "search": None})


def _key(recipe: Recipe, combination: Combination) -> str:
    """What tells combinations apart: true is not 1, and 1.0 is not 1."""
    return repr(sorted({**recipe.parameters, **combination}.items(), key=lambda item: item[0]))


def _all(search: ParameterSearch) -> list[Combination]:
    """Every combination of lists; nothing where they are too many, or there is a range."""
    lists = {name: values for name, values in search.parameters.items() if isinstance(values, list)}
    if len(lists) < len(search.parameters) or math.prod(map(len, lists.values())) > search.tries:
        return []
    return [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]


def _draw(search: ParameterSearch, seed: int) -> Iterator[Combination]:
    generator = random.Random(seed)  # noqa: S311 - no secret; of all generators this one is the same in every release
    for _ in range(_DRAWS * search.tries):
        yield {name: _one_of(values, generator.random()) for name, values in search.parameters.items()}


def _one_of(values: Sequence[Scalar] | ParameterRange, place: float) -> Scalar:
    """The value at a place in [0, 1) of a list or a range."""
    if not isinstance(values, ParameterRange):
        return values[int(place * len(values))]
    low, high = values.minimum, values.maximum
    if values.whole:
        if not values.log:
            return int(low) + int(place * (high - low + 1))
        return min(int(high), int(low * ((high + 1) / low) ** place))
    number = low * (high / low) ** place if values.log else low + place * (high - low)
    return min(float(high), max(float(low), float(f"{number:.{_DIGITS}g}")))
