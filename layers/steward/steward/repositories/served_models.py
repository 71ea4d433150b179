"""Models as they are served: declaration, routing and verified versions, kept in memory and refreshed."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from steward.errors import ObjectMissing, RemovedModel, StewardError, UnknownModel
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.repositories.served_versions import load_challenger, load_champion
from steward.runtime import logger
from steward.serving.answers import Answered, ServedVersion
from steward.serving.refusals import RequestRefused
from steward.serving.request_rows import RequestReader
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import UNREACHABLE

REFRESH_SECONDS = 10.0
"""After which S3 is asked for a newer routing or declaration once an answer has left."""
FRESH_SECONDS = 30.0
"""After which it is asked before the next answer."""
STALE_SECONDS = 300.0
"""How long what is known counts at most where S3 does not answer."""
MOST_MODELS = 16
"""That one process keeps."""


class ServingUnavailable(StewardError):
    """A model cannot be served now: S3 does not answer, or a version is not what it should be."""


@dataclass
class ServedModel:
    """One model, as one process knows it.

    Attributes:
        routing: which version answers.
        etag: of the stored routing; empty where there is none.
        refreshed: when it was known to be the newest, by a monotonic clock.
        asked: when S3 was asked for a newer one, whether it answered or not.
        versions: those that are loaded, by name.
    """

    spec: ModelSpec
    reader: RequestReader
    routing: Routing
    etag: str
    refreshed: float
    asked: float
    versions: dict[str, ServedVersion] = field(default_factory=dict)

    @property
    def champion(self) -> ServedVersion:
        """The version in charge, which is loaded."""
        return self.versions[self.routing.champion or ""]

    def assign(self, entity: str | None) -> Answered:
        """Who answers a row about an entity; the champion where the version of its arm cannot be loaded.

        Raises:
            ExperimentInvalid: the entity is no text that UTF-8 can hold.
        """
        arm, version = self.routing.arm_of(entity)
        return Answered(version, arm) if version in self.versions else Answered(self.champion.version, None)


class ServedModels:
    """The models that a process serves.

    Args:
        data: the data bucket.
        clock: seconds, never going back.
    """

    def __init__(self, data: Bucket, clock: Callable[[], float]) -> None:
        self._data, self._clock = data, clock
        self._known: OrderedDict[str, ServedModel] = OrderedDict()
        self._refused: OrderedDict[str, tuple[float, RequestRefused]] = OrderedDict()

    def get(self, model: str) -> ServedModel:
        """A model with its champion, no older than `FRESH_SECONDS` if S3 answers, and `STALE_SECONDS` otherwise.

        Raises:
            RequestRefused: it is not declared, was removed, has no champion yet, or is not Steward's to serve.
            ServingUnavailable: S3 does not answer, or the champion is not what its manifest says.
        """
        now = self._clock()
        since, refusal = self._refused.get(model, (0.0, None))
        if refusal and now - since < REFRESH_SECONDS:
            raise refusal
        known = self._known.get(model)
        if known is None or (now - known.refreshed >= FRESH_SECONDS and now - known.asked >= REFRESH_SECONDS):
            known = self._refresh(model, known, now)
        if now - known.refreshed >= STALE_SECONDS:
            raise ServingUnavailable(f"S3 does not answer, and what is known of {model} is too old; send it again")
        _keep(self._known, model, known)
        return known

    def refresh_due(self) -> None:
        """Ask for what is newer of the models that are kept; what fails is tried again later."""
        now = self._clock()
        for model, known in list(self._known.items()):
            if now - known.asked >= REFRESH_SECONDS:
                with suppress(RequestRefused, ServingUnavailable):
                    self._refresh(model, known, now)

    def _refresh(self, model: str, known: ServedModel | None, now: float) -> ServedModel:
        """The model as it is stored; as it was known where S3 does not answer."""
        try:
            found = self._load(model, known, now)
        except RequestRefused as error:
            self._known.pop(model, None)
            _keep(self._refused, model, (now, error))
            raise
        except ServingUnavailable:
            self._known.pop(model, None)
            raise
        except UNREACHABLE as error:
            if known is None:
                raise ServingUnavailable(f"S3 does not answer: {type(error).__name__}; send it again") from error
            known.asked = now
            return known
        _keep(self._known, model, found)
        return found

    def _load(self, model: str, known: ServedModel | None, now: float) -> ServedModel:
        spec = self._declaration(model)
        routing, etag = self._routing(model, known)
        if routing.champion is None:
            raise RequestRefused(
                HTTPStatus.CONFLICT,
                f"no version of {model} is in charge yet; `steward outcome {model}` waits for the first",
            )
        reader = known.reader if known and known.spec == spec else RequestReader(spec)
        found = ServedModel(spec, reader, routing, etag, now, now)
        before = known.versions if known else {}
        found.versions[routing.champion] = before.get(routing.champion) or self._champion(spec, routing)
        for arm in routing.traffic.arms if routing.traffic else ():
            try:
                version = before.get(arm.version) or load_challenger(self._data, routing, arm.version)
                found.versions |= {arm.version: version} if version else {}
            except (StewardError, ValueError) as error:
                logger.error("challenger is not served", model=model, version=arm.version, reason=str(error))
        return found

    def _declaration(self, model: str) -> ModelSpec:
        try:
            spec, _ = models.current_spec(self._data, model)
        except RemovedModel as error:
            raise RequestRefused(HTTPStatus.GONE, str(error)) from None
        except UnknownModel as error:
            raise RequestRefused(HTTPStatus.NOT_FOUND, str(error)) from None
        if spec.outputs:
            raise RequestRefused(
                HTTPStatus.CONFLICT,
                f"{model} declares outputs that Steward cannot give ({', '.join(spec.outputs)}); serve it where it was "
                "made, and log its predictions with steward.client",
            )
        return spec

    def _routing(self, model: str, known: ServedModel | None) -> tuple[Routing, str]:
        try:
            content = self._data.find_changed(keys.routing(model), known.etag if known else "")
        except ObjectMissing:
            return Routing(model=model), ""
        if content is None:
            return known.routing, known.etag  # type: ignore[union-attr] # only what is known can be unchanged
        return Routing.model_validate_json(content.body), content.etag

    def _champion(self, spec: ModelSpec, routing: Routing) -> ServedVersion:
        version = routing.champion or ""
        try:
            found = load_champion(self._data, routing)
        except (StewardError, ValueError) as error:
            raise ServingUnavailable(f"version {version} of {spec.model} is not served: {error}") from error
        if found is None:
            raise RequestRefused(
                HTTPStatus.CONFLICT,
                f"version {version} of {spec.model} was trained elsewhere, so Steward has no artifact of it: score "
                "where it was trained, and log its predictions with steward.client",
            )
        return found


def _keep[Value](kept: OrderedDict[str, Value], name: str, value: Value) -> None:
    """Keep what was used last, and let go of what was not used for longest."""
    kept[name] = value
    kept.move_to_end(name)
    if len(kept) > MOST_MODELS:
        kept.popitem(last=False)
