"""The baseline of a version: the reference that its windows are compared with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, Self

from pydantic import ConfigDict, ValidationError

from steward.baselines.attribution_spread import WindowSpread
from steward.baselines.conditional_performance import ConditionalPerformance
from steward.baselines.holdout_outputs import with_outputs
from steward.baselines.window_effects import WindowEffects, embedding_repeats, median_effect, strongest_effect
from steward.documents import InputHidingModel, VersionedModel, first_problem
from steward.errors import IncomparableProfiles
from steward.performance.groups import GroupOutcomes
from steward.performance.outcomes import Outcomes
from steward.profiles.attribution_sums import AttributionSums
from steward.profiles.clusters import ColumnClusters, clusters_of
from steward.profiles.design_effect import DesignEffect
from steward.profiles.embedding_spread import EmbeddingSpread
from steward.profiles.embeddings import EmbeddingBins
from steward.profiles.entities import EntityCounts
from steward.profiles.leakage import Leakage
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.profiles.sample import ROWS, Sample
from steward.records.columns import Chunk, EmbeddingColumn
from steward.spec.windows import Window

REFERENCE_ROWS = 4000
"""Rows in the sample of the reference."""


class Baseline(VersionedModel):
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
            total = with_outputs(total, Profile.of(outputs[0], bins, scope.names), bins)
        carried = [window.attributions for window in windows if window.attributions.rows]
        clusters = clusters_of(portions, bins, scope.names)
        if clusters is not None and not own:
            found = clusters_of([(portions[0][0], portion) for portion in outputs], bins, scope.names)
            answered = found or ColumnClusters()
            clusters = clusters.model_copy(
                update={"outputs": answered.outputs, "missing_outputs": answered.missing_outputs}
            )
        effects = WindowEffects.of(windows, bins, clusters, total.entities.repeats, outputs=own)
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
                ).among([window.embeddings[name] for window in windows], embedding_repeats(clusters, name, total))
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
        effects = WindowEffects.of(windows, self.bins, self.clusters, total.entities.repeats)
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
                        embedding_repeats(self.clusters, name, total),
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
        return median_effect(known, own)

    @property
    def joint_design_effect(self) -> DesignEffect:
        """Of statistics of all sampled parts together: that of the part that varies most from window to window.

        What moves most decides the tail of a sum over all directions, so less would cry wolf.
        """
        effects = [self.design_effect(name) for _, name in self.bins.sampled]
        return strongest_effect(effects, len(self.sample) / max(1, self.reference.rows))

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
            baseline = cls.model_validate_json(document)
        except ValidationError as error:
            raise _no_baseline(error) from error
        baseline.bins.with_digest(baseline.reference.bins)
        return baseline

    @staticmethod
    def bins_of(document: bytes | str) -> Bins:
        """The bins alone of what `to_json` wrote, at a fraction of the cost.

        Raises:
            IncomparableProfiles: it is no baseline.
        """
        try:
            found = _BinsAlone.model_validate_json(document)
        except ValidationError as error:
            raise _no_baseline(error) from error
        return found.bins.with_digest(found.reference.bins)


class _BinsOfReference(InputHidingModel):
    bins: str


class _BinsAlone(InputHidingModel):
    """What else a baseline holds is passed over."""

    bins: Bins
    reference: _BinsOfReference


def _no_baseline(error: ValidationError) -> IncomparableProfiles:
    return IncomparableProfiles(f"not a baseline: {first_problem(error)}; train or adopt the version again")


def _assign_positions(parts: Iterable[tuple[Window, ProfileInput | Chunk]]) -> list[tuple[Window, ProfileInput]]:
    """The portions, each row at a position of its own."""
    placed: list[tuple[Window, ProfileInput]] = []
    first = 0
    for window, records in parts:
        portion = records if isinstance(records, ProfileInput) else ProfileInput(records)
        placed.append((window, replace(portion, first=first)))
        first += portion.chunk.rows
    return placed


def _embeddings(portions: Sequence[ProfileInput], name: str) -> list[EmbeddingColumn]:
    columns = [portion.chunk.columns.get(name) for portion in portions]
    return [column for column in columns if isinstance(column, EmbeddingColumn)]
