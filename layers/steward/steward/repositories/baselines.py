"""Bins of versions, cached per process."""

from weakref import WeakKeyDictionary

from steward.baselines.baseline import Baseline
from steward.profiles.model_bins import Bins
from steward.repositories import models
from steward.store.bucket import Bucket

_KEPT = 8
_cache: WeakKeyDictionary[Bucket, dict[tuple[str, str], Bins]] = WeakKeyDictionary()


def bins_of(data: Bucket, model: str, version: str) -> Bins:
    """Those of a version's baseline.

    Raises:
        ObjectMissing, ObjectChanged: there is no such version, or its baseline is not what its manifest says.
    """
    known = _cache.setdefault(data, {})
    if (model, version) not in known:
        bins = Baseline.bins_of(data.get_verified(models.manifest(data, model, version).baseline))
        for old in list(known)[: len(known) - _KEPT + 1]:
            del known[old]
        known[model, version] = bins
    return known[model, version]
