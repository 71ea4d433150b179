"""`steward cost`: stored bytes and the monthly cost at list prices."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.cost.month import (
    AUDIT_SIGNATURES,
    CHECKPOINT_SIGNATURES,
    DAYS,
    HOURS,
    MODEL_METRICS,
    CostCalibration,
    key_requests,
)
from steward.cost.prices import Bill, PriceList, PriceName, Usage, add_uses, scale_use
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectVersion

GIB = 1024**3
WITH_MAXIMUM = frozenset({"IngestRecords", "RaiseAlerts"})
"""Functions that have a maximum of concurrency in an account of any size."""
ALARMS = 9
"""CloudWatch alarms of the template."""
MONITORED = 128 * 1024
_CLASSES: dict[str, PriceName] = {
    "STANDARD": "s3_standard",
    "STANDARD_IA": "s3_standard_ia",
    "INTELLIGENT_TIERING": "s3_intelligent_tiering",
}


_KEYS = ("KmsKeySetting", "SigningKeySetting", "PseudonymKeySetting")
"""Outputs that name a key of KMS, where the stack has one."""


@dataclass
class Holdings:
    """What is stored of one model.

    Attributes:
        bytes: by the first part of the key and the storage class.
        objects: likewise; superseded versions count.
        uploads: made in the last thirty days.
        since: the first upload.
    """

    bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    objects: Counter[tuple[str, str]] = field(default_factory=Counter)
    monitored: int = 0
    uploads: int = 0
    since: datetime | None = None

    @classmethod
    def of(cls, deployment: Deployment, model: str, at: datetime) -> "Holdings":
        """List all versions of everything that is stored of a model."""
        held = cls()
        recent = at - timedelta(days=DAYS)
        for item in _versions(deployment.data, keys.everything(model)):
            held.add(keys.folder_of(item.key), item)
            if item.key.startswith(keys.INBOX):
                held.since = min(held.since or item.modified, item.modified)
                held.uploads += item.modified > recent
        for item in _versions(deployment.ledger.bucket, [keys.ledger(model)]):
            held.add("ledger", item)
        return held

    def add(self, place: str, item: ObjectVersion) -> None:
        """Count one version of an object."""
        self.bytes[place, item.storage_class] += item.size
        self.objects[place, item.storage_class] += 1
        self.monitored += item.storage_class == "INTELLIGENT_TIERING" and item.size >= MONITORED

    def storage(self) -> dict[PriceName, float]:
        """What keeping it for a month takes; a class without a price of its own counts as Standard."""
        use: dict[PriceName, float] = {"s3_monitored_objects": self.monitored}
        for (_, kind), size in self.bytes.items():
            use = add_uses(use, {_CLASSES.get(kind, "s3_standard"): size / GIB})
        return use

    def month(self, at: datetime) -> float:
        """Uploads of thirty days, at the pace since the first upload where that was later."""
        lived = (at - self.since) / timedelta(days=1) if self.since else DAYS
        return self.uploads * DAYS / min(DAYS, max(1.0, lived))


def cost(
    model: Annotated[str | None, typer.Argument(help="One model; all of them when left out.")] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Estimate the monthly cost at list prices, from the uploads and bytes counted."""
    deployment, at = Deployment.of(stack), datetime.now(UTC)
    if model:
        deployment.require(model)
    prices, calibration = PriceList.current(), CostCalibration.current()
    with_key = bool(deployment.outputs.get("KmsKeySetting"))
    signing = bool(deployment.outputs.get("SigningKeySetting"))
    metrics = MODEL_METRICS if deployment.outputs.get("ModelMetricsSetting") == "on" else 0
    models = [
        MonthlyCost.of(
            name,
            Holdings.of(deployment, name, at),
            prices,
            calibration,
            at,
            metrics=metrics,
            with_key=with_key,
            signing=signing,
        )
        for name in ([model] if model else deployment.models())
    ]
    limited, unlimited, alarms = idle_parts(deployment)
    queues = limited + unlimited
    idle = calibration.idle(limited, unlimited, alarms)
    asked = key_requests(scale_use(calibration.watch, HOURS)) if with_key else 0  # no message comes of a poll
    signed = DAYS * CHECKPOINT_SIGNATURES if signing else 0
    held_keys = sum(bool(deployment.outputs.get(name)) for name in _KEYS)
    unused = prices.bill(add_uses(idle, {"kms_requests": asked, "kms_keys": held_keys, "kms_signatures": signed}))
    if as_json:
        print_json(
            {
                "prices": {"as_of": prices.as_of, "region": prices.region, "currency": prices.currency},
                "models": [month.record() for month in models],
                "deployment": {"queues": queues, "alarms": alarms, "bill": bill_record(unused)},
            }
        )
        return
    for month in models:
        console.print(stored_table(month.model, month.held))
        console.print()
        console.print(bill_table(f"{month.model}: a month of {month.uploads:,.0f} uploads", month.bill))
        console.print()
    console.print(bill_table(f"The deployment itself, with {queues} queues and {alarms} alarms, while idle", unused))
    console.print()
    console.print(
        f"Prices of {prices.as_of} in {prices.region}. Requests and compute as measured on {calibration.measured}, "
        f"with {calibration.seconds_a_call * 1000:.0f} ms a request and functions that start anew after "
        f"{calibration.kept_minutes:.0f} idle minutes; training, attributions on demand and e-mails come on top."
    )


