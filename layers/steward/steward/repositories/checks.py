"""Finds a check by window, firing monitor or version."""

from collections.abc import Iterator
from datetime import datetime

from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.lineage.identifiers import Identified, UnknownId
from steward.monitoring.check import Check
from steward.repositories import models
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket


def find_newest_check(data: Bucket, model: str, version: str | None = None) -> Identified:
    """The newest check of the newest window that a version was checked in.

    Args:
        data: where checks are stored.
        model: whose.
        version: which, or how its id begins; the champion when None, and any version where none of its own is there.

    Raises:
        UnknownId: nothing was checked.
    """
    windows = sorted(data.list_prefixes(keys.checks(model)), reverse=True)
    wanted = version or models.routing(data, model).champion
    found = next((check for window in windows for check in _list_checks(data, model, window, wanted)), None)
    if found is None and version is None and windows:
        found = next(_list_checks(data, model, windows[0], None), None)
    if found is None:
        of = f"version {version} of {model}" if version else model
        raise UnknownId(
            f"no window of {of} was checked yet; `steward watch {model}` shows the first check when it comes"
        )
    return found


def find_check_of_window(data: Bucket, model: str, window: str, version: str | None = None) -> Identified:
    """The newest check of a window; arguments as of `find_newest_check`.

    Raises:
        UnknownId: the window was not checked, or not for this version.
    """
    wanted = version or models.routing(data, model).champion
    found = next(_list_checks(data, model, window, wanted), None)
    if found is None and version is None:
        found = next(_list_checks(data, model, window, None), None)
    if found is None:
        of = f" for version {version}" if version else ""
        raise UnknownId(f"{model} has no check of window {window}{of}; `steward log {model} --checks` lists its checks")
    return found


def find_check_at(data: Bucket, model: str, moment: datetime, version: str | None = None) -> Identified:
    """The newest check of the window that a time falls into; arguments as of `find_newest_check`.

    Raises:
        UnknownId: no window that was checked contains it, or not for this version.
    """
    checked = map(Window.parse, data.list_prefixes(keys.checks(model)))
    around = sorted(window for window in checked if window.start <= moment < window.end)
    if not around:
        raise UnknownId(
            f"no window of {model} that was checked contains {moment:%Y-%m-%d %H:%M} UTC; "
            f"`steward log {model} --checks` lists its checks"
        )
    return find_check_of_window(data, model, around[-1].id, version)


def find_check_of_alert(data: Bucket, model: str, monitor: str) -> Identified:
    """The check that the alert of a monitor rests on.

    Raises:
        UnknownId: the monitor found nothing yet.
    """
    alerts = data.load_if_present(keys.alerts(model), ModelAlerts)
    if alerts:
        spec, _ = models.current_spec(data, model, or_removed=True)
        for name, status in alert_statuses(alerts, spec).items():
            if name == monitor and status.latest:
                latest = status.latest
                return Identified("check", latest.check, keys.check(model, latest.window, latest.check))
    raise UnknownId(f"{monitor} of {model} rests on no check yet; `steward status {model}` lists the alerts that do")


def _list_checks(data: Bucket, model: str, window: str, version: str | None) -> Iterator[Identified]:
    """The checks of a window, the newest first; of one version, or of any."""
    listed = sorted(data.list(keys.checks(model, window)), key=lambda item: (item.modified, item.key), reverse=True)
    for item in listed:
        if version is None or data.load(item.key, Check).version.startswith(version):
            yield Identified("check", item.name, item.key)
