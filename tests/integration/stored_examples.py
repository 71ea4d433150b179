"""Keep an example of each kind of stored document: `python -m tests.integration.stored_examples`.

Only those that are missing in `tests/data/stored/` are written: an example that is kept is what a release wrote, and is
never made again. After a new schema version of a kind, this keeps the first example of it.
"""

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from steward.cli.version_export import collect, upload
from steward.governance.audit_exception import AuditException, AuditExceptions
from steward.operation.collection_windows import Collection
from steward.retraining.training_progress import TrainingProgress
from steward.store.bucket import Bucket
from steward.store.kinds import STORED, kinds_of
from steward.store.ledger import Ledger
from tests.unit.stored_examples import path_of

from . import lemons
from .deployment import EPOCH, deployed
from .lifetime import LABELS, PHASES
from .redelivery import world
from .test_accept_version import AUTHOR
from .test_experiments_in_release import AB
from .test_gradual_release import declare, serve
from .test_release_model import judged


def lived() -> Iterator[tuple[str, bytes]]:
    """The key and the bytes of everything that is stored in a model's whole life."""
    with world() as of_memory:
        for phase in PHASES.values():
            of_memory.start()
            phase(of_memory)
            of_memory.settle()
        for stored in of_memory.cloud.buckets.values():
            for key, versions in stored.items():
                yield from ((key, version.body) for version in versions if version.body)


def sent() -> Iterator[tuple[str, bytes]]:
    """What is stored of a version that another environment sends, and of labels whose predictions never came."""
    with deployed(name="staging") as staging:
        lemons.begin(staging)
        version = collect(
            Bucket(staging.data, staging.name), Ledger(Bucket(staging.ledger), "test"), "lemons",
            staging.champion("lemons"), None,
        )  # fmt: skip
        sold = lemons.sales(1, first_day=14)
        staging.upload("inbox/lemons/predictions/half.csv", lemons.csv(lemons.predictions(sold.iloc[:200])))
        staging.upload(f"{LABELS}all.csv", lemons.csv(lemons.labels(pd.concat([sold, sold.assign(sale="x")]))))
        staging.settle()
        yield from staging.contents("arrivals/").items()
    with deployed() as production:
        production.clock.pass_by(timedelta(minutes=1))
        upload(Bucket(production.data, production.name), version, author=AUTHOR, sent_at=EPOCH, over=None)
        yield from production.contents("").items()
    yield "collections/lemons.json", Collection(until=EPOCH).model_dump_json().encode()
    progress = TrainingProgress(
        model="lemons", run="20240120T000000-12345678", stage="comparing spans", rows=5600, trying="trailing", fold=2,
        best="everything", best_loss=0.5123, began_at=EPOCH, updated_at=EPOCH,
    )  # fmt: skip
    excepted = AuditException(
        invariant="champion_card", owner="ana", reason="lost in the move", author=AUTHOR, command="command-1",
        declared_at=EPOCH, until=EPOCH + timedelta(days=90),
    )  # fmt: skip
    exceptions = AuditExceptions(model="lemons", exceptions=[excepted])
    yield "models/lemons/exceptions.json", exceptions.model_dump_json().encode()
    yield "progress/lemons.json", progress.model_dump_json().encode()


def searched() -> Iterator[tuple[str, bytes]]:
    """What is stored of a version whose parameters were searched, and whose scores are calibrated."""
    recipe = "{estimator: LogisticRegression, calibration: sigmoid, search: {parameters: {C: [0.01, 1.0]}}}"
    with deployed() as deployment:
        lemons.begin(deployment, lemons.SPEC.replace("{estimator: LogisticRegression}", recipe))
        yield from deployment.contents("models/").items()


def released() -> Iterator[tuple[str, bytes]]:
    """What is stored while a challenger is compared with the champion."""
    with deployed() as deployment:
        lemons.begin(deployment)
        declare(deployment, AB)
        deployment.deliver("release_model", judged(deployment, "v2"))
        for day in range(2):
            serve(deployment, day, rows=250)
        yield from deployment.contents("models/lemons/releases/").items()


def main() -> None:
    """Write the examples that are missing, each the largest of its kind that is not much larger than the others."""
    missing = {kind.name for kind in STORED if not path_of(kind.name, kind.version).exists()}
    found: dict[str, list[bytes]] = {}
    for source in (lived, sent, searched, released):
        if missing - found.keys():
            for key, body in source():
                for kind in kinds_of(key):
                    found.setdefault(kind.name, []).append(body)
    for kind in STORED:
        if kind.name in missing:
            path = path_of(kind.name, kind.version)
            path.parent.mkdir(exist_ok=True)
            bodies = sorted(found[kind.name], key=len)
            path.write_bytes(bodies[len(bodies) * 3 // 4])
            print(path)


if __name__ == "__main__":
    main()
