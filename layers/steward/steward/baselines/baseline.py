"""The baseline of a version: the reference that its windows are compared with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from steward.baselines.attribution_spread import WindowSpread
from steward.baselines.conditional_performance import ConditionalPerformance
from steward.documents import TolerantModel
from steward.errors import IncomparableProfiles
from steward.performance.groups import GroupOutcomes
from steward.performance.outcomes import Outcomes
from steward.profiles.attribution_sums import AttributionSums
from steward.profiles.bins import MISSING, ColumnBins, NumericBins
from steward.profiles.clusters import Clusters, ColumnClusters, clusters_of
from steward.profiles.design_effect import DesignEffect, Repeated
from steward.profiles.embedding_spread import EmbeddingSpread
from steward.profiles.embeddings import EmbeddingBins
from steward.profiles.entities import EntityCounts
from steward.profiles.leakage import Leakage
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.profiles.sample import ROWS, Sample
from steward.profiles.summaries import NumericSummary, Summary, histogram
from steward.records.columns import Chunk, EmbeddingColumn
from steward.spec.windows import Window

REFERENCE_ROWS = 4000
"""Rows in the sample of the reference."""


class Baseline(TolerantModel):
    """Bins, what the reference holds in them, and how much that varies from window to window.

    Attributes:
        bins: shared by every profile that is compared with this baseline.
        reference: the profile of the reference over these bins. Its outputs, also those of its segments, and its
            decisions are those of the holdout where there is one, since a version's scores on the rows it was trained
            on say nothing of its scores on others.
        sample: rows of the reference, coded by the bins; more of them than a profile has. Outputs count as missing in
            it where they are those of a holdout.
        design_effects: per part of the features, of its histogram.
        missing_design_effects: per part of the features, of its share of missing cells.
        output_design_effects: per part of the outputs, of its histogram; unknown where they are those of a holdout,
            which is too short to show how windows differ.
        output_missing_design_effects: per part of the outputs, of its share of missing cells.
        clusters: how alike rows of one entity are, by column; None where no column says of whom rows are.
        embedding_spreads: per column of embeddings among the features, of the mean of its feature map.
        attribution_spread: how the reference's windows differ in what the features contribute.
        holdout: the version's results on labelled rows that it did not see; None for a task without labels.
        importances: of the features, of any sum; empty where none were measured.
        conditional: how right the version is on each kind of row; None where labelled rows do not tell.
        leakage: how well each part of the features tells the label by itself, in the labelled rows of the reference;
            empty where there were too few.
        holdout_groups: of the holdout, by segment and by protected attribute.
        distinct_values: how many values each column has in the reference that segments or protected attributes go by.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    schema_version: Literal[2] = 2
    bins: Bins
    reference: Profile
    sample: Sample
    design_effects: dict[str, DesignEffect]
    missing_design_effects: dict[str, DesignEffect]
    output_design_effects: dict[str, DesignEffect]
    output_missing_design_effects: dict[str, DesignEffect]
    clusters: ColumnClusters | None = None
    embedding_spreads: dict[str, EmbeddingSpread] = {}
    attribution_spread: WindowSpread = WindowSpread()
    holdout: Outcomes | None
    importances: dict[str, float] = {}
    conditional: ConditionalPerformance | None = None
    leakage: dict[str, Leakage] = {}
    holdout_groups: GroupOutcomes = GroupOutcomes()
    distinct_values: dict[str, int] = {}

    @classmethod
    def of(
        cls,
        parts: Iterable[tuple[Window, ProfileInput | Chunk]],
        scope: ProfilingConfig,
        *,
        holdout: Outcomes | None,
        held: ProfileInput | Chunk | None = None,
        bins: Bins | None = None,
        importances: Mapping[str, float] | None = None,
        attributions: tuple[AttributionSums, WindowSpread] | None = None,
    ) -> Self:
        """Take a baseline from reference data in memory.

        Args:
            parts: the reference's rows in portions, each of one window; a window may have several portions.
            scope: what is profiled; a feature that a portion lacks counts as absent there.
            holdout: the version's results on the holdout.
            held: the holdout's rows with the version's outputs on them; None where the reference has its own outputs.
            bins: that fit the same rows; None to find them.
            importances: of the features.
            attributions: what the features contribute by the version's own artifact, and how windows differ in it; None
                where only the reference's rows can say, if they carry attributions.

        Raises:
            IncomparableProfiles: a column's type is not the declared one.
        """
        portions = _assign_positions(parts)
        reference = [portion for _, portion in portions]
        own = held is None
        outputs = reference if held is None else [held if isinstance(held, ProfileInput) else ProfileInput(held)]
        bins = bins or scope.bins(reference, outputs, importances)
        gatherings: dict[Window, ProfileBuilder] = {}
        for window, portion in portions:
            gatherings.setdefault(window, ProfileBuilder(bins, scope.names, REFERENCE_ROWS)).add(portion)
        windows = [gatherings[window].profile() for window in sorted(gatherings)]
        total = sum(windows, start=Profile.empty(bins, REFERENCE_ROWS))
        if not own:
            total = _with_outputs(total, Profile.of(outputs[0], bins, scope.names), bins)
        carried = [window.attributions for window in windows if window.attributions.rows]
        clusters = clusters_of(portions, bins, scope.names)
        if clusters is not None and not own:
            answered = clusters_of([(portions[0][0], portion) for portion in outputs], bins, scope.names)
            clusters = clusters.model_copy(
                update={
                    "outputs": answered.outputs if answered else {},
                    "missing_outputs": answered.missing_outputs if answered else {},
                }
            )
        effects = _Effects.of(windows, bins, clusters, total.entities.repeats, outputs=own)
        sums, spread = attributions or (total.attributions, WindowSpread.of(carried))
        total = total.model_copy(update={"attributions": sums})
        return cls(
            bins=bins,
            reference=total.model_copy(update={"sample": total.sample.truncate(ROWS)}),
            sample=total.sample,
            design_effects=effects.features,
            missing_design_effects=effects.missing_features,
            output_design_effects=effects.outputs,
            output_missing_design_effects=effects.missing_outputs,
            clusters=clusters,
            embedding_spreads={
                name: EmbeddingSpread.of(
                    _embeddings(reference, name), [window.embeddings[name] for window in windows], column
                ).among([window.embeddings[name] for window in windows], _repeats_of_embedding(clusters, name, total))
                for name, column in bins.composites.items()
                if isinstance(column, EmbeddingBins) and name in scope.features
            },
            attribution_spread=spread,
            holdout=holdout,
            importances=dict(importances or {}),
            distinct_values=scope.distinct(reference),
        )

    def against(self, windows: Sequence[Profile]) -> Self:
        """The same baseline with other windows for its reference: earlier ones of the same rhythm, or those before.

        Bins, holdout and importances stay; the reference is the sum of the windows, and design effects are estimated
        from them, of outputs too.

        Args:
            windows: the profile of each window over this baseline's bins, merged.

        Raises:
            IncomparableProfiles: there is none, or one has other bins.
        """
        if not windows:
            raise IncomparableProfiles("there are no earlier windows to compare with; compare with the reference")
        total = sum(windows, start=Profile.empty(self.bins))
        effects = _Effects.of(windows, self.bins, self.clusters, total.entities.repeats)
        return self.model_copy(
            update={
                "reference": total,
                "sample": total.sample,
                "design_effects": effects.features,
                "missing_design_effects": effects.missing_features,
                "output_design_effects": effects.outputs,
                "output_missing_design_effects": effects.missing_outputs,
                "embedding_spreads": {
                    name: spread.among(
                        [window.embeddings[name] for window in windows],
                        _repeats_of_embedding(self.clusters, name, total),
                    )
                    for name, spread in self.embedding_spreads.items()
                },
            }
        )

    def facing(self, window: EntityCounts) -> Self:
        """The same baseline, whose design effects know how often rows of one entity come in a window."""
        if self.clusters is None or not window.counts:
            return self
        return self._with_effects(lambda effect: effect.model_copy(update={"window_repeats": window.repeats}))

    def covering(self, windows: float) -> Self:
        """The same baseline for rows that come from so many windows, at least one."""
        return self._with_effects(lambda effect: effect.covering(windows)) if windows > 1 else self

    def _with_effects(self, changed: Callable[[DesignEffect], DesignEffect]) -> Self:
        spreads = {
            name: spread.model_copy(update={"design_effect": changed(spread.design_effect)})
            for name, spread in self.embedding_spreads.items()
        }
        return self.model_copy(
            update={"embedding_spreads": spreads}
            | {
                field: {name: changed(effect) for name, effect in getattr(self, field).items()}
                for field in (
                    "design_effects",
                    "missing_design_effects",
                    "output_design_effects",
                    "output_missing_design_effects",
                )
            }
        )

    def design_effect(self, part: str) -> DesignEffect:
        """Of a part of the features or, where no feature is called so, of the outputs."""
        return self.design_effects.get(part) or self.output_design_effect(part)

    def output_design_effect(self, part: str) -> DesignEffect:
        """Of a part of the outputs; the median feature's where it is unknown."""
        own = self.output_design_effects.get(part, DesignEffect())
        known = [effect for effect in self.design_effects.values() if effect.known]
        if own.known or not known:
            return own
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

    @property
    def joint_design_effect(self) -> DesignEffect:
        """Of statistics of all sampled parts together: that of the part that varies most from window to window.

        What moves most decides the tail of a sum over all directions, so less would cry wolf.
        """
        effects = [self.design_effect(name) for _, name in self.bins.sampled]
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
        sampled = len(self.sample) / max(1, self.reference.rows)
        repeats = 1 + (shared[0].repeats - 1) * min(1.0, sampled)
        found = found.with_entities(Repeated(Clusters(location=most_alike, spectrum=(most_alike,)), repeats, repeats))
        return found.model_copy(update={"window_repeats": shared[0].window_repeats})

    def to_json(self) -> bytes:
        """Compact JSON; equal baselines give equal bytes."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            IncomparableProfiles: it is no baseline.
        """
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise _no_baseline(error) from error

    @staticmethod
    def bins_of(document: bytes | str) -> Bins:
        """The bins alone of what `to_json` wrote, at a fraction of the cost.

        Raises:
            IncomparableProfiles: it is no baseline.
        """
        try:
            return _BinsAlone.model_validate_json(document).bins
        except ValidationError as error:
            raise _no_baseline(error) from error


