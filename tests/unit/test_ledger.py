"""The chain shows every change to what it has bound."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import LedgerBroken
from steward.ledger import GENESIS, Decision, LedgerEntry, verify, verify_extract
from tests.unit.properties import some_examples

from .examples import START, stored

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
decisions = st.builds(
    Decision,
    identity=st.text(),
    model=st.just("lemons"),
    action=st.sampled_from(["alert_raised", "training_declined", "champion_promoted"]),
    subject=st.text(),
    summary=st.text(),
    as_of=moments,
    correlation_id=st.text(),
    evidence=st.lists(st.builds(stored, st.text()), max_size=2).map(tuple),
)


def chained(decided: list[Decision]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for decision in decided:
        head = entries[-1] if entries else None
        entries.append(LedgerEntry.following(head, decision, function="raise_alerts", recorded_at=START))
    return entries


chains = st.lists(decisions, min_size=2, max_size=6).map(chained)
places = st.integers(0, 5)


@some_examples(40)
@given(st.lists(decisions, max_size=6))
def test_a_chain_verifies_after_it_was_stored_and_read(decided: list[Decision]) -> None:
    read = [LedgerEntry.model_validate_json(entry.model_dump_json()) for entry in chained(decided)]
    assert list(verify(read)) == read
    assert [entry.sequence for entry in read] == list(range(1, len(decided) + 1))


@some_examples(40)
@given(chains)
def test_each_entry_names_the_one_before_it(chain: list[LedgerEntry]) -> None:
    assert [entry.previous for entry in chain] == [GENESIS, *(entry.hash for entry in chain[:-1])]


@some_examples(40)
@given(
    chains,
    places,
    st.sampled_from(
        ["summary", "subject", "identity", "function", "correlation_id", "as_of", "recorded_at", "evidence"]
    ),
)
def test_an_altered_entry_is_found(chain: list[LedgerEntry], place: int, altered: str) -> None:
    at = place % len(chain)
    long_ago = datetime(1999, 1, 1, tzinfo=UTC)
    other = {"as_of": long_ago, "recorded_at": long_ago, "evidence": (stored("x"),) * 3}
    value = other.get(altered) or f"{getattr(chain[at], altered)}!"
    chain[at] = chain[at].model_copy(update={altered: value})
    with pytest.raises(LedgerBroken, match=f"entry {at + 1} was altered"):
        verify(chain)


@some_examples(40)
@given(chains, places)
def test_an_altered_entry_is_found_even_with_its_hash_made_anew(chain: list[LedgerEntry], place: int) -> None:
    at = place % (len(chain) - 1)
    altered = chain[at].model_copy(update={"summary": chain[at].summary + "!"})
    chain[at] = altered.model_copy(update={"hash": altered.digest()})
    with pytest.raises(LedgerBroken, match=f"entry {at + 2} does not follow entry {at + 1}"):
        verify(chain)


@some_examples(40)
@given(chains, places)
def test_a_dropped_entry_is_found_when_anything_follows_it(chain: list[LedgerEntry], place: int) -> None:
    at = place % (len(chain) - 1)
    del chain[at]
    with pytest.raises(LedgerBroken, match=f"entry {at + 1} is missing"):
        verify(chain)


@some_examples(40)
@given(chains, places, places)
def test_swapped_entries_are_found(chain: list[LedgerEntry], one: int, other: int) -> None:
    one, other = one % len(chain), other % len(chain)
    if one == other:
        other = (one + 1) % len(chain)
    chain[one], chain[other] = chain[other], chain[one]
    with pytest.raises(LedgerBroken, match=f"entry {min(one, other) + 1} is missing"):
        verify(chain)


@some_examples(40)
@given(chains, places, decisions)
def test_an_inserted_entry_is_found(chain: list[LedgerEntry], place: int, decision: Decision) -> None:
    at = place % len(chain)
    head = chain[at - 1] if at else None
    chain.insert(at, LedgerEntry.following(head, decision, function="intruder", recorded_at=START))
    with pytest.raises(LedgerBroken):
        verify(chain)


@some_examples(40)
@given(chains)
def test_an_entry_told_twice_is_found(chain: list[LedgerEntry]) -> None:
    with pytest.raises(LedgerBroken, match=f"entry {len(chain) + 1} is missing"):
        verify([*chain, chain[-1]])


@some_examples(40)
@given(chains, places, places)
def test_any_part_of_a_chain_verifies_as_an_extract_and_none_with_a_gap(
    chain: list[LedgerEntry], first: int, last: int
) -> None:
    part = chain[first : last + 1]
    if not part:
        with pytest.raises(LedgerBroken, match="no entry"):
            verify_extract(part)
        return
    assert list(verify_extract(part)) == part
    for gone in range(1, len(part) - 1):
        with pytest.raises(LedgerBroken):
            verify_extract([*part[:gone], *part[gone + 1 :]])
    with pytest.raises(LedgerBroken):
        verify_extract([part[0].model_copy(update={"summary": "another"}), *part[1:]])
