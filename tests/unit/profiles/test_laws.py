"""Profiles of every kind of column add up: counts, histograms, extremes and samples exactly, sums to 1e-12."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.profiles.merging import merge
from steward.profiles.packing import unpack
from steward.profiles.profile import Profile, ProfileBuilder
from tests.unit.profiles.everything import BINS, NAMES, POOL_ROWS, SAMPLE_ROWS, portion, profile
from tests.unit.properties import some_examples

rows = st.lists(st.integers(0, POOL_ROWS - 1), max_size=40)
PACKED = ("vectors", "features")


def parted(document, place=()):
    """What must be exact, and the floating-point sums with the size that their rounding is measured by."""
    exact, sums = {}, {}
    for name, value in document.items():
        here = (*place, name)
        if isinstance(value, dict):
            exact[name], inner = parted(value, here)
            sums |= inner
        elif name in {"total", "squares", "absolute"}:
            size = math.sqrt(document["squares"] * max(1, document["rows"])) if "squares" in document else 0
            sums[here] = (value, max(size, document.get("absolute", 0)) if name == "total" else 0)
        elif name in PACKED and isinstance(value, str):
            sums |= {(*here, at): (number, document["count"] * 4) for at, number in enumerate(unpack(value, "<f8"))}
        else:
            exact[name] = value
    return exact, sums


def assert_same(one: Profile, other: Profile) -> None:
    (exact, sums), (other_exact, other_sums) = (parted(json.loads(found.to_json())) for found in (one, other))
    assert exact == other_exact
    assert sums.keys() == other_sums.keys()
    for place, (value, size) in sums.items():
        assert math.isclose(value, other_sums[place][0], rel_tol=1e-12, abs_tol=1e-12 * size), place


def test_the_laws_are_about_every_part():
    found = json.loads(profile(list(range(POOL_ROWS))).to_json())
    assert [name for name, value in found.items() if not value] == ["batches"]
    assert set(found["features"]) == {
        "price", "region", "new", "sold.age", "sold.weekday", "sold.hour", "comment.length", "comment.words",
        "comment.non_letters", "comment.out_of_vocabulary", "image.norm", "image.cosine",
    }  # fmt: skip
    assert set(found["outputs"]) == {
        "scores.cat", "scores.dog", "prediction", "toxicity",
        "answer.length", "answer.words", "answer.non_letters", "answer.out_of_vocabulary",
    }  # fmt: skip
    assert {name: set(groups) for name, groups in found["segments"].items()} == {
        "place": {*BINS.segments["place"].values, "other"},
        "dear": {"true"},
    }
    assert all(summary["rows"] == POOL_ROWS for summary in (found["features"] | found["outputs"]).values())


@some_examples(60)
@given(rows, rows)
def test_addition_commutes(one, other):
    assert (profile(one) + profile(other)).to_json() == (profile(other) + profile(one)).to_json()


@some_examples(60)
@given(rows, rows, rows)
def test_addition_associates(one, two, three):
    a, b, c = profile(one), profile(two), profile(three)
    assert_same((a + b) + c, a + (b + c))


@some_examples(60)
@given(rows)
def test_the_empty_profile_changes_nothing(one):
    empty = Profile.empty(BINS, SAMPLE_ROWS)
    assert (profile(one) + empty).to_json() == profile(one).to_json() == (empty + profile(one)).to_json()
    assert profile([]).to_json() == empty.to_json()


@some_examples(100)
@given(rows, st.lists(st.integers(0, 40), max_size=3), st.randoms(use_true_random=False))
def test_any_split_in_any_order_gives_the_profile_of_the_whole(one, places, random):
    shuffled = list(one)
    random.shuffle(shuffled)
    bounds = [0, *sorted(places), len(shuffled)]
    pieces = [shuffled[begin:end] for begin, end in pairwise(bounds)]
    whole = profile(one)
    assert_same(sum((profile(piece) for piece in pieces), start=Profile.empty(BINS, SAMPLE_ROWS)), whole)
    gathering = ProfileBuilder(BINS, NAMES, SAMPLE_ROWS)
    for piece in pieces:
        gathering.add(portion(piece))
    assert_same(gathering.profile(), whole)


@some_examples(40)
@given(st.lists(rows, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_batches_in_any_order_give_the_same_bytes(batches, random):
    profiles = [profile(found, 1000).of_batch(f"batch-{at}") for at, found in enumerate(batches)]
    again = list(profiles)
    random.shuffle(again)
    assert merge(again, BINS).to_json() == merge(profiles, BINS).to_json()


@some_examples(40)
@given(rows)
def test_json_reads_back_as_written(one):
    assert Profile.from_json(profile(one).to_json()).to_json() == profile(one).to_json()


@pytest.mark.parametrize("rows", [[], [0], [0, 1]])
def test_hardly_any_rows_are_a_profile_too(rows):
    found = profile(rows)
    assert (found.rows, len(found.sample), found.intake.accepted) == (len(rows),) * 3
    assert np.isfinite([summary.total for summary in found.features.values() if summary.type == "numeric"]).all()
