"""An id, or enough of its beginning, names one thing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.lineage.identifiers import Identified, UnknownId, release_id, resolve
from steward.releasing.routing import Promotion
from tests.unit.examples import START

identities = st.text("0123456789abcdef-", min_size=1, max_size=12)
things = st.lists(st.builds(Identified, kind=st.just("dataset"), id=identities, key=st.just("k")), unique=True)


@given(things, identities)
def test_a_prefix_names_what_alone_begins_with_it_or_nothing(known: list[Identified], prefix: str) -> None:
    begins = [item for item in known if item.id.startswith(prefix)]
    exact = [item for item in known if item.id == prefix]
    expected = exact or begins
    if len(expected) == 1:
        assert resolve(prefix, known, "lemons") == expected[0]
    else:
        with pytest.raises(UnknownId):
            resolve(prefix, known, "lemons")


def test_an_ambiguous_prefix_lists_what_it_may_mean() -> None:
    known = [Identified("version", f"20240110-{number}", "") for number in range(8)]
    with pytest.raises(UnknownId, match=r"may mean version 20240110-0, .* and 2 more: say more"):
        resolve("2024", known, "lemons")


def test_an_id_that_is_the_beginning_of_another_names_itself() -> None:
    known = [Identified("dataset", "ab", ""), Identified("dataset", "abc", "")]
    assert resolve("ab", known, "lemons").id == "ab"


@pytest.mark.parametrize("prefix", ["", "x"])
def test_what_is_not_there_is_said_with_what_to_do(prefix: str) -> None:
    with pytest.raises(UnknownId, match="`steward log lemons` shows ids"):
        resolve(prefix, [Identified("dataset", "ab", "")], "lemons")


@pytest.mark.parametrize(
    "change", [{"version": "v2"}, {"run": "r2"}, {"promoted_at": START + timedelta(microseconds=1)}]
)
def test_a_release_has_an_id_of_its_own(change: dict[str, object]) -> None:
    promotion = Promotion(version="v", run="r", as_of=START, promoted_at=START)
    assert release_id(promotion) == release_id(promotion.model_copy())
    assert release_id(promotion.model_copy(update=change)) != release_id(promotion)
