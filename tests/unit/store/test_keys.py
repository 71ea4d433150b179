"""Keys: what a window, a batch and an upload are called, and that no two share a name."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from steward.spec.windows import Window
from steward.store import keys

moments = st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second, UTC))
lengths = st.sampled_from([timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1), timedelta(days=7)])


@given(moments, lengths)
def test_a_records_key_tells_its_window_and_its_batch(moment: datetime, length: timedelta) -> None:
    window = Window.containing(moment, length)
    key = keys.records("predictions", "lemons", window, "20240101T000000Z-0123456789ab")
    assert key.startswith(keys.window_records("predictions", "lemons", window))
    assert keys.window_start(key) == window.start
    assert keys.batch_of(key) == "20240101T000000Z-0123456789ab"


@given(moments, moments, lengths)
def test_windows_share_no_prefix(one: datetime, other: datetime, length: timedelta) -> None:
    first, second = Window.containing(one, length), Window.containing(other, length)
    same = keys.window_records("labels", "lemons", first) == keys.window_records("labels", "lemons", second)
    assert same == (first == second)


def test_an_inbox_key_of_another_shape_is_none() -> None:
    assert keys.InboxKey.parse("inbox/lemons/predictions/a/b.csv") == keys.InboxKey("lemons", "predictions", "a/b.csv")
    for wrong in ("inbox/a.csv", "inbox/lemons/a.csv", "inbox/lemons/predictions/", "outbox/lemons/predictions/a.csv"):
        assert keys.InboxKey.parse(wrong) is None


def test_rejected_rows_are_released_beside_their_upload_and_those_of_corrections_for_the_same_defect() -> None:
    uploaded = keys.InboxKey("lemons", "predictions", "2024/may.csv.gz")
    assert keys.released(uploaded, "batch", ".csv") == "inbox/lemons/predictions/released/batch.csv"
    assert keys.is_released(keys.released(uploaded, "20240101T000000Z-0123456789ab", ""))
    assert not keys.is_released("inbox/lemons/predictions/released/may.csv")
    for asked in ("predictions", "withdrawn-labels"):
        correction = keys.InboxKey("lemons", "corrections", f"d1/{asked}/right.jsonl")
        place = keys.InboxKey.parse(keys.released(correction, "batch", ".jsonl"))
        assert place == keys.InboxKey("lemons", "corrections", f"d1/{asked}/released/batch.jsonl")
        assert keys.CorrectionKey.parse(place) == keys.CorrectionKey.parse(correction)
