"""Models: current declaration, champion and versions."""

from collections.abc import Callable
from typing import Literal
from weakref import WeakKeyDictionary

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.errors import Conflict, ObjectMissing, RemovedModel, UnknownModel
from steward.events import ObjectRef
from steward.releasing.routing import Routing
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket


class ModelRemoval(TolerantModel):
    """The removal of a model: cause, author, reason and time.

    Attributes:
        cause: the event that asked for it.
        at: when it was accepted, by the wall clock.
    """

    cause: str
    author: str
    reason: str
    at: AwareDatetime

    def sentence(self, model: str) -> str:
        """What a person is told who asks something of the model."""
        return (
            f"model {model!r} was removed on {self.at:%Y-%m-%d %H:%M} UTC by {self.author}: {self.reason}; its name is "
            "not given again, so declare a model of another name"
        )


class SpecRevision(VersionedModel):
    """One accepted declaration, or the last: the one that removes the model, under which only retention goes on."""

    schema_version: Literal[1] = 1
    revision: str
    source_version_id: str
    spec: ModelSpec
    removal: ModelRemoval | None = None


_REVISION_DIGITS = 6

_newest: WeakKeyDictionary[Bucket, dict[str, tuple[SpecRevision, ObjectRef]]] = WeakKeyDictionary()
"""The newest revision of each model that this process knows: revisions never change, and are numbered without gaps."""


def revision_name(number: int) -> str:
    """The name of a revision."""
    return f"{number:0{_REVISION_DIGITS}d}"


def newest_revision(data: Bucket, model: str, known_key: str = "") -> tuple[SpecRevision, ObjectRef] | None:
    """The declaration in force, and where it is stored; None where there is none.

    A listing costs as much as twelve reads: a process that lists once asks from then on whether there is a next one.

    Args:
        data: where it is.
        model: whose.
        known_key: of a revision that somebody knows of, so that nothing need be listed.
    """
    known = _newest.setdefault(data, {})
    if model not in known and known_key and (content := data.find(known_key)):
        known[model] = SpecRevision.model_validate_json(content.body), content.stored
    if model not in known:
        listed = max(data.list(keys.spec_revisions(model)), key=lambda listed: listed.key, default=None)
        if listed is None:
            return None
        content = data.get(listed.key)
        known[model] = SpecRevision.model_validate_json(content.body), content.stored
    while following := data.find(keys.spec_revision(model, revision_name(int(known[model][0].revision) + 1))):
        known[model] = SpecRevision.model_validate_json(following.body), following.stored
    return known[model]


def current_spec(data: Bucket, model: str, *, or_removed: bool = False) -> tuple[ModelSpec, ObjectRef]:
    """The declaration in force.

    Args:
        data: where it is.
        model: whose.
        or_removed: of a removed model the one that removed it, for what goes on after that.

    Raises:
        UnknownModel: none of this name was accepted.
        RemovedModel: the model was removed.
    """
    newest = newest_revision(data, model)
    if newest is None:
        raise UnknownModel(f"no model {model!r} is declared: upload its declaration to {keys.spec_upload(model)} first")
    if newest[0].removal and not or_removed:
        raise RemovedModel(newest[0].removal.sentence(model))
    return newest[0].spec, newest[1]


def follow_revision(
    data: Bucket, model: str, change: Callable[[SpecRevision | None], SpecRevision]
) -> tuple[SpecRevision, ObjectRef]:
    """Put a revision after the newest one, whoever else does so at the same time; the newest afterwards.

    Args:
        data: where it is.
        model: whose.
        change: the revision that follows the newest one, numbered here; the newest itself where it stands.
    """
    while True:
        newest = newest_revision(data, model)
        following = change(newest[0] if newest else None)
        if newest and following is newest[0]:
            return newest
        number = int(newest[0].revision) + 1 if newest else 1
        revision = following.model_copy(update={"revision": revision_name(number)})
        try:
            stored = data.create(keys.spec_revision(model, revision.revision), revision.model_dump_json().encode())
        except Conflict:
            continue
        return revision, stored


def routing(data: Bucket, model: str) -> Routing:
    """Which version is in charge; an empty routing before the first."""
    return data.load_if_present(keys.routing(model), Routing) or Routing(model=model)


def manifest(data: Bucket, model: str, version: str) -> VersionManifest:
    """What a version is made of.

    Raises:
        ObjectMissing: there is no such version.
    """
    return data.load(keys.version(model, version, "manifest.json"), VersionManifest)


def version_names(data: Bucket, model: str) -> set[str]:
    """Every version that was begun; its manifest is written last, so some of them may never have been made."""
    return set(data.list_prefixes(keys.versions(model)))


def version_exists(data: Bucket, model: str, version: str) -> bool:
    """Whether a version of this name was ever made."""
    try:
        manifest(data, model, version)
    except ObjectMissing:
        return False
    return True
