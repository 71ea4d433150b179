"""The baseline: what a version is compared with for as long as it is in charge."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from steward.errors import IncomparableProfiles
from steward.performance.outcomes import Outcomes
from steward.profiles.bins import Bins, CategoricalBins, ColumnBins, NumericBins, ordered_finite
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile
from steward.profiles.summaries import NumericSummary, Summary, histogram
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.spec.model import Feature
from steward.spec.windows import Window


class Baseline(BaseModel):
    """Bins, what the reference holds in them, and how much that varies from window to window.

    Attributes:
        bins: shared by every profile that is compared with this baseline.
        reference: the profile of the reference over these bins; its score summary is that of the holdout, since a
            version's scores on the rows it was trained on say nothing of its scores on others.
        design_effects: per feature, of its histogram.
        missing_design_effects: per feature, of its share of missing cells.
        holdout: the version's results on labelled rows that it did not see.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    schema_version: Literal[1] = 1
    bins: Bins
    reference: Profile
    design_effects: dict[str, DesignEffect]
    missing_design_effects: dict[str, DesignEffect]
    holdout: Outcomes

    @classmethod
    def of(
        cls,
        parts: Sequence[tuple[Window, Chunk]],
        features: Mapping[str, Feature],
        *,
        scores: NumericColumn | NDArray[np.float64],
        holdout: Outcomes,
    ) -> Self:
        """Take a baseline from reference data in memory.

        Args:
            parts: the reference's rows in chunks, each of one window; a window may have several chunks.
            features: the declared features; one that a chunk lacks counts as absent there.
            scores: the version's scores on the holdout, from 0 to 1, shape (rows,).
            holdout: its results on the holdout.

        Raises:
            IncomparableProfiles: a column's type is not the declared one.
        """
        chunks = [chunk for _, chunk in parts]
        bins = Bins(features={name: _column_bins(name, feature, chunks) for name, feature in features.items()})
        windows: dict[Window, Profile] = {}
        for window, chunk in parts:
            windows[window] = windows.get(window, Profile.empty(bins)) + Profile.of(chunk, bins)
        profiles = [windows[window] for window in sorted(windows)]
        reference = sum(profiles, start=Profile.empty(bins))
        column = scores if isinstance(scores, NumericColumn) else NumericColumn(np.asarray(scores, dtype=np.float64))
        return cls(
            bins=bins,
            reference=reference.model_copy(update={"score": NumericSummary.of(column, bins.score)}),
            design_effects={
                name: _design_effect([profile.features[name] for profile in profiles], bins.features[name])
                for name in features
            },
            missing_design_effects={
                name: DesignEffect.of([_missing_and_present(profile.features[name]) for profile in profiles])
                for name in features
            },
            holdout=holdout,
        )

    @property
    def score_design_effect(self) -> DesignEffect:
        """The median feature's, since a holdout is too short to show how scores vary between windows."""
        known = [effect for effect in self.design_effects.values() if effect.known]
        if not known:
            return DesignEffect()
        return DesignEffect(
            value=median(effect.value for effect in known),
            location=median(effect.location for effect in known),
            concentration=median(effect.concentration for effect in known),
            rows=median(effect.rows for effect in known),
            chunks=min(effect.chunks for effect in known),
            clustered=any(effect.clustered for effect in known),
            known=True,
        )

    def to_json(self) -> bytes:
        """Compact JSON; equal baselines give equal bytes."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Read what `to_json` wrote; pydantic's ValidationError when it is something else."""
        return cls.model_validate_json(document)


def _design_effect(windows: Sequence[Summary], bins: ColumnBins) -> DesignEffect:
    counts = [histogram(window) for window in windows]
    if not isinstance(bins, NumericBins):
        return DesignEffect.of(counts)
    return DesignEffect.of(counts, [window.mean(bins) for window in windows if isinstance(window, NumericSummary)])


def _missing_and_present(summary: Summary) -> tuple[int, int]:
    return summary.unusable, summary.count


def _column_bins(name: str, feature: Feature, chunks: Sequence[Chunk]) -> ColumnBins:
    columns = [chunk.columns[name] for chunk in chunks if name in chunk.columns]
    if feature.type == "numeric":
        numbers = [column.values for column in columns if isinstance(column, NumericColumn)]
        if len(numbers) == len(columns):
            return NumericBins.of(ordered_finite(numbers))
    else:
        texts = [column for column in columns if isinstance(column, CategoricalColumn)]
        if len(texts) == len(columns):
            return CategoricalBins.of(_category_counts(texts))
    msg = f"feature {name} is declared {feature.type}, and the reference holds something else; mend the declaration"
    raise IncomparableProfiles(msg)


def _category_counts(columns: Sequence[CategoricalColumn]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for column in columns:
        found = np.bincount(column.codes + np.int32(1), minlength=len(column.categories) + 1).tolist()
        for name, count in zip(column.categories, found[1:], strict=True):
            counts[name] = counts.get(name, 0) + count
    return counts
