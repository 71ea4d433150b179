"""Print what a month of the model in `playing.py` takes: `python -m tests.benchmarks.cost [--hours 24]`."""

import argparse

from steward.cost.prices import PriceList, added, times
from tests.benchmarks.cost.counting import Counted, Meter
from tests.benchmarks.cost.playing import HOUR, START, begin, play
from tests.integration.deployment import deployed
from tests.integration.template import read_template, resources

DAYS = 30
GIB = 1024**3


def memory(function: str) -> int:
    """Of a function in the template, in MB."""
    named = "".join(word.capitalize() for word in function.split("_"))
    usual = read_template()["Globals"]["Function"]["MemorySize"]
    return int(resources("AWS::Serverless::Function")[named].get("MemorySize", usual))


def main() -> None:
    """Play, count, and price."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24, help="played and counted, after three more that are not")
    parser.add_argument("--call", type=float, default=0.03, help="assumed seconds of a request to AWS")
    options = parser.parse_args()
    with deployed() as steward:
        begin(steward)
        for _ in play(steward, START, 3):
            pass
        meter = Meter(steward)
        with meter.watching():
            sizes = [size for _, size in play(steward, START + 3 * HOUR, options.hours)]
        assert not steward.errors, steward.errors
        stored = {
            prefix: sum(map(len, steward.contents(prefix).values()))
            for prefix in ("inbox/payments/predictions", "records/predictions", "ids", "profiles", "parts", "checks")
        }
        ledger = sum(map(len, steward.contents("", steward.ledger).values()))
    months = DAYS * 24 / options.hours
    print(f"{options.hours} h played: {len(sizes)} uploads of {sum(sizes) / len(sizes):,.0f} bytes")
    uses = {}
    for name, counted in sorted(meter.by_function.items()):
        uses[name] = times(counted.use(memory(name), options.call), months)
        show(name, counted, PriceList.current().bill(uses[name]).amount)
    uploads = times({"s3_writes": len(sizes), "eventbridge_events": len(sizes)}, months)
    scheduled = {"scheduler_invocations": DAYS * (24 * 2 + 3)}
    kept = {name: size / (options.hours + 3) * options.hours * months for name, size in stored.items()}
    storage = {"s3_standard": sum(kept.values()) / GIB / 2}  # it grows from nothing over the month
    bill = PriceList.current().bill(added(*uses.values(), uploads, scheduled, storage))
    for line in bill:
        print(f"{line.name:24} {line.quantity:14,.2f} {line.unit:60} {line.amount:8.4f} {line.after_free:8.4f}")
    for name, size in kept.items():
        print(f"  stored in a month: {name:30} {size / 1e9:8.3f} GB")
    print(f"  ledger, in what was played: {ledger / 1e6:.2f} MB")
    print(f"a month: {bill.amount:.3f} USD at list prices, {bill.after_free:.3f} USD after free units")


def show(name: str, counted: Counted, amount: float) -> None:
    """One function."""
    print(
        f"{name:20} {counted.invocations:6} invocations {counted.seconds:8.2f} s {counted.calls:7} requests "
        f"{counted.written / 1e6:8.2f} MB written {counted.read / 1e6:8.2f} MB read {amount:8.4f} USD"
    )
    for (operation, place), count in counted.objects.most_common(40):
        print(f"    {operation:16} {place:14} {count / counted.invocations:8.2f} an invocation")


if __name__ == "__main__":
    main()
