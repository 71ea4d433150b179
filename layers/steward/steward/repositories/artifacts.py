"""Looks up everything of a model that has an immutable id."""

import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError

from steward.errors import ObjectMissing, StewardError
from steward.events import ObjectRef
from steward.lineage.identifiers import Identified, UnknownId, baseline_id, release_id, resolve
from steward.monitoring.check import Check
from steward.releasing.routing import Promotion
from steward.repositories import models
from steward.repositories.checks import (
    find_check_at,
    find_check_of_alert,
    find_check_of_window,
    find_newest_check,
)
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest
from steward.spec.monitors import MonitorName
from steward.spec.windows import Window, parse_printed_time
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectContent
from steward.validation.evaluation import Evaluation


def newest_run(data: Bucket, model: str) -> Run | None:
    """The run of a model that was requested last; None where there is none."""
    runs = (listed for listed in data.list(keys.runs(model)) if listed.key != keys.retraining_state(model))
    found = [data.load(listed.key, Run) for listed in runs]
    return max(found, key=lambda run: (run.requested_at, run.run), default=None)


class ArtifactCatalogue:
    """One model's specs, datasets, versions, baselines, runs, checks and releases."""

    def __init__(self, data: Bucket, model: str) -> None:
        self.data = data
        self.model = model

    def find(self, name: str, version: str | None = None) -> Identified:
        """The one thing that is called so.

        Args:
            name: an id or its beginning; `champion`; a window by its id, as it is printed or by a date in it, a
                monitor, or the key of a check, which all stand for a check.
            version: whose check of a window; the champion's where it has one when None.

        Raises:
            UnknownId: there is none, or there are several.
        """
        if name == "champion":
            return self._champion()
        if name in get_args(MonitorName):
            return find_check_of_alert(self.data, self.model, name)
        key = name.removeprefix(f"s3://{self.data.name}/")
        if keys.model_of_check(key) == self.model:
            name = keys.batch_of(key)
        elif _is_window(name):
            return find_check_of_window(self.data, self.model, name, version)
        elif moment := parse_printed_time(name):
            return find_check_at(self.data, self.model, moment, version)
        return resolve(name, self._list_identifiers(), self.model)

    def check(self, name: str | None = None, version: str | None = None) -> Check:
        """The check that is called so; of a version, and without a name, the newest one. Arguments as of `find`.

        Raises:
            UnknownId: there is none, or it is no check.
        """
        found = self.find(name, version) if name else find_newest_check(self.data, self.model, version)
        if found.kind == "version":
            found = find_newest_check(self.data, self.model, found.id)
        if found.kind != "check":
            raise UnknownId(
                f"{found.kind} {found.id} of {self.model} is no check; `steward show {self.model} {found.id}` shows "
                f"it, and `steward log {self.model} --checks` lists checks"
            )
        return self.data.load(found.key, Check)

    def content(self, item: Identified) -> ObjectContent:
        """The object that holds it."""
        return self.data.get(item.key)

    def document(self, item: Identified) -> tuple[dict[str, Any], ObjectRef]:
        """What is stored under an id, as JSON, and where it is; of a routing the one release."""
        content = self.content(item)
        if item.kind == "release":
            return self.promotion(item.id).model_dump(mode="json"), content.stored
        document: dict[str, Any] = json.loads(content.body)
        return document, content.stored

    def version(self, version: str) -> VersionManifest:
        """What a version is made of."""
        return models.manifest(self.data, self.model, version)

    def manifest_of(self, item: Identified) -> VersionManifest:
        """The version that a version, baseline, run or release is about.

        Raises:
            StewardError: it is about none.
        """
        match item.kind:
            case "version":
                return self.version(item.id)
            case "baseline":
                return self.version(keys.version_of(item.key))
            case "release":
                return self.version(self.promotion(item.id).version)
            case "run":
                run = self.data.load(item.key, Run)
                if run.version:
                    return self.version(run.version)
        raise StewardError(f"{item.kind} {item.id} is about no version")

    def promotion(self, release: str) -> Promotion:
        """The change of champion that an id names."""
        promotions = models.routing(self.data, self.model).promotions
        return next(item for item in promotions if release_id(item) == release)

    def dataset(self, stored: ObjectRef) -> DatasetManifest:
        """A dataset, verified.

        Raises:
            ObjectMissing, ObjectChanged: it is not what the reference says.
        """
        return self.data.load(stored, DatasetManifest)

    def revision(self, stored: ObjectRef) -> models.SpecRevision:
        """A declaration, verified.

        Raises:
            ObjectMissing, ObjectChanged: it is not what the reference says.
        """
        return self.data.load(stored, models.SpecRevision)

    def evaluation(self, version: str) -> Evaluation | None:
        """The evidence on a version; None for one that was not judged yet."""
        return self.data.load_if_present(keys.version(self.model, version, "evaluation.json"), Evaluation)

    def _champion(self) -> Identified:
        champion = models.routing(self.data, self.model).champion
        if champion is None:
            raise UnknownId(
                f"no version of {self.model} is in charge yet; `steward outcome {self.model}` waits for the newest run"
            )
        return Identified("version", champion, keys.version(self.model, champion, "manifest.json"))

    def _list_identifiers(self) -> Iterator[Identified]:
        data, model = self.data, self.model
        for listed in data.list(keys.spec_revisions(model)):
            yield Identified("spec", listed.name, listed.key)
        for dataset in data.list_prefixes(keys.datasets(model)):
            yield Identified("dataset", dataset, keys.dataset(model, dataset))
        for version in sorted(models.version_names(data, model)):
            key = keys.version(model, version, "manifest.json")
            try:
                manifest = data.load(key, VersionManifest)
            except (ObjectMissing, ValidationError):  # it was begun and never made
                continue
            yield Identified("version", version, key)
            yield Identified("baseline", baseline_id(manifest.baseline.sha256), manifest.baseline.key)
        for promotion in models.routing(data, model).promotions:
            yield Identified("release", release_id(promotion), keys.routing(model))
        for listed in data.list(keys.runs(model)):
            if listed.key != keys.retraining_state(model):
                yield Identified("run", listed.name, listed.key)
        for listed in data.list(keys.checks(model)):
            yield Identified("check", listed.name, listed.key)


def _is_window(name: str) -> bool:
    try:
        Window.parse(name)
    except ValueError:
        return False
    return True
