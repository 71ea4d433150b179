"""Selects the row that counts among several uploads of one ID and their corrections.

Predictions and reference rows: the first upload. Labels: the last. A correction takes the place of what it corrects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class RecordLayer:
    """The records of one object.

    Attributes:
        batch: sorts by the time of the upload.
        rows: the records; of a withdrawal, at least their ids.
        correction: whether they stand in place of others.
        withdrawal: whether they only say which others do not count.
    """

    batch: str
    rows: "pd.DataFrame"
    correction: bool = False
    withdrawal: bool = False


def current_predictions(layers: Sequence[RecordLayer], identity: str) -> "pd.DataFrame":
    """Rows of predictions, or of reference: the first upload of an id counts, and the newest correction over it.

    Args:
        layers: the objects of some windows, corrections of these windows among them, in order of upload.
        identity: the column of ids.

    Returns:
        One row an id, without the withdrawn ones, in the order of the layers; corrected rows come last. A correction
        counts where the row is that it corrects: not any more, if that was given up to an earlier upload.
    """
    import pandas as pd  # noqa: PLC0415 - functions that never read rows do without pandas

    rows = first_rows([layer.rows for layer in layers if not layer.correction], identity)
    corrections = [layer for layer in layers if layer.correction]
    if not corrections:
        return rows
    replaced, changed = _newest_rows(corrections, identity)
    status = [part[part[identity].isin(rows[identity])] for part in replaced]
    parts = [rows[~rows[identity].isin(changed)], *(part.reindex(columns=rows.columns) for part in status)]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def first_rows(parts: "Sequence[pd.DataFrame]", identity: str) -> "pd.DataFrame":
    """One row an id, from the first part that has it."""
    import pandas as pd  # noqa: PLC0415 - as above

    return pd.concat(parts, ignore_index=True).drop_duplicates(identity, keep="first")


def current_labels(layers: Sequence[RecordLayer], identity: str) -> "pd.DataFrame":
    """Rows of labels: whatever was uploaded last for an id counts, be it a correction or another label.

    Args:
        layers: the objects of some windows, corrections of these windows among them.
        identity: the column of ids.

    Returns:
        One row an id, without the withdrawn ones.
    """
    import pandas as pd  # noqa: PLC0415 - as above

    ordered = sorted(layers, key=lambda layer: layer.batch)
    rows = [layer.rows for layer in ordered]
    if not any(layer.correction for layer in ordered):
        return pd.concat(rows, ignore_index=True).drop_duplicates(identity, keep="last")
    parts, _ = _newest_rows(ordered, identity)
    first = next(layer.rows for layer in ordered if not layer.correction)
    return pd.concat([part for part in parts if len(part)] or [first.iloc[:0]], ignore_index=True)


def _newest_rows(layers: Sequence[RecordLayer], identity: str) -> tuple[list["pd.DataFrame"], set[str]]:
    """What each layer says of ids of which no later one says anything, in their order; and all ids they speak of."""
    parts: list[pd.DataFrame] = []
    seen: set[str] = set()
    for layer in reversed(layers):
        rows = layer.rows.drop_duplicates(identity, keep="last")
        if not layer.withdrawal:
            parts.append(rows[~rows[identity].isin(seen)])
        seen.update(rows[identity].tolist())
    return parts[::-1], seen
