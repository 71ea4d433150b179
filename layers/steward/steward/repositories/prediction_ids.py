"""IDs of the stored predictions of a window."""

from typing import TYPE_CHECKING

from steward.records.stored import read_ids
from steward.repositories.records import list_window, read_files
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store.bucket import Bucket

if TYPE_CHECKING:
    from steward.store.stored_objects import ObjectSummary


class PredictionIds:
    """The IDs of the predictions that are stored of each window, read once.

    Args:
        data: where.
        spec: the declaration.
    """

    def __init__(self, data: Bucket, spec: ModelSpec) -> None:
        self._data = data
        self._spec = spec
        self._known: dict[Window, tuple[list[ObjectSummary], set[str]]] = {}

    def of(self, window: Window, *, anew: bool = False) -> set[str]:
        """Those of a window; read `anew` if its files have changed since."""
        if window in self._known and not anew:
            return self._known[window][1]
        listing = list_window(self._data, "predictions", self._spec.model, window)
        if window in self._known and self._known[window][0] == listing:
            return self._known[window][1]
        contents = read_files(self._data, listing)
        ids = {identity for _, content in contents for identity in read_ids(content.body, self._spec)}
        self._known[window] = (listing, ids)
        return ids
