"""Functions of several releases at work on one store, each release in a process of its own."""

import pickle
import random
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from botocore.exceptions import ClientError

from .deployment import LambdaContext
from .redelivery import World, world
from .template import ROOT

Release = Literal["kept", "next"]

KEPT = max((ROOT / "tests" / "data" / "releases").glob("*.tar.xz"))
"""The newest release that is kept."""


@dataclass
class ReleaseProcess:
    """The functions of one release."""

    world: World
    process: subprocess.Popen[bytes]

    def ask(self, request: str, *arguments: Any) -> Any:
        """What the process answers to a request; meanwhile it may call AWS."""
        assert self.process.stdin
        assert self.process.stdout
        self._send((request, arguments))
        while True:
            kind, name, parameters = pickle.load(self.process.stdout)  # noqa: S301 - our own process
            if kind == "done":
                return name
            try:
                answer = self.world.cloud.call(name, parameters)
            except ClientError as error:
                self._send((False, error))
            else:
                if "Body" in answer:
                    answer = answer | {"Body": answer["Body"].read()}
                self._send((True, answer))

    def _send(self, message: Any) -> None:
        assert self.process.stdin
        pickle.dump(message, self.process.stdin)
        self.process.stdin.flush()


@dataclass
class Releases:
    """A deployment of which a share of invocations goes to the next release, the others to the kept one.

    Attributes:
        folder: where the kept release is.
        share: of the next release. A function that the kept one has not is there while the next one has a share.
        invoked: how often each release was.
    """

    world: World
    folder: Path
    processes: dict[Release, ReleaseProcess]
    invoked: dict[Release, int]
    share: float = 0.0
    _order: random.Random = field(default_factory=lambda: random.Random(20261130))  # noqa: S311

    def settle(self) -> None:
        """Deliver messages until none is left."""
        for function in self.world.deployment.queues:
            self.world.deployment.handlers[function] = self._function(function)  # type: ignore[assignment]
        self.world.settle()

    def unreadable(self, release: Release) -> list[str]:
        """What of all that was ever stored a release cannot read."""
        return [
            problem
            for keys in self.world.cloud.buckets.values()
            for problem in self.processes[release].ask(
                "unreadable", {key: [one.body for one in versions if one.body] for key, versions in keys.items()}
            )
        ]

    def _function(self, function: str) -> SimpleNamespace:
        is_new = not (self.folder / "functions" / function).is_dir()

        def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
            release: Release = "next" if self._order.random() < self.share else "kept"
            if is_new:  # without a release that has it, its rules and queue are not there either: nothing is sent to it
                if not self.share:
                    return {"batchItemFailures": []}
                release = "next"
            self.invoked[release] += 1
            environment = self.world.deployment.environment(function)
            older = {name.replace("_TARGET_ARN", "_QUEUE_ARN"): value for name, value in environment.items()}
            failed, errors = self.processes[release].ask(
                "invoke", function, event, older | environment, self.world.deployment.clock.now, context.aws_request_id
            )
            self.world.errors += [f"{release} release, {error}" for error in errors]
            if failed and "Records" not in event:
                raise RuntimeError(errors)
            return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

        return SimpleNamespace(handler=handler)


@contextmanager
def releases(folder: Path) -> Iterator[Releases]:
    """The kept release beside what the next may do, over an empty store; the kept one is unpacked into a folder."""
    with tarfile.open(KEPT) as archive:
        archive.extractall(folder, filter="data")
    with world() as made:
        started: dict[Release, ReleaseProcess] = {}
        places: tuple[tuple[Release, Path], ...] = (("kept", folder), ("next", ROOT))
        try:
            for release, place in places:
                process = subprocess.Popen(
                    [sys.executable, ROOT / "tests" / "integration" / "release_worker.py", place, release],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )  # fmt: skip
                started[release] = ReleaseProcess(made, process)
            yield Releases(made, folder, started, {"kept": 0, "next": 0})
        finally:
            for one in started.values():
                one.process.kill()
                one.process.communicate()
