"""Whatever bytes a file has, it is taken in, partly taken in, or refused with a reason; nothing ends the process."""

from collections import Counter

import pytest

from tests.unit.mutated_files import base_files, inbox, mutation, verdict

SAMPLE, ALL, AT_ONCE = 25, 10_000, 250


def ends(numbers: range) -> Counter[str]:
    with inbox() as uploads:
        return Counter(verdict(uploads.take_in(*mutation(number)[1:])) for number in numbers)


def test_files_that_are_not_changed_are_taken_in():
    with inbox() as uploads:
        assert {name: verdict(uploads.take_in(*file)) for name, file in base_files().items()} == dict.fromkeys(
            base_files(), "taken in"
        )


def test_a_sample_of_mutated_files_is_taken_in_or_refused_with_a_reason():
    found = ends(range(SAMPLE))
    assert found.total() == SAMPLE
    assert found.keys() == {"taken in", "partly taken in", "refused"}


@pytest.mark.parametrize("level", [b"\x1c", b"\x19"], ids=["structs", "lists"])
def test_a_footer_nested_without_end_is_refused(level):
    footer = level * 200_000
    with inbox() as uploads:
        event = uploads.take_in("parquet", b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    assert verdict(event) == "refused"


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(SAMPLE, ALL, AT_ONCE))
def test_all_mutated_files_are_taken_in_or_refused_with_a_reason(first):
    assert ends(range(first, min(first + AT_ONCE, ALL))).keys() <= {"taken in", "partly taken in", "refused"}
