"""Design effects of a baseline: how much each part varies from window to window beyond independent rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from steward.profiles.bins import ColumnBins, NumericBins
from steward.profiles.clusters import Clusters, ColumnClusters
from steward.profiles.design_effect import DesignEffect, Repeated
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.profiles.summaries import NumericSummary, Summary, histogram


@dataclass(frozen=True, slots=True)
class WindowEffects:
    """The design effects of every part: of its histogram, and of its share of missing cells."""

    features: dict[str, DesignEffect]
    outputs: dict[str, DesignEffect]
    missing_features: dict[str, DesignEffect]
    missing_outputs: dict[str, DesignEffect]

    @classmethod
    def of(
        cls,
        windows: Sequence[Profile],
        bins: Bins,
        clusters: ColumnClusters | None,
        repeats: float,
        *,
        outputs: bool = True,
    ) -> Self:
        """Estimate them.

        Args:
            windows: of the reference.
            bins: of them.
            clusters: how alike rows of one entity are.
            repeats: rows that the entity of a row has on average, in the whole reference.
            outputs: whether the windows tell how outputs vary.
        """
        by_window = max(1.0, median(window.entities.repeats for window in windows)) if windows else 1.0

        def shared(found: Mapping[str, Clusters], name: str) -> Repeated | None:
            return None if clusters is None else Repeated(found.get(name, Clusters()), repeats, by_window)

        known = clusters or ColumnClusters()
        features, answers = [window.features for window in windows], [window.outputs for window in windows if outputs]
        return cls(
            {name: _effect([w[name] for w in features], column, shared(known.features, name))
             for name, column in bins.features.items()},
            {name: _effect([w[name] for w in answers], column, shared(known.outputs, name))
             for name, column in bins.outputs.items()},
            {name: _missing([w[name] for w in features], shared(known.missing_features, name))
             for name in bins.features},
            {name: _missing([w[name] for w in answers], shared(known.missing_outputs, name))
             for name in bins.outputs},
        )  # fmt: skip


def embedding_repeats(clusters: ColumnClusters | None, embedding: str, total: Profile) -> Repeated | None:
    """What the vectors of one entity share."""
    if clusters is None:
        return None
    repeats = total.entities.repeats
    return Repeated(clusters.embeddings.get(embedding, Clusters()), repeats, repeats)


def _missing(windows: Sequence[Summary], entities: Repeated | None) -> DesignEffect:
    return DesignEffect.of([(window.unusable, window.count) for window in windows], entities=entities)


def _effect(windows: Sequence[Summary], bins: ColumnBins, entities: Repeated | None) -> DesignEffect:
    counts, means = [histogram(window) for window in windows], []
    if isinstance(bins, NumericBins):
        means = [window.mean(bins) for window in windows if isinstance(window, NumericSummary)]
    return DesignEffect.of(counts, means, entities)


def median_effect(known: Sequence[DesignEffect], own: DesignEffect) -> DesignEffect:
    """What the median of known effects says of a part whose own is unknown.

    Args:
        known: of other parts.
        own: of the part; it may say how alike rows of one entity are.
    """
    beyond = [effect.beyond or (effect.value, effect.location) for effect in known]
    found = DesignEffect(
        value=median(value for value, _ in beyond),
        location=median(location for _, location in beyond),
        concentration=median(effect.concentration for effect in known),
        rows=median(effect.rows for effect in known),
        chunks=min(effect.chunks for effect in known),
        clustered=any(effect.clustered for effect in known),
        windows=known[0].windows,
        known=True,
    )
    if own.clusters is None:
        return found
    found = found.with_entities(Repeated(own.clusters, own.repeats, own.repeats))
    return found.model_copy(update={"window_repeats": own.window_repeats})


def strongest_effect(effects: Sequence[DesignEffect], sampled: float) -> DesignEffect:
    """The effect of statistics of several parts together: that of the part that varies most from window to window."""
    known = [effect for effect in effects if effect.known]
    found = DesignEffect()
    if known:
        most = max(known, key=lambda effect: max(effect.beyond or (effect.value, effect.location)))
        value, location = most.beyond or (most.value, most.location)
        found = DesignEffect(
            value=max(value, location),
            location=location,
            rows=most.rows,
            chunks=min(effect.chunks for effect in known),
            clustered=any(effect.clustered for effect in known),
            windows=most.windows,
            known=True,
        )
    shared = [effect for effect in effects if effect.clusters is not None]
    if not shared:
        return found
    alike = [effect.clusters for effect in shared if effect.clusters is not None]
    most_alike = max(max(clusters.location, *clusters.spectrum) for clusters in alike)
    repeats = 1 + (shared[0].repeats - 1) * min(1.0, sampled)
    found = found.with_entities(Repeated(Clusters(location=most_alike, spectrum=(most_alike,)), repeats, repeats))
    return found.model_copy(update={"window_repeats": shared[0].window_repeats})