def idle_parts(deployment: Deployment) -> tuple[int, int, int]:
    """Queues whose function has a maximum of concurrency, those whose function has none, and alarms."""
    found = {key.removesuffix("QueueUrl") for key in deployment.outputs if key.endswith("QueueUrl")}
    queues = found - {"UndeliveredEvents"}
    small = deployment.outputs.get("AccountQuotasSetting") == "small"
    limited = len(queues if small else queues & WITH_MAXIMUM)
    return limited, len(queues) - limited, ALARMS if deployment.outputs.get("AlarmsSetting") == "on" else 0


@dataclass(frozen=True, slots=True)
class MonthlyCost:
    """What a month of one model takes, at the pace of the last thirty days."""

    model: str
    held: Holdings
    uploads: float
    bill: Bill

    @classmethod
    def of(
        cls,
        model: str,
        held: Holdings,
        prices: PriceList,
        calibration: CostCalibration,
        at: datetime,
        *,
        metrics: int,
        with_key: bool,
        signing: bool,
    ) -> "MonthlyCost":
        """Price it."""
        uploads = held.month(at)
        month = calibration.month(uploads)
        asked = key_requests(month) if with_key else 0
        signed = DAYS * AUDIT_SIGNATURES if signing else 0
        of_keys: Usage = {"kms_requests": asked, "kms_signatures": signed}
        use = add_uses(month, held.storage(), {"cloudwatch_metrics": metrics}, of_keys)
        return cls(model, held, uploads, prices.bill(use))

    def record(self) -> dict[str, object]:
        """What a program reads of it."""
        return {
            "model": self.model,
            "uploads": self.uploads,
            "stored": [
                {"place": place, "class": kind, "objects": self.held.objects[place, kind], "bytes": size}
                for (place, kind), size in sorted(self.held.bytes.items())
            ],
            "bill": bill_record(self.bill),
        }


def stored_table(model: str, held: Holdings) -> Table:
    """Bytes by place and class."""
    table = draw_table(f"{model}: what is stored", "place", "class", "objects", "bytes", figures=("objects", "bytes"))
    for (place, kind), size in sorted(held.bytes.items()):
        table.add_row(place, kind, f"{held.objects[place, kind]:,}", f"{size:,}")
    return table


def bill_table(title: str, bill: Bill) -> Table:
    """A bill, line by line."""
    figures = ("units", "USD", "after free units")
    table = draw_table(title, "what", *figures, figures=figures)
    for line in bill:
        table.add_row(line.unit, f"{line.quantity:,.2f}", f"{line.amount:.4f}", f"{line.after_free:.4f}")
    table.add_row("a month", "", f"{bill.amount:.2f}", f"{bill.after_free:.2f}", style="bold")
    return table


def bill_record(bill: Bill) -> dict[str, object]:
    """What a program reads of it."""
    return {"lines": list(bill), "amount": bill.amount, "after_free": bill.after_free}


def _versions(bucket: Bucket, prefixes: Iterable[str]) -> Iterator[ObjectVersion]:
    for prefix in prefixes:
        yield from bucket.versions(prefix)
