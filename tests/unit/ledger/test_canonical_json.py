"""The hash of an entry is that of RFC 8785, whichever way it is computed."""

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from steward.governance.verify_bundle import _canonical
from steward.ledger.canonical_json import read_entry
from tests.unit.properties import some_examples

texts = st.text(max_size=6)
whole = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
with_fractions = whole | st.floats(allow_nan=False, allow_infinity=False)


@some_examples(150)
@given(st.dictionaries(texts, with_fractions, max_size=5), texts)
def test_an_entry_has_the_hash_of_its_canonical_json_without_its_hash(content: dict, claimed: str) -> None:
    expected = hashlib.sha256(rfc8785.dumps({name: one for name, one in content.items() if name != "hash"})).hexdigest()
    read, found = read_entry(json.dumps({**content, "hash": claimed}).encode())
    assert found == expected
    assert read["hash"] == claimed


@some_examples(150)
@given(st.dictionaries(texts, whole, max_size=5))
def test_the_script_of_bundles_writes_the_same_canonical_json(content: dict) -> None:
    assert _canonical(content).encode() == rfc8785.dumps(content)


def test_what_is_no_object_is_no_entry() -> None:
    for body in (b"[]", b"", b"\xff", b'"x"'):
        with pytest.raises(ValueError, match=r".+"):
            read_entry(body)
