"""Refuses a reference file without labels whose rows came before as predictions (decision 0061)."""

from pathlib import Path

from steward.errors import BatchInvalid
from steward.ingestion.batch_writer import hash_ids
from steward.ingestion.cross_batch_duplicates import CrossBatchDuplicates
from steward.ingestion.spool import Spool
from steward.records.schema import has_labels
from steward.records.valid_records import Records
from steward.repositories.records import list_window
from steward.repositories.uploads import Upload
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket


def contains_labels(rows: Records, spec: ModelSpec) -> bool:
    """Whether any of some reference rows has a label."""
    labels = rows.chunk.columns.get(spec.columns.label)
    return labels is not None and not labels.absent.all()


def refuse_earlier_predictions(data: Bucket, spec: ModelSpec, upload: Upload, spool: Spool, folder: Path) -> None:
    """Refuse a reference file, none of whose rows has a label, if earlier uploads have some of its rows as predictions.

    Such a file is one of predictions under the wrong kind; it would replace the champion's baseline by the very data
    that are to be judged by it.

    Raises:
        BatchInvalid: it is one.
    """
    windows = spool.windows
    if not windows or any(
        keys.batch_of(listed.key) == upload.batch for listed in list_window(data, "reference", spec.model, windows[0])
    ):
        return
    earlier = CrossBatchDuplicates(
        data=data,
        spec=spec,
        kind="predictions",
        batch=upload.batch,
        spool=spool,
        hashes=hash_ids(spool, folder / "reference.ids"),
        folder=folder,
    )
    earlier.scan(windows)
    rows = spool.rows - sum(earlier.count(window) for window in windows)
    if not rows:
        return
    batch, source = next(earlier.holders())
    roles = spec.columns
    required = f"rows whose {roles.id} did not come as predictions"
    if has_labels(spec):
        required = (
            f"labels in the column {roles.label}, or {required}; files of labels alone ({roles.id}, {roles.label}) are "
            "uploaded under the kind labels"
        )
    raise BatchInvalid(
        "predictions_as_reference",
        f"{rows:,} of the {spool.rows:,} rows came before as predictions, in {source[0] if source else batch}, and no "
        f"row has a label: the file is no reference, and the champion stays. A new reference has {required}",
    )
