"""The whole life of one model, from its declaration to its last audit, in phases; between two of them nothing waits."""

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from unittest.mock import patch

import pandas as pd

from steward.commands import command_base, requests
from steward.commands.codec import Message, digest, encode
from steward.commands.proof import BODY, Proof, signed_headers
from steward.events import (
    AlertAcknowledged,
    AlertMuted,
    AttributionsRequested,
    AuditRequested,
    ChampionTestRequested,
    CheckRequested,
    DefectChangeRequested,
    DefectProposed,
    DefectReviewRequested,
    Event,
    ExceptionProposed,
    FreezeProposed,
    MaintenanceRequested,
    ReportRequested,
    ReproductionRequested,
    RetrainingProposed,
    RollbackProposed,
)
from steward.store import sts
from tests.integration import lemons

from .memory_cloud import DATA
from .redelivery import ADA, World

type Phase = Callable[[World], None]

DAY = timedelta(days=1)
PREDICTIONS, LABELS = "inbox/lemons/predictions/", "inbox/lemons/labels/"
SPEC = (
    lemons.SPEC.replace("cool_down: 3d", "cool_down: 1d\n  on_correction: true").replace(
        "minimum_new_labels: 500", "minimum_new_labels: 300"
    )
    + """\
retention: {inbox: 40d, records: 60d, profiles: 60d, checks: 60d, quarantine: 40d}
defects: {owner: desk@example.com, deadlines: {critical: 1d, warning: 1w}, maximum_quarantined: 0.02}
alerting: {remind_every: 3d}
monitors: {attribution_drift: {minimum_ndcg: 0.9}}
actions:
  - {monitor: accuracy, do: defect}
"""
)


def window(day: int) -> str:
    """The name of a day's window."""
    return f"{lemons.START + day * DAY:%Y%m%d}T000000Z_1d"


def ask(world: World, kind: type[Event], **said: object) -> None:
    """Publish a request, as of now where nothing else is said."""
    now = world.deployment.clock.now
    common = {"occurred_at": now, "as_of": now, "model": "lemons", "correlation_id": f"{kind.__name__}-{now:%j-%H%M%S}"}
    world.publish(kind.model_validate(common | said))


def declare(world: World) -> None:
    """The declaration."""
    world.upload("specs/lemons.yaml", SPEC)


def refer(world: World) -> None:
    """Reference data, which the first version is trained on."""
    world.upload("inbox/lemons/reference/first.csv", lemons.csv(lemons.sales(14)))


def ordinary_day(world: World) -> None:
    """Labels before and after their predictions, bad rows, ids that come twice, and a file without a row."""
    sold = lemons.sales(1, first_day=14)
    scored = lemons.predictions(sold)
    bad = scored.copy()
    bad.loc[0:11, "age"] = 99.0
    world.upload(
        f"{LABELS}early-14.csv", lemons.csv(lemons.labels(sold.iloc[:100], timed=False).assign(seen_by="a@example.org"))
    )
    world.upload(f"{PREDICTIONS}even-14.csv", lemons.csv(bad.iloc[::2]))
    world.upload(f"{PREDICTIONS}rest-14.csv", lemons.csv(pd.concat([scored.iloc[1::2], scored.iloc[20:40]])))
    world.upload(f"{LABELS}late-14.csv", lemons.csv(lemons.labels(sold.iloc[100:])))
    world.upload(PREDICTIONS + "broken.csv", b"")


def turned_day(day: int, *, timed: bool) -> Phase:
    """A day on which the world is upside down: alerts fire."""

    def turned(world: World) -> None:
        sold = lemons.sales(1, first_day=day, flipped=True)
        scored = lemons.predictions(sold)
        world.upload(f"{PREDICTIONS}{day}-a.csv", lemons.csv(scored.iloc[:200]))
        world.upload(f"{PREDICTIONS}{day}-b.csv", lemons.csv(scored.iloc[200:]))
        world.upload(f"{LABELS}{day}.csv", lemons.csv(lemons.labels(sold, timed=timed)))

    return turned


