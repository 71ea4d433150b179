"""Print what a month of the model in `playing.py` takes: `python -m tests.benchmarks.cost [--hours 24] [--keep]`.

With `--keep` what was counted is what `steward cost` reckons with from then on.
"""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import steward.cost
from steward.cost.month import DAYS, HOURS, CostCalibration, key_requests
from steward.cost.prices import Bill, PriceList, PriceName, Usage, add_uses, scale_use
from steward.repositories import uploads
from tests.benchmarks.cost.counting import KEPT, Counted, Meter
from tests.benchmarks.cost.governing import erase, retrain
from tests.benchmarks.cost.playing import CADENCE, HOUR, START, begin, play, wake, watch
from tests.benchmarks.cost.starting import start_seconds
from tests.integration.deployment import Deployment, deployed, logical_id
from tests.integration.template import read_template, resources, with_queues

GIB = 1024**3
WARM_UP = 2
DAY = 24 * HOUR


def memory(function: str) -> int:
    """Of a function in the template, in MB."""
    named = "".join(word.capitalize() for word in function.split("_"))
    usual = read_template()["Globals"]["Function"]["MemorySize"]
    size = resources("AWS::Serverless::Function")[named].get("MemorySize", usual)
    return int(size["Fn::If"][1] if isinstance(size, dict) else size)  # of an account with standard quotas


def queues() -> tuple[int, int]:
    """Queues whose function has a maximum of concurrency, and those whose function has none."""
    functions = resources("AWS::Serverless::Function")
    scaling = [functions[name]["Events"]["Messages"]["Properties"]["ScalingConfig"] for name in with_queues()]
    limited = sum("MaximumConcurrency" in one for one in scaling)
    return limited, len(scaling) - limited


def main() -> None:
    """Play, count, and price."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24, help="played and counted, after two more that are not")
    parser.add_argument("--call", type=float, default=0.03, help="assumed seconds of a request to AWS")
    parser.add_argument("--keep", action="store_true", help="write layers/steward/steward/cost/calibration.json")
    options = parser.parse_args()
    with deployed() as deployment, patch.object(uploads, "_SAMPLE_SEQUENCERS", frozenset()):
        # S3 gives each event a sequencer of its own, and moto all the same; Steward lists versions where it has none
        meter = Meter(deployment)
        with meter.watching():
            meter.phase = "idle"
            watch(deployment, meter)
        begin(deployment)
        for _ in play(deployment, START, WARM_UP, meter):
            pass
        with meter.watching():
            sizes = [size for _, size in play(deployment, START + WARM_UP * HOUR, options.hours, meter)]
            meter.phase = "day"
            daily = wake(deployment, deployment.clock.now + DAY + HOUR, "rate(1 day)")
            retrain(deployment, meter)
            erase(deployment, meter)
        assert not deployment.errors, deployment.errors
        prefixes = ("inbox/payments/predictions", "records/predictions", "ids", "profiles", "checks")
        stored = {prefix: sum(map(len, deployment.contents(prefix).values())) for prefix in prefixes}
        stored["ledger"] = sum(map(len, deployment.contents("", deployment.ledger).values()))
        months = DAYS * 24 / (options.hours + WARM_UP)
        played = {"idle": 1, "upload": len(sizes), "hour": options.hours, "watch": options.hours, "day": 1}
        played |= {"retrain": 1, "erase": 1 / months}  # which looks at all that a month has stored
        found = counted(deployment, meter, options.call, played, daily)
    mean = sum(sizes) / len(sizes)
    print(f"{options.hours} h played: {len(sizes)} uploads of {mean:,.0f} bytes")
    for (phase, name), each in sorted(meter.counted.items()):
        show(phase, name, each)
    kept = {name: size * months for name, size in stored.items()}
    for name, size in kept.items():
        print(f"  stored in a month: {name:30} {size / 1e9:8.3f} GB")
    use = found.month(uploads=DAYS * DAY / CADENCE)
    table(PriceList.current().bill(add_uses(use, {"s3_standard": sum(kept.values()) / GIB / 2})))
    limited, unlimited = queues()
    alarms = len(resources("AWS::CloudWatch::Alarm"))
    print(f"\nThe deployment besides, with {limited + unlimited} queues and {alarms} alarms, while nothing happens:")
    table(PriceList.current().bill(found.idle(limited, unlimited, alarms)))
    show_key(found)
    if options.keep:
        target = Path(steward.cost.__file__).parent / "calibration.json"
        target.write_text(found.model_dump_json(indent=1) + "\n")


def show_key(found: CostCalibration) -> None:
    """What a customer's key adds, beside its own dollar."""
    month, idle = found.month(uploads=DAYS * DAY / CADENCE), scale_use(found.watch, HOURS)
    objects: Usage = {name: month[name] for name in ("s3_writes", "s3_reads")}
    print("\nRequests to KMS with a customer's key, at most:")
    for words, use in (("the model", month), ("of that, S3 without Bucket Keys", objects), ("idle", idle)):
        bill = PriceList.current().bill({"kms_requests": key_requests(use)})
        print(
            f"  {words:32} {key_requests(use):9,.0f} requests {bill.amount:6.2f} USD, {bill.after_free:.2f} after free"
        )


def counted(steward: Deployment, meter: Meter, call: float, played: dict[str, float], daily: int) -> CostCalibration:
    """What was counted, of one upload, hour and day."""

    def of(phase: str, *besides: dict[PriceName, float]) -> dict[PriceName, float]:
        uses = [
            found.use(memory(name), call, start_seconds(steward, name), has_queue=logical_id(name) in with_queues())
            for (at, name), found in meter.counted.items()
            if at == phase
        ]
        used = add_uses(scale_use(add_uses(*uses), 1 / played[phase]), *besides)
        return {name: round(quantity, 12) for name, quantity in used.items()}

    watched, idle = of("watch"), of("idle")
    for_the_model: dict[PriceName, float] = {
        name: max(0.0, quantity - idle.get(name, 0)) for name, quantity in watched.items()
    }

    return CostCalibration(
        measured=datetime.now(UTC).date(),
        seconds_a_call=call,
        kept_minutes=KEPT / timedelta(minutes=1),
        upload=of("upload", {"s3_writes": 1, "eventbridge_events": 1}),
        hour=of("hour", {"scheduler_invocations": 2}, for_the_model),
        day=of("day", {"scheduler_invocations": daily}),
        watch=idle,
        month_once=add_uses(of("retrain"), of("erase")),
    )


def table(bill: Bill) -> None:
    """A bill, as Markdown."""
    print("\n| what | units | USD | after free units |\n| --- | ---: | ---: | ---: |")
    for line in bill:
        print(f"| {line.unit} | {line.quantity:,.2f} | {line.amount:.3f} | {line.after_free:.3f} |")
    print(f"| **a month** | | **{bill.amount:.3f}** | **{bill.after_free:.3f}** |")


def show(phase: str, name: str, each: Counted) -> None:
    """One function."""
    print(
        f"{phase:8} {name:20} {each.invocations:6} invocations {each.seconds / each.invocations:8.3f} s each "
        f"{each.calls / each.invocations:7.1f} requests each {each.written / 1e6:8.2f} MB written "
        f"{each.read / 1e6:8.2f} MB read"
    )
    for (operation, place), count in each.objects.most_common(40):
        print(f"    {operation:18} {place:14} {count / each.invocations:8.2f}")


if __name__ == "__main__":
    main()
