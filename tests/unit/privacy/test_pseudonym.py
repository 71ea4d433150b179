"""Pseudonyms: one for all spellings of a value, none without the key."""

from hypothesis import assume, given
from hypothesis import strategies as st

from steward.privacy.pseudonym import derivation_message, is_pseudonym, pseudonym
from steward.records.canonical import canonical_category, canonical_id, canonical_label

KEY, OTHER = b"k" * 32, b"l" * 32
texts = st.text(max_size=40)


@given(texts)
def test_a_pseudonym_is_one_for_all_spellings_and_stays_what_it_is(value: str) -> None:
    found = pseudonym(KEY, value)
    assert found == pseudonym(KEY, canonical_id(value)) == pseudonym(KEY, f" {value} ")
    assert found == canonical_id(found) == canonical_category(found) == canonical_label(found)
    assert pseudonym(KEY, found) == found == pseudonym(OTHER, found)


@given(texts, texts)
def test_values_differ_where_pseudonyms_do(one: str, other: str) -> None:
    assert (pseudonym(KEY, one) == pseudonym(KEY, other)) == (canonical_id(one) == canonical_id(other))


@given(texts)
def test_another_key_gives_another_pseudonym(value: str) -> None:
    assume(canonical_id(value) and not is_pseudonym(canonical_id(value)))
    assert pseudonym(KEY, value) != pseudonym(OTHER, value)
    assert is_pseudonym(pseudonym(KEY, value))


def test_what_is_missing_stays_missing() -> None:
    assert [pseudonym(KEY, value) for value in ("", "  ", "NaN", "\\N")] == ["", "", "", ""]


def test_each_model_has_its_own_derivation() -> None:
    assert derivation_message("loans") != derivation_message("loans2")
    assert len(derivation_message("m" * 100)) <= 4096
