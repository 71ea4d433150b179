"""A stack with a customer's key: a model gets its champion, and its uploads are ingested, all the same.

The emulator's CloudFormation gives the key to queues and the log group alone; tests/unit/test_template_security.py has
the template's word on the rest.
"""

import os
import subprocess
import sys

from infra.local.process import ROOT
from steward.events import BatchIngested
from tests.integration import lemons

from .deployed import Deployed


def test_preflight_takes_the_key_with_the_policy_that_it_prints(staging: Deployed, staging_key: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = kept | staging.stack.environment
    command = [sys.executable, "-m", "infra.deploy", staging.stack.name]  # the stack has the parameter already
    asked = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert asked.returncode == 0, asked.stderr
    assert f"The key {staging_key} (KmsKeyArn) is enabled, and its policy admits" in asked.stderr


def test_queues_and_logs_have_the_key(staging: Deployed, staging_key: str) -> None:
    outputs = staging.stack.outputs
    for url in (
        outputs["IngestRecordsQueueUrl"],
        outputs["TrainModelDeadLettersUrl"],
        outputs["UndeliveredEventsQueueUrl"],
    ):
        found = staging.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert (found["KmsMasterKeyId"], found.get("SqsManagedSseEnabled", "false")) == (staging_key, "false")
    (group,) = staging.client("logs").describe_log_groups(logGroupNamePrefix=outputs["LogGroupName"])["logGroups"]
    assert group["kmsKeyId"] == staging_key


def test_schedules_are_made_with_the_key_by_a_function_that_may_use_it(staging: Deployed, staging_key: str) -> None:
    group = staging.stack.outputs["ScheduleGroupName"]
    schedule = staging.client("scheduler").get_schedule(Name="sorbs-check", GroupName=group)
    assert schedule["KmsKeyArn"] == staging_key


def test_records_are_ingested_and_checked(staging: Deployed) -> None:
    sold = lemons.csv(lemons.predictions(lemons.sales(1, first_day=15)))
    correlation_id = staging.upload("inbox/sorbs/predictions/with-key.csv", sold)
    assert staging.event(BatchIngested, correlation_id).model == "sorbs"
