"""Reads which version answers which entity from a model's routing, again and again, and never stops an application."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from steward.client.prediction_log import Client
from steward.experiments.assignment import ArmBound, Assignment

type LoadRouting = Callable[[], bytes]
"""The bytes of `routing.json`, or an error."""

_LOG = logging.getLogger("steward.client")


class ServingVersion(NamedTuple):
    """Who answers a row.

    Attributes:
        arm: None where the row takes no part in a release.
        version: None while no routing could be read, or no version is in charge.
        shadows: versions that are to score the row too, and not to answer it.
    """

    arm: str | None
    version: str | None
    shadows: tuple[str, ...] = ()


class _Shares(NamedTuple):
    champion: str | None
    assignment: Assignment | None
    versions: Mapping[str, str]
    shadows: tuple[str, ...]


class RoutedClient(Client):
    """A client that also knows which version answers which entity, as a gradual release shares them out.

    The routing is read when it is asked for first, which takes one request to S3, and by a thread once it is older
    than `refresh_seconds`: the answer that is known meanwhile is given at once. While it cannot be read, the answer
    before stands. No method raises.

    Args:
        model: whose routing it is.
        bucket: the data bucket of the deployment.
        refresh_seconds: how old the routing may become before it is read again.
        load: reads the routing from elsewhere, such as a file or a cache.
        options: as of `Client`.

    >>> routing = b'{"promotions": [{"version": "v1"}], "traffic": null}'
    >>> client = RoutedClient("loans", "a-bucket", load=lambda: routing, send=lambda key, body: None)
    >>> client.version_for("customer-17")
    ServingVersion(arm='champion', version='v1', shadows=())
    """

    def __init__(
        self, model: str, bucket: str, *, refresh_seconds: float = 30.0, load: LoadRouting | None = None, **options: Any
    ) -> None:
        super().__init__(model, bucket, **options)
        self._load = load or (lambda: _read_routing(bucket, model))
        self._refresh_seconds = refresh_seconds
        self._shares: _Shares | None = None
        self._read_at = float("-inf")
        self._reading = threading.Lock()

    def version_for(self, entity: str | int | None) -> ServingVersion:
        """Who answers a row of an entity now.

        Args:
            entity: of the row; without one the champion answers, and the row takes part in no release.
        """
        if self._read_at == float("-inf"):
            self._refresh()
        elif time.monotonic() - self._read_at > self._refresh_seconds and self._reading.acquire(blocking=False):
            threading.Thread(target=self._refresh_and_release, name="steward-routing", daemon=True).start()
        shares = self._shares
        if shares is None:
            return ServingVersion(None, None)
        if shares.assignment is None:
            return ServingVersion("champion", shares.champion, shares.shadows)
        try:
            arm = shares.assignment.arm_of(entity)
        except Exception as error:  # noqa: BLE001 - an application must not fail for being observed
            self._note_refused(error)
            arm = None
        version = shares.champion if arm is None else shares.versions[arm]
        return ServingVersion(arm, version, shares.shadows)

    def _refresh_and_release(self) -> None:
        try:
            self._refresh()
        finally:
            self._reading.release()

    def _refresh(self) -> None:
        """Read the routing; what was read before stands where it cannot be."""
        try:
            self._shares = _parse_routing(self._load())
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the next attempt may do better
            _LOG.warning("the routing cannot be read, and is tried again: %s: %s", type(error).__name__, error)
        self._read_at = time.monotonic()  # also after a failure: no request of the application waits for the next


def _parse_routing(body: bytes) -> _Shares:
    """What an application needs of `routing.json`; fields that it does not know are passed over."""
    content = json.loads(body)
    promotions, traffic = content.get("promotions") or [], content.get("traffic")
    champion = promotions[-1]["version"] if promotions else None
    if not traffic:
        return _Shares(champion, None, {}, ())
    arms = traffic["arms"]
    bounds = tuple(ArmBound(arm["name"], float(arm["weight"]), int(arm["below"])) for arm in arms)
    versions = {arm["name"]: arm["version"] for arm in arms}
    return _Shares(champion, Assignment(traffic["salt"], bounds), versions, tuple(traffic.get("shadows") or ()))


def _read_routing(bucket: str, model: str) -> bytes:
    from steward.aws import s3_for_applications  # noqa: PLC0415 - boto3 is loaded when it is needed
    from steward.store import keys  # noqa: PLC0415 - likewise

    found: bytes = s3_for_applications().get_object(Bucket=bucket, Key=keys.routing(model))["Body"].read()
    return found
