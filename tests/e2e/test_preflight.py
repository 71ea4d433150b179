"""The preflight reads what AWS answers, and counts what a stack has reserved already as free.

The emulator reserves nothing for the template's ReservedConcurrentExecutions, so it does not show that number go down.
"""

import os
import subprocess
import sys

from infra.deploy.preflight import RESERVED, UNRESERVED
from infra.local.process import ROOT

from .deployed import Deployed


def preflight(deployed: Deployed, stack: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", "infra.deploy", stack]
    environment = kept | deployed.stack.environment
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60)


def test_account_region_and_quotas_are_those_of_the_settings(steward: Deployed, staging: Deployed) -> None:
    limits = steward.stack.client("lambda").get_account_settings()["AccountLimit"]
    for deployed, reserved, environment in ((steward, 0, "production"), (staging, RESERVED, "staging")):
        asked = preflight(deployed, deployed.stack.name)
        room = limits["UnreservedConcurrentExecutions"] + reserved >= RESERVED + UNRESERVED
        assert asked.stdout == f"us-east-1 {environment} AccountQuotas={'standard' if room else 'small'}\n"
        assert "Account 000000000000, region us-east-1" in asked.stderr
        assert f"The stack {deployed.stack.name} is updated" in asked.stderr
    assert "The stack nobodys is new" in preflight(steward, "nobodys").stderr
