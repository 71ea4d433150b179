"""Say where a deployment goes, and choose what depends on the account: `python -m infra.deploy STACK [NAME=VALUE ...]`.

`make deploy` and the pipelines run it before they build or change anything. What a person reads goes to stderr.
Standard output is one line for the shell: the region, the environment's name, by which what the stack makes is tagged,
and the parameter `AccountQuotas` unless it is among those given.
"""

import argparse
import sys

from infra.deploy.key import check_keys
from infra.deploy.preflight import describe_account, describe_choice, look_up_account, read_parameters, refuse_long_name
from infra.deploy.replicas import check_replicas
from steward.errors import StewardError

ENVIRONMENT = "production"
"""The template's default."""


def main(arguments: list[str] | None = None) -> None:
    """Look, say and choose; exit with the reason if the deployment would fail."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack", help="name of the stack")
    parser.add_argument("parameters", nargs="*", help="the template's parameters that were given, NAME=VALUE")
    given = parser.parse_args(arguments)
    try:
        refuse_long_name(given.stack)
        account = look_up_account(given.stack)
        print(describe_account(account, given.stack), file=sys.stderr)
        parameters = {**account.parameters, **read_parameters(given.parameters)}  # what is not given stays as it is
        environment = parameters.get("Environment", ENVIRONMENT)
        print(f"What it makes is tagged steward:environment={environment}.", file=sys.stderr)
        for found in check_keys(parameters, account, given.stack):
            print(found, file=sys.stderr)
        replicas = check_replicas(parameters, account.region)
        if replicas:
            print(replicas, file=sys.stderr)
        chosen = []
        if "AccountQuotas" not in read_parameters(given.parameters):
            print(describe_choice(account), file=sys.stderr)
            chosen = [f"AccountQuotas={account.quotas}"]
    except StewardError as error:
        sys.exit(f"nothing was deployed: {error}")
    print(account.region, environment, *chosen)


if __name__ == "__main__":
    main()
