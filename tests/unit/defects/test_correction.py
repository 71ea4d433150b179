"""Names of what is made again: what knows of most corrections stands, whenever it was written."""

from hypothesis import given
from hypothesis import strategies as st

from steward.defects.correction import amended_name, correction_batch, is_correction, original, standing, withdraws

BATCHES = ["20240101T000000Z-aaaaaaaaaaaa", "20240102T000000Z-bbbbbbbbbbbb"]
CORRECTIONS = [correction_batch(f"202402{day:02}T000000Z-cccccccccccc", withdrawn=day % 2 == 0) for day in range(1, 6)]


@given(st.lists(st.tuples(st.sampled_from(BATCHES), st.integers(1, 5)), max_size=8), st.randoms())
def test_of_each_batch_the_profile_that_went_through_most_corrections_stands(
    made: list[tuple[str, int]], random: object
) -> None:
    names = [*BATCHES, *(amended_name(batch, CORRECTIONS[:passed]) for batch, passed in made)]
    random.shuffle(names)  # type: ignore[attr-defined]
    expected = []
    for batch in BATCHES:
        most = max((passed for name, passed in made if name == batch), default=0)
        expected.append(amended_name(batch, CORRECTIONS[:most]) if most else batch)
    assert standing(names) == sorted(expected)


@given(st.sets(st.sampled_from(CORRECTIONS), min_size=1))
def test_a_name_follows_from_the_batch_and_its_corrections(corrections: set[str]) -> None:
    one, other = (
        amended_name(BATCHES[0], sorted(corrections)),
        amended_name(BATCHES[0], sorted(corrections, reverse=True)),
    )
    assert one == other
    assert original(one) == BATCHES[0]
    assert not is_correction(one)


def test_a_batch_says_whether_it_replaces_or_withdraws() -> None:
    replaced, withdrawn = CORRECTIONS[0], CORRECTIONS[1]
    assert (is_correction(replaced), withdraws(replaced)) == (True, False)
    assert (is_correction(withdrawn), withdraws(withdrawn)) == (True, True)
    assert is_correction(amended_name(replaced, [withdrawn]))
