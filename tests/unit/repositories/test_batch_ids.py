"""Batch ids tell the upload that they follow from; those of earlier releases, which do not, do no harm."""

import pytest

from steward.repositories.uploads import correlation_of, sequencer_of

ORDER, CORRELATION = "0000617f08299329d18a", "0123456789abcdef"
BATCH = f"20240101T000000Z-{ORDER}-{CORRELATION}"


@pytest.mark.parametrize("ending", ["", "-placed", "-0123abcd-replaced", "-corrected-0123abcd"])
def test_a_batch_and_what_is_made_of_it_tell_their_upload(ending: str) -> None:
    assert (sequencer_of(BATCH + ending), correlation_of(BATCH + ending)) == (ORDER, CORRELATION)


@pytest.mark.parametrize("batch", ["20240101T000000Z-0123456789ab", "20240101T000000Z-0123456789ab-placed"])
def test_a_batch_of_an_earlier_release_tells_none(batch: str) -> None:
    assert (sequencer_of(batch), correlation_of(batch)) == ("", "")
