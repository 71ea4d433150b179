"""Have a new stack adopt the buckets of a removed one: `make adopt` runs `begin`, the deployment, then `finish`.

`begin STACK DATA_BUCKET LEDGER_BUCKET [NAME=VALUE ...]` looks at the buckets, refuses what would not work, and makes a
stack that has them and nothing else. `finish STACK` runs `watch_deployment` once, which makes the models' schedules.
"""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.adoption import describe_store, import_buckets, look_up_store, refuse_unadoptable
from infra.deploy.buckets import stop_copying
from infra.deploy.preflight import DeploymentRefused, read_parameters, refuse_long_name
from steward import aws
from steward.errors import StewardError
from steward.store.access import describe_failure
from steward.store.cloudformation import stack_outputs
from steward.store.functions import invoke_now

_PATIENCE = 300.0


def main(arguments: list[str] | None = None) -> None:
    """Begin or finish an adoption; exit with the reason if it cannot be."""
    parser = argparse.ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    beginning = steps.add_parser("begin", help="check the buckets, and import them")
    beginning.add_argument("stack", help="name of the new stack")
    beginning.add_argument("data", help="name of the data bucket")
    beginning.add_argument("ledger", help="name of the ledger bucket")
    beginning.add_argument("parameters", nargs="*", help="the template's parameters that were given, NAME=VALUE")
    finishing = steps.add_parser("finish", help="make the models' schedules")
    finishing.add_argument("stack", help="name of the new stack")
    given = parser.parse_args(arguments)
    try:
        if given.step == "begin":
            begin(given.stack, given.data, given.ledger, read_parameters(given.parameters))
        else:
            finish(given.stack)
    except StewardError as error:
        sys.exit(f"{error}")
    except (ClientError, BotoCoreError) as error:
        sys.exit(describe_failure(error))


def begin(stack: str, data: str, ledger: str, parameters: dict[str, str]) -> None:
    """Check the buckets, and import them into a stack of their own.

    Raises:
        DeploymentRefused: they cannot be adopted.
    """
    refuse_long_name(stack)
    if not data or not ledger:
        raise DeploymentRefused("name both buckets: make adopt DATA_BUCKET=... LEDGER_BUCKET=...; `aws s3 ls` has them")
    store = look_up_store(data, ledger)
    refuse_unadoptable(store, stack, aws.s3().meta.region_name, parameters)
    print(describe_store(store))
    for bucket in (store.data, store.ledger):
        if stop_copying(bucket):
            print(f"{bucket.name} is not copied to {bucket.replica} any more: the role for it went with the old stack.")
    import_buckets(stack, data, ledger)
    print(f"The stack {stack} has them. Its deployment makes everything else.")


def finish(stack: str) -> None:
    """Run `watch_deployment` now instead of within the hour: it makes the models' schedules, and tells of the gap.

    Raises:
        StewardError: the stack is not there, or the function fails.
    """
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    tick: dict[str, Any] = {"source": "aws.events", "detail-type": "Scheduled Event", "time": now, "detail": {}}
    invoke_now(stack_outputs(stack)["WatchDeploymentFunctionName"], tick, _PATIENCE)
    print(
        "The models' schedules are made, and the alert topic was told from when to when nothing watched.\n"
        f"Next: steward doctor --stack {stack}; steward resend --stack {stack} --since ... has what was uploaded "
        "meanwhile taken in. Whoever subscribed to the old alert topic has to subscribe to the new one."
    )


if __name__ == "__main__":
    main()
