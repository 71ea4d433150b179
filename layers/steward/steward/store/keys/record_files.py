"""Keys of stored rows: records, rejected rows, IDs, and what is known of labels that wait."""

import re
from datetime import UTC, datetime, timedelta

from steward.spec.windows import Window

_PARTITION = timedelta(hours=1)
_RELOCATED = "-placed"
_CORRECTIONS = "corrections/"


def window_records(kind: str, model: str, window: Window) -> str:
    """Prefix of the records of one window.

    Hive-style by the window's start; windows shorter than an hour share a partition, and say their minute and second
    before the batch.
    """
    within = f"{window.start:%M%S}~" if window.length < _PARTITION else ""
    return f"{partitions(kind, model)}date={window.start:%Y-%m-%d}/hour={window.start:%H}/{within}"


def window_start(key: str) -> datetime:
    """The start of the window that a record's key is in."""
    *_, date, hour, name = key.split("/")
    within = name.split("~")[0] if "~" in name else "0000"
    stamp = f"{date.partition('=')[2]} {hour.partition('=')[2]}{within}"
    return datetime.strptime(stamp, "%Y-%m-%d %H%M%S").replace(tzinfo=UTC)


def batch_of(key: str) -> str:
    """The batch that the key of a record or a profile names."""
    return key.rsplit("/", 1)[-1].rsplit("~", 1)[-1].removesuffix(".parquet").removesuffix(".json")


def partitions(kind: str, model: str) -> str:
    """Prefix of all records of one kind."""
    return f"records/{kind}/model={model}/"


def records(kind: str, model: str, window: Window, batch: str) -> str:
    """The records of one batch in one window."""
    return f"{window_records(kind, model, window)}{batch}.parquet"


def records_of(key: str) -> tuple[str, str] | None:
    """The kind and the model of the records that a key holds; None where it is no key of records."""
    found = re.fullmatch(r"records/((?:corrections/)?[a-z]+)/model=([^/]+)/date=[^/]+/hour=[^/]+/[^/]+\.parquet", key)
    return (found[1], found[2]) if found else None


def corrections_of(kind: str) -> str:
    """The kind under which corrections of a kind's records are stored, in the partitions of what they correct."""
    return f"{_CORRECTIONS}{kind}"


def corrected_windows(model: str) -> str:
    """The windows whose predictions were corrected (compare-and-swap)."""
    return f"corrections/{model}/_windows.json"


def corrections_applied(model: str) -> str:
    """Prefix of what uploads of corrections did."""
    return f"corrections/{model}/"


def correction(model: str, batch: str) -> str:
    """What an upload of corrections did (create-only)."""
    return f"{corrections_applied(model)}{batch}.json"


def id_hashes(kind: str, model: str, batch: str) -> str:
    """The hashes of a batch's ids, which other batches compare theirs with.

    Beside `records/`, whose every object Athena and the like take for records.
    """
    return f"{id_hashes_of(kind, model)}{batch}.ids"


def id_hashes_of(kind: str, model: str) -> str:
    """Prefix of the hashes of the ids of all batches of a kind."""
    return f"ids/{kind}/model={model}/"


def waiting_labels(model: str, batch: str = "") -> str:
    """Labels that gave no time and whose prediction is not known yet; without a batch, the prefix of all."""
    return f"records/waiting/model={model}/" + (f"{batch}.parquet" if batch else "")


def relocated_batch(batch: str) -> str:
    """What a batch of labels is called in the windows of predictions that its labels did not give the time of."""
    return f"{batch}{_RELOCATED}"


def is_relocated(batch: str) -> bool:
    """Whether a batch is so called."""
    return batch.endswith(_RELOCATED)


def original_batch(batch: str) -> str:
    """The batch of labels that is called so, or itself."""
    return batch.removesuffix(_RELOCATED)


def labelled_window(model: str, window: str) -> str:
    """Says that labels of a window were stored (create-only): to ask for it is cheaper than to list what is there."""
    return f"arrivals/{model}/labels/{window}"


def untimed_labels(model: str) -> str:
    """Says that labels without a time have come (create-only), so that some may wait."""
    return f"arrivals/{model}/untimed"


def unmatched_labels(model: str, batch: str = "") -> str:
    """A file some of whose labels had no prediction when it came; without a batch, the prefix of all."""
    return f"arrivals/{model}/unmatched/" + (f"{batch}.json" if batch else "")


def deferred_uploads(model: str, batch: str = "") -> str:
    """Says that an upload waits for a first version; without a batch, the prefix of all."""
    return f"arrivals/{model}/deferred/{batch}"


def quarantines(model: str) -> str:
    """Prefix of a model's rejected rows."""
    return f"quarantine/model={model}/"


def quarantine(model: str, date: str, batch: str) -> str:
    """The rejected rows of one batch."""
    return f"{quarantines(model)}date={date}/{batch}.parquet"