class _BinsAlone(BaseModel):
    """What else a baseline holds is passed over."""

    bins: Bins


def _no_baseline(error: ValidationError) -> IncomparableProfiles:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    msg = f"not a baseline: {first['msg']} at {place or 'the start'}; train or adopt the version again"
    return IncomparableProfiles(msg)


def _assign_positions(parts: Iterable[tuple[Window, ProfileInput | Chunk]]) -> list[tuple[Window, ProfileInput]]:
    """The portions, each row at a position of its own."""
    placed: list[tuple[Window, ProfileInput]] = []
    first = 0
    for window, records in parts:
        portion = records if isinstance(records, ProfileInput) else ProfileInput(records)
        placed.append((window, replace(portion, first=first)))
        first += portion.chunk.rows
    return placed


def _with_outputs(reference: Profile, held: Profile, bins: Bins) -> Profile:
    """The reference with the outputs and decisions of a holdout, and none in its sample."""
    segments = {
        name: {
            group: profile.model_copy(update={"outputs": held.segments[name][group].outputs})
            for group, profile in groups.items()
        }
        for name, groups in reference.segments.items()
    }
    features = sum(side == "features" for side, _ in bins.sampled)
    table = reference.sample.table.copy()
    table[:, features:] = MISSING
    return reference.model_copy(
        update={
            "outputs": held.outputs,
            "segments": segments,
            "decisions": held.decisions,
            "sample": Sample.of(reference.sample.row_keys, table, reference.sample.size),
        }
    )


def _embeddings(portions: Sequence[ProfileInput], name: str) -> list[EmbeddingColumn]:
    columns = [portion.chunk.columns.get(name) for portion in portions]
    return [column for column in columns if isinstance(column, EmbeddingColumn)]


@dataclass(frozen=True, slots=True)
class _Effects:
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


def _repeats_of_embedding(clusters: ColumnClusters | None, embedding: str, total: Profile) -> Repeated | None:
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