def turned_days(*days: int) -> Phase:
    """Such days, one after the other."""

    def turned(world: World) -> None:
        for day in days:
            sold = lemons.sales(1, first_day=day, flipped=True)
            world.upload(f"{PREDICTIONS}{day}.csv", lemons.csv(lemons.predictions(sold)))
            world.upload(f"{LABELS}{day}.csv", lemons.csv(lemons.labels(sold)))

    return turned


def sweep(world: World) -> None:
    """The schedule's check."""
    ask(world, CheckRequested, as_of=lemons.START + 21 * DAY)


def attribute(world: World) -> None:
    """The schedule's attribution."""
    ask(world, AttributionsRequested, as_of=lemons.START + 21 * DAY)


def report_defect(world: World) -> None:
    """A person finds an error."""
    found = {"source": "person", "severity": "warning", "title": "odometers", "windows": [window(18)]}
    ask(world, DefectProposed, **found, author=ADA.arn)


def defect(world: World) -> str:
    """The id of the error that the person found."""
    return next(
        world.object(key)["defect"]
        for key in world.keys("defects/lemons/")
        if world.object(key)["reports"][0]["title"] == "odometers"
    )


def correct(world: World) -> None:
    """Predictions and labels are replaced, others withdrawn."""
    inbox = f"inbox/lemons/corrections/{defect(world)}/"
    sold = lemons.sales(1, first_day=18, flipped=True)
    champion = world.object("models/lemons/routing.json")["promotions"][-1]["version"]
    scored = lemons.predictions(sold, champion)
    world.upload(f"{inbox}predictions/a.csv", lemons.csv(scored.iloc[150:260].assign(mileage=5000.0)))
    world.upload(f"{inbox}withdrawn-predictions/w.csv", lemons.csv(scored.iloc[:10][["sale"]]))
    world.upload(f"{inbox}labels/l.csv", lemons.csv(lemons.labels(sold.iloc[30:60]).assign(lemon=1)))


def change_defect(change: str) -> Phase:
    """A person moves the defect on."""
    return lambda world: ask(world, DefectChangeRequested, defect=defect(world), change=change, author=ADA.arn)


def freeze(world: World) -> None:
    """A person holds promotions back."""
    ask(world, FreezeProposed, until=None, reason="holiday", author=ADA.arn)


def thaw(world: World) -> None:
    """A person lets promotions go on."""
    ask(world, FreezeProposed, until=world.deployment.clock.now, reason="back", author=ADA.arn)


def retrain(world: World) -> None:
    """A person asks for a run."""
    ask(world, RetrainingProposed, reason="please", author=ADA.arn, as_of=lemons.START + 29 * DAY)


def roll_back(world: World) -> None:
    """A person wants the version before."""
    world.deployment.clock.pass_by(timedelta(minutes=5))
    ask(world, RollbackProposed, reason="complaints", author=ADA.arn)


def mute(world: World) -> None:
    """A person mutes all alerts, and acknowledges them."""
    ask(world, AlertMuted, monitor=None, until=world.deployment.clock.now + 2 * DAY, reason="x", author=ADA.arn)
    ask(world, AlertAcknowledged, monitor=None, note="seen", author=ADA.arn)


def reproduce(world: World) -> None:
    """A person wants the champion to be trained again, and a version that never was."""
    champion = world.object("models/lemons/routing.json")["promotions"][-1]["version"]
    for version in (champion, "20200101-00000000"):
        ask(world, ReproductionRequested, version=version, author=ADA.arn)


def late_day(world: World) -> None:
    """More records of a day that was checked long ago."""
    sold = lemons.sales(1, first_day=18, flipped=True, rows_a_day=60, seed=5)
    world.upload(f"{PREDICTIONS}18-late.csv", lemons.csv(lemons.predictions(sold)))
    world.upload(f"{LABELS}18-late.csv", lemons.csv(lemons.labels(sold, timed=False)))


