"""Reads every byte that the version in charge consists of and was trained on."""

from collections.abc import Callable
from functools import partial

from pydantic import ValidationError

from steward.concurrency import prefetch_map
from steward.errors import ObjectChanged, ObjectMissing
from steward.events import ObjectRef
from steward.governance.card import ModelCard
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


class ChampionExamination:
    """Reads a champion's parts, noting what is missing or changed instead of stopping at it.

    Attributes:
        manifest, dataset, evaluation: None where it cannot be read, or without a champion.
        verified: how many objects of its dataset were read and have their bytes.
        elsewhere: the environment that trained it, where it is another.
        problems: by part, each a sentence.
    """

    def __init__(self, data: Bucket, spec: ModelSpec, routing: Routing) -> None:
        self.data = data
        self.spec = spec
        self.manifest: VersionManifest | None = None
        self.dataset: DatasetManifest | None = None
        self.evaluation: Evaluation | None = None
        self.verified = 0
        self.elsewhere: str | None = None
        self.problems: dict[str, list[str]] = {}
        if routing.champion:
            self._examine(routing.champion)

    def _examine(self, version: str) -> None:
        self.manifest = self._part("manifest", lambda: models.manifest(self.data, self.spec.model, version))
        self.evaluation = self._part(
            "evaluation", lambda: Evaluation.model_validate_json(self._body(version, "evaluation.json"))
        )
        self._part("card", lambda: ModelCard.model_validate_json(self._body(version, "card.json")))
        self._part("card", lambda: self._body(version, "card.md"))
        if self.manifest:
            self._examine_manifest(self.manifest)

    def _examine_manifest(self, manifest: VersionManifest) -> None:
        if artifact := manifest.artifact:
            self._part("artifact", lambda: self.data.get_verified(artifact))
        self._part("baseline", lambda: self.data.get_verified(manifest.baseline))
        if background := manifest.background:
            self._part("baseline", lambda: self.data.get_verified(background))
        self.dataset = self._part("dataset", lambda: self.data.load(manifest.dataset, DatasetManifest))
        if self.dataset and manifest.environment != self.data.environment:
            self.elsewhere = manifest.environment
            return
        for evidence in (manifest.split, self.dataset.profile if self.dataset else None):
            if evidence:
                self._part("dataset", partial(self.data.get_verified, evidence))
        if self.dataset:
            self._examine_records([item.stored for item in self.dataset.objects])

    def _body(self, version: str, part: str) -> bytes:
        return self.data.get(keys.version(self.spec.model, version, part)).body

    def _examine_records(self, named: list[ObjectRef]) -> None:
        for problem in prefetch_map(self._problem, named):
            if problem:
                self.problems.setdefault("records", []).append(problem)
            else:
                self.verified += 1

    def _problem(self, named: ObjectRef) -> str:
        try:
            self.data.get_verified(named)
        except (ObjectMissing, ObjectChanged) as error:
            return str(error)
        return ""

    def _part[Part](self, name: str, read: Callable[[], Part]) -> Part | None:
        try:
            return read()
        except (ObjectMissing, ObjectChanged) as error:
            self.problems.setdefault(name, []).append(str(error))
        except ValidationError as error:
            self.problems.setdefault(name, []).append(f"{name} cannot be read: {error.error_count()} errors")
        return None
