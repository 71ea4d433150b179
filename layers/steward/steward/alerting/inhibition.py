"""Grouping and inhibition: one incident that several monitors detect is sent once."""

from collections.abc import Iterator, Mapping

from steward.alerting.model_alerts import ModelAlerts
from steward.alerting.notification_lease import Announcement
from steward.spec.alerting import group_of
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity, rank


def monitors_to_notify(
    news: Mapping[MonitorName, Announcement], alerts: ModelAlerts, notify_at: Severity
) -> set[MonitorName]:
    """Select the monitors to notify subscribers of; the others go to the bus and the ledger only.

    A monitor that begins to fire while another of its group, as severe as it, fires already, is the same trouble; it
    ends when the last of them ends. The most important of them reminds.

    Args:
        news: what is about to be told.
        alerts: as they were before that.
        notify_at: the least severity that people hear of.
    """
    least = rank(notify_at)
    after = {
        name: delivery.last for name, delivery in alerts.deliveries.items() if delivery.last and name not in news
    } | dict(news)
    loud = {name: last for name, last in after.items() if rank(last.severity) >= least}
    heard = set()
    for name, announced in news.items():
        if name not in loud:
            continue
        others = dict(_open_beside(name, loud))
        known = {other: last for other, last in others.items() if other not in news}
        match announced.change:
            case "resolved":
                speaks = not others
            case "reminder":
                mine = (rank(announced.severity), name)
                speaks = all((rank(last.severity), other) < mine for other, last in others.items())
            case _:
                speaks = not any(rank(last.severity) >= rank(announced.severity) for last in known.values())
        if speaks:
            heard.add(name)
    return heard


def _open_beside(
    name: MonitorName, loud: Mapping[MonitorName, Announcement]
) -> Iterator[tuple[MonitorName, Announcement]]:
    """The other monitors of a group that people believe to be firing or flapping."""
    group = group_of(name)
    for other, last in loud.items():
        if other != name and group_of(other) == group and last.change != "resolved":
            yield other, last
