"""From staging to production: two stacks of the real template, every function under its own role."""

import json
from pathlib import Path

import pytest

from steward.events import ReleaseChanged, VersionRejected
from steward.store.stored_objects import sha256
from tests.integration import lemons

from .deployed import Deployed

SPEC = lemons.SPEC.replace("model: lemons", "model: sorbs")


@pytest.mark.timeout(300)
def test_a_version_of_staging_is_promoted_to_production_and_nothing_else_is(
    run, staging: Deployed, steward: Deployed, tmp_path: Path
) -> None:
    version = staging.champion("sorbs")
    assert version
    to_production = ("promote", "sorbs", version, "--from", "steward-staging", "--to", "steward")
    undeclared = run(*to_production)
    assert undeclared.returncode == 1, undeclared.stdout + undeclared.stderr
    assert "is not declared here" in undeclared.stdout.replace("\n", " ")
    refused = next(steward.told(VersionRejected, "sorbs"))
    assert refused.origin == "staging"
    assert steward.champion("sorbs") is None

    (tmp_path / "sorbs.yaml").write_text(SPEC)
    assert run("push", "sorbs.yaml").returncode == 0
    promoted = run(*to_production, "--json")
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr
    assert json.loads(promoted.stdout)["answer"] == "champion_promoted"
    assert steward.champion("sorbs") == version
    steward.rest()
    assert [event.version for event in steward.told(ReleaseChanged, "sorbs")] == [version]

    told = json.loads(run("log", "sorbs", "--json").stdout)
    assert [one["happened"] for one in told]== [
        "champion promoted", "version accepted", "model registered", "version rejected",
    ]  # fmt: skip
    out = run("checkout", "sorbs", version, "--to", "out")
    assert out.returncode == 0, out.stdout + out.stderr
    assert "trained in staging" in out.stdout
    artifact = (tmp_path / "out" / "model.skops").read_bytes()
    manifest = json.loads(run("show", "sorbs", version, "--json", "--stack", "steward-staging").stdout)["document"]
    assert manifest["artifact"]["sha256"] == sha256(artifact)
    audited = run("audit", "sorbs")
    assert audited.returncode == 0, audited.stdout + audited.stderr

    again = run(*to_production[:4], "steward", "--to", "steward")
    assert again.returncode == 2
    assert "are both environment 'production'" in again.stderr.replace("\n", " ")


@pytest.mark.timeout(300)
def test_a_version_that_was_altered_on_its_way_is_refused_and_people_hear_of_it(
    staging: Deployed, steward: Deployed
) -> None:
    key = f"promotions/sorbs/{staging.champion('sorbs')}.json"
    before = steward.champion("sorbs")
    transfer = steward.document(key)
    artifact = transfer["parts"]["model.skops"]
    body = steward.s3.get_object(Bucket=steward.data, Key=artifact["key"])["Body"].read()[:-1] + b"x"
    artifact["version_id"] = steward.s3.put_object(Bucket=steward.data, Key=artifact["key"], Body=body)["VersionId"]
    for sent in (
        transfer,
        transfer | {"parts": transfer["parts"] | {"model.skops": artifact | {"sha256": sha256(body)}}},
    ):
        refused = steward.event(VersionRejected, steward.upload(key, json.dumps(sent)))
        assert any("SHA-256" in problem for problem in refused.problems)
        notice = steward.first(
            lambda refused=refused: (
                sent for sent in steward.notifications if sent.attributes["id"] == refused.event_id
            )
        )
        assert "of staging refused" in notice.subject
    assert steward.champion("sorbs") == before
    steward.rest()
