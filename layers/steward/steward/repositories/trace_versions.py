"""The lineage of versions, and what the training sets of a model hold."""

from collections.abc import Iterator
from functools import cached_property

from steward.concurrency import prefetch_map
from steward.errors import ObjectMissing
from steward.lineage.identifiers import release_id
from steward.lineage.lineage_trace import LineageTrace, TracedThing, without_repetition
from steward.repositories import models
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.retraining.versions import VersionManifest
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


class VersionsTraced:
    """The versions of a model and their training sets, each read once: two or three small objects a version."""

    def __init__(self, data: Bucket, model: str) -> None:
        self.data = data
        self.model = model

    @cached_property
    def manifests(self) -> dict[str, VersionManifest]:
        """Every version that was made, by name."""
        names = sorted(models.version_names(self.data, self.model))
        found = prefetch_map(
            lambda name: self._load(keys.version(self.model, name, "manifest.json"), VersionManifest), names
        )
        return {one.version: one for one in found if one}

    @cached_property
    def datasets(self) -> dict[str, DatasetManifest]:
        """Every training set, by id."""
        names = list(self.data.list_prefixes(keys.datasets(self.model)))
        found = prefetch_map(lambda name: self._load(keys.dataset(self.model, name), DatasetManifest), names)
        return {name: one for name, one in zip(names, found, strict=True) if one}

    @cached_property
    def evaluations(self) -> dict[str, Evaluation]:
        """The evidence on every version that was judged."""
        found = prefetch_map(
            lambda name: self._load(keys.version(self.model, name, "evaluation.json"), Evaluation), self.manifests
        )
        return {name: one for name, one in zip(self.manifests, found, strict=True) if one}

    def trained_on(self, dataset: str) -> Iterator[TracedThing]:
        """The versions that were trained on a training set."""
        for name, manifest in self.manifests.items():
            if keys.dataset_of(manifest.dataset.key) == dataset:
                yield self.thing(name)

    def holding(self, keys_of_records: set[str]) -> Iterator[TracedThing]:
        """The training sets that have one of these objects, each followed by the versions that were trained on it."""
        for name, dataset in self.datasets.items():
            found = [one for one in dataset.objects if one.stored.key in keys_of_records]
            if found:
                detail = f"has {len(found):,} of its objects; rows of {_span(dataset)}"
                yield TracedThing(kind="dataset", id=name, detail=detail, key=keys.dataset(self.model, name))
                yield from self.trained_on(name)

    def thing(self, version: str) -> TracedThing:
        """A version, and how it was judged."""
        judged = self.evaluations.get(version)
        return TracedThing(
            kind="version",
            id=version,
            detail=judged.verdict if judged else "not judged",
            key=keys.version(self.model, version, "manifest.json"),
        )

    def trace(self, version: str) -> LineageTrace:
        """The lineage of a version.

        Raises:
            ObjectMissing: there is none of this name.
        """
        manifest = models.manifest(self.data, self.model, version)
        notes = (
            [] if manifest.recipe else ["it was trained elsewhere: only the rows that it was adopted with are known"]
        )
        return LineageTrace(
            model=self.model,
            subject=self.thing(version),
            came_from=without_repetition(self._sources(manifest)),
            led_to=without_repetition(self._results(version)),
            notes=tuple(notes),
        )

    def _sources(self, manifest: VersionManifest) -> Iterator[TracedThing]:
        yield TracedThing(kind="run", id=manifest.run, key=keys.run(self.model, manifest.run))
        spec = manifest.spec
        yield TracedThing(kind="spec", id=keys.file_name(spec.key).removesuffix(".json"), key=spec.key)
        if manifest.recipe:
            yield TracedThing(kind="recipe", id=manifest.recipe.estimator, detail=f"seed {manifest.recipe.seed}")
        judged = self.evaluations.get(manifest.version)
        if judged and judged.champion:
            thing = self.thing(judged.champion)
            yield thing.model_copy(update={"detail": f"champion that it was judged against; {thing.detail}"})
        name = keys.dataset_of(manifest.dataset.key)
        dataset = self._load(manifest.dataset.key, DatasetManifest)
        if dataset is None:
            yield TracedThing(kind="dataset", id=name, detail="its manifest is not there", key=manifest.dataset.key)
            return
        detail = (
            f"{manifest.training_rows:,} rows fitted on, {manifest.holdout_rows:,} judged on; rows of {_span(dataset)}"
        )
        yield TracedThing(kind="dataset", id=name, detail=detail, key=manifest.dataset.key)
        for batch in dataset.corrections:
            yield TracedThing(kind="correction", id=batch, key=keys.correction(self.model, batch))
        for erasure in dataset.erasures:
            yield TracedThing(kind="erasure", id=erasure, detail="carried out before")
        for one in dataset.objects:
            yield TracedThing(kind="records", id=one.batch, detail=_rows(one), key=one.stored.key)

    def _results(self, version: str) -> Iterator[TracedThing]:
        data, model = self.data, self.model
        judged = self.evaluations.get(version)
        if judged:
            key = keys.version(model, version, "evaluation.json")
            yield TracedThing(kind="evaluation", id=version, detail=judged.summary, key=key)
        for listed in data.list(keys.champion_tests(model, version)):
            yield TracedThing(kind="evaluation", id=listed.name, detail="tested as champion", key=listed.key)
        routing = models.routing(data, model)
        for promotion in routing.promotions:
            if promotion.version == version:
                how = f"took over again from {promotion.rolled_back}" if promotion.rolled_back else "became champion"
                detail = f"{how} on {promotion.promoted_at:%Y-%m-%d %H:%M}"
                yield TracedThing(kind="release", id=release_id(promotion), detail=detail, key=keys.routing(model))
        for release in routing.releases:
            if version in release.challengers:
                detail = "gradual release, ended" if release.ended else "gradual release, running"
                yield TracedThing(kind="release", id=release.release, detail=detail, key=keys.routing(model))
        for window in data.list_prefixes(keys.profiles(model, version)):
            yield TracedThing(kind="window", id=window, detail="scored", key=keys.profiles(model, version, window))
        for name, evaluation in self.evaluations.items():
            if evaluation.champion == version and name != version:
                thing = self.thing(name)
                yield thing.model_copy(update={"detail": f"judged against it; {thing.detail}"})

    def _load[Document: VersionManifest | DatasetManifest | Evaluation](
        self, key: str, kind: type[Document]
    ) -> Document | None:
        try:
            return self.data.load(key, kind)
        except ObjectMissing:
            return None


def _span(dataset: DatasetManifest) -> str:
    start = f"{dataset.start:%Y-%m-%d}" if dataset.start else "the first"
    return f"{start} to {dataset.end:%Y-%m-%d}"


def _rows(one: DatasetObject) -> str:
    return one.kind if one.rows is None else f"{one.kind}, {one.rows:,} rows"
