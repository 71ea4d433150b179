"""The upload that an object was made from can be named in S3's user metadata whatever its key is."""

from hypothesis import given
from hypothesis import strategies as st

from steward.store.keys import InboxKey
from steward.store.source import note_source, source_key
from tests.unit.properties import some_examples

SOME = some_examples(200)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=1000).map(
    lambda name: name.encode()[:990].decode(errors="ignore")
)


@SOME
@given(name=NAMES.filter(len))
def test_a_key_of_any_script_and_length_is_found_again(name: str) -> None:
    key = f"inbox/flights/predictions/{name}"
    noted = {"environment": "production"} | note_source(key, "v" * 32)
    assert source_key(noted) == key
    assert sum(len(field) + len(text) for field, text in noted.items()) <= 2048
    assert all(text.isascii() and text.isprintable() for text in noted.values())


@SOME
@given(name=NAMES.filter(len))
def test_the_model_and_the_kind_are_told_whatever_the_name_is(name: str) -> None:
    assert InboxKey.parse(f"inbox/flights/predictions/{name}") == InboxKey("flights", "predictions", name)