def after(days: int, kind: type[Event]) -> Phase:
    """A schedule's request, some days later."""

    def asked(world: World) -> None:
        world.deployment.clock.pass_by(days * DAY)
        ask(world, kind)

    return asked


def except_card(world: World) -> None:
    """A person excepts an invariant."""
    until = world.deployment.clock.now + 30 * DAY
    said = {"invariant": "champion_card", "owner": "ada", "until": until, "reason": "lost", "author": ADA.arn}
    ask(world, ExceptionProposed, **said)


def watch(world: World) -> None:
    """Somebody removed a schedule; the hour is over."""
    world.cloud.schedules.pop("lemons-check")
    world.send("watch_deployment", json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}))


def checkpoint(world: World) -> None:
    """A day is over: a checkpoint of all ledgers."""
    world.deployment.clock.pass_by(DAY)
    world.send("audit_models", json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}))


def command(world: World) -> None:
    """Commands of a person, and one that somebody has tampered with."""
    now = world.deployment.clock.now
    given = [
        (requests.MuteCommand, {"until": now + DAY, "reason": "r"}),
        (requests.FreezeCommand, {"reason": "f"}),
        (requests.ThawCommand, {"reason": "t"}),
        (requests.RollBackCommand, {"reason": "b"}),
        (requests.OpenDefectCommand, {"title": "bad", "windows": [window(18)]}),
    ]
    for number, (kind, said) in enumerate(given, 1):
        common = {
            "id": uuid.UUID(int=number),
            "model": "lemons",
            "issued_at": now,
            "expires_at": now + command_base.LIFETIME,
        }
        text = encode(kind.model_validate(common | said))
        with patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": ADA.key, "AWS_SECRET_ACCESS_KEY": ADA.secret}):
            signed = sts.sign(BODY, lambda token, text=text: signed_headers(digest(text), DATA, now, token))
        proof = Proof(**asdict(signed))
        world.send("accept_commands", Message(command=text, proof=proof).body())
    world.send("accept_commands", Message(command=text.replace("bad", "worse"), proof=proof).body())


def overtaken(world: World) -> None:
    """Of two uploads with the same ids the later one is taken in first, and again once the earlier one was."""
    scored = lemons.predictions(lemons.sales(1, first_day=30, rows_a_day=40))
    world.upload(f"{PREDICTIONS}30-early.csv", lemons.csv(scored.iloc[:25]))
    world.upload(f"{PREDICTIONS}30-late.csv", lemons.csv(scored.iloc[15:]))
    world.cloud.queues["ingest_records"].reverse()


def declare_anew(world: World) -> None:
    """Another declaration: one schedule is changed, one is no more."""
    changed = "schedules: {check: rate(2 hours), audit: null, attribute: null}"
    world.upload("specs/lemons.yaml", SPEC.replace("schedules: {check: rate(1 hour), audit: null}", changed))


PHASES: dict[str, Phase] = {
    "declare": declare,
    "refer": refer,
    "ordinary day": ordinary_day,
    "turned day": turned_day(18, timed=False),
    "second turned day": turned_day(19, timed=True),
    "sweep": sweep,
    "attribute": attribute,
    "report a defect": report_defect,
    "correct": correct,
    "verify": change_defect("verify"),
    "close": change_defect("close"),
    "freeze": freeze,
    "two turned days": turned_days(23, 24),
    "three turned days": turned_days(25, 26, 27),
    "retrain": retrain,
    "thaw": thaw,
    "roll back": roll_back,
    "mute": mute,
    "test the champion": after(0, ChampionTestRequested),
    "reproduce": reproduce,
    "review defects": after(10, DefectReviewRequested),
    "late day": late_day,
    "report": after(0, ReportRequested),
    "audit": after(0, AuditRequested),
    "except": except_card,
    "retain": after(120, MaintenanceRequested),
    "checkpoint": checkpoint,
    "watch": watch,
    "command": command,
    "overtaken": overtaken,
    "declare anew": declare_anew,
}
