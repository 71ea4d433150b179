"""What is done to a ledger is found, and the right entry named: a sample; `tests.benchmarks.ledger` has them all."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.checkpoints import ChainHead
from tests.benchmarks.ledger.recorded import Recorded, examine_chain, record
from tests.benchmarks.ledger.tampering import TAMPERINGS, Tamper
from tests.unit.properties import some_examples

WAYS = [way for ways in TAMPERINGS.values() for way in ways]


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """A ledger of three models with four checkpoints."""
    return record(models=3, entries=130, every=30)


def test_a_ledger_that_nobody_touched_holds_whole_and_from_its_last_checkpoint_on(recorded: Recorded) -> None:
    assert recorded.examine() == []
    assert recorded.examine(whole=False) == []


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
def test_tampering_is_found_and_the_right_entry_is_named(recorded: Recorded, way: Tamper) -> None:
    draw = random.Random(way.__name__)  # noqa: S311 - a seed
    for _ in range(12):
        ledger = recorded.copy()
        expected = way(ledger, draw)
        found = ledger.examine()
        assert expected.matches(found), (expected, found)


def test_the_kind_is_named_too(recorded: Recorded) -> None:
    names = {"remove": "removed", "insert": "inserted", "reorder": "reordered", "cut": "cut", "remove_marker": "marker"}
    ways = {way.__name__: way for way in WAYS}
    for name, kind in names.items():
        ledger = recorded.copy()
        draw = random.Random(3)  # noqa: S311 - a seed
        expected = ways[name](ledger, draw)
        first = next(one for one in ledger.examine() if one.model == expected.model)
        assert first.kind == kind


def test_a_cut_that_no_checkpoint_covers_is_found_by_who_kept_a_message(recorded: Recorded) -> None:
    """Even if the markers are gone too: the head that went out with a report or an audit is a witness."""
    chain = recorded.copy().chains["model-1"]
    head = chain.head()
    del chain.bodies[head.sequence]
    chain.markers = {name: marker for name, marker in chain.markers.items() if marker.sequence != head.sequence}
    assert examine_chain(chain, [], None) == []
    (found,) = examine_chain(chain, [head], None)
    assert (found.kind, found.first) == ("cut", head.sequence)


@some_examples(40)
@given(st.integers(1, 40), st.integers(0, 39), st.integers(1, 60))
def test_a_part_is_examined_from_any_entry_that_is_known(
    recorded: Recorded, start: int, changed: int, other: int
) -> None:
    chain = recorded.copy().chains["model-0"]
    start = min(start, len(chain.bodies))
    contents = chain.contents()
    known = ChainHead(model="model-0", sequence=start, hash=contents[start - 1]["hash"])
    assert examine_chain(chain, [], known) == []
    place = start + changed % (len(contents) - start + 1)
    chain.bodies[place] = chain.bodies[place].replace(b"decision ", b"decisi0n ", 1)
    assert examine_chain(chain, [], known)[0].first == place
