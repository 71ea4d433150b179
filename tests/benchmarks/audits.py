"""Audits many models with many versions, as `audit_models` does.

`python -m tests.benchmarks.audits [--models 100] [--versions 50] [--latency 0]` stores one trained model under
as many names as asked for, each with its own ledger, dataset and records, and with copies of its version. Each is
audited through the function's handler, one after the other, in one process on moto. It prints wall and processor time,
of which moto's share is a part, and the requests of one audit. With a latency each request waits so many seconds more,
as it does on the way to S3.
"""

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from steward import aws
from steward.events import AuditRequested
from steward.ledger import Decision
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from tests.integration import lemons
from tests.integration.deployment import Deployment, deployed

_TEXT = (".json", ".md", ".yaml")


class Copier:
    """Stores everything of one model under another name: names, version ids and hashes within documents too."""

    def __init__(self, deployment: Deployment, model: str) -> None:
        self.deployment, self.model = deployment, model
        self.renamed: dict[bytes, bytes] = {lemons.MODEL.encode(): model.encode()}

    def copy(self, key: str, version_id: str, body: bytes) -> None:
        """Store one object; those that it names come before it."""
        content = self._replaced(body) if key.endswith(_TEXT) else body
        new = key.replace(lemons.MODEL, self.model)
        stored = aws.s3().put_object(Bucket=self.deployment.data, Key=new, Body=content)
        self.renamed[hashlib.sha256(body).hexdigest().encode()] = hashlib.sha256(content).hexdigest().encode()
        self.renamed[version_id.encode()] = stored["VersionId"].encode()

    def record(self, decisions: list[Decision]) -> None:
        """Write its ledger."""
        ledger = Ledger(Bucket(self.deployment.ledger), "release_model")
        for decision in decisions:
            renamed = Decision.model_validate_json(self._replaced(decision.model_dump_json().encode()))
            ledger.close(ledger.append(renamed, recorded_at=self.deployment.clock.now))

    def _replaced(self, body: bytes) -> bytes:
        for old, new in self.renamed.items():
            body = body.replace(old, new)
        return body


def originals(deployment: Deployment) -> Iterator[tuple[str, str, bytes]]:
    """Everything that is stored of the trained model, in the order in which it was written."""
    found = []
    own = (f"{folder}/{lemons.MODEL}" for folder in ("models", "alerts", "defects", "privacy"))
    for prefix in (*own, f"reports/{lemons.MODEL}/documents/", "records/"):
        for page in aws.s3().get_paginator("list_object_versions").paginate(Bucket=deployment.data, Prefix=prefix):
            found += [(one["LastModified"], one["Key"], one["VersionId"]) for one in page.get("Versions", [])]
    depth = {
        ".parquet": 0,
        ".skops": 0,
        "baseline.json": 1,
        "background.json": 1,
        "profile": 1,
        "manifest.json": 3,
        "routing.json": 5,
    }

    def place(one: tuple[Any, str, str]) -> tuple[int, Any]:
        special = 2 if "/datasets/" in one[1] else next((at for end, at in depth.items() if one[1].endswith(end)), None)
        return (special if special is not None else 4 if "/versions/" in one[1] else 1, one[0])

    for _, key, version_id in sorted(found, key=place):
        body = aws.s3().get_object(Bucket=deployment.data, Key=key, VersionId=version_id)["Body"].read()
        yield key, version_id, body


def main() -> None:
    """Build the models, audit each, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--versions", type=int, default=50)
    parser.add_argument("--latency", type=float, default=0.0, help="Seconds that each request waits.")
    asked = parser.parse_args()
    requests: Counter[str] = Counter()
    spent: list[float] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: BaseClient, operation: str, parameters: Any) -> Any:
        requests[operation] += 1
        time.sleep(asked.latency)
        began = time.thread_time()
        try:
            return call(client, operation, parameters)
        finally:
            spent.append(time.thread_time() - began)

    with deployed() as deployment:
        lemons.begin(deployment)
        names = [f"m{number:05d}" for number in range(asked.models)]
        _build(deployment, names, asked.versions)
        print(f"{asked.models} models x {asked.versions} versions are stored", file=sys.stderr)
        now = deployment.clock.now
        with patch.object(BaseClient, "_make_api_call", counted):
            wall, processor = time.perf_counter(), time.process_time()
            for name in names:
                request = AuditRequested(occurred_at=now, as_of=now, model=name, correlation_id="benchmark")
                assert deployment.deliver("audit_models", request), deployment.errors
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
        reports = [
            json.loads(body) for name in names for body in deployment.contents(f"reports/{name}/audits/").values()
        ]
        assert len(reports) == asked.models
        statuses = Counter(f"{one['invariant']} {one['status']}" for report in reports for one in report["findings"])
        print(f"{len(reports[0]['findings'])} invariants of each; {dict(statuses)}")
        print(
            f"wall {wall:.1f} s, processor {processor:.1f} s, of which {sum(spent):.1f} s in requests, in all threads"
        )
        each = {name: round(count / asked.models, 1) for name, count in sorted(requests.items())}
        print(f"requests of one audit: {sum(requests.values()) / asked.models:.0f} ({each})")


def _build(deployment: Deployment, names: list[str], versions: int) -> None:
    stored = list(originals(deployment))
    entries = Ledger(Bucket(deployment.ledger), "test").entries(lemons.MODEL)
    decisions = [Decision.model_validate(entry.model_dump(include=set(Decision.model_fields))) for entry in entries]
    champion = deployment.champion(lemons.MODEL)
    for name in names:
        copier = Copier(deployment, name)
        for key, version_id, body in stored:
            copier.copy(key, version_id, body)
        copier.record(decisions)
        for number in range(1, versions):
            other = f"{champion[:8]}-{number:08x}"
            for key, _, body in stored:
                if f"/versions/{champion}/" in key:
                    new = key.replace(lemons.MODEL, name).replace(champion, other)
                    aws.s3().put_object(Bucket=deployment.data, Key=new, Body=body)


if __name__ == "__main__":
    main()
