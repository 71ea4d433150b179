"""Schema versions of stored documents: those that a stack writes, and the newest that its store may hold."""

from collections.abc import Mapping
from typing import Literal, Self

from steward.documents import VersionedModel
from steward.events import Problem
from steward.selfcheck.runbooks import runbook


class SchemaVersions(VersionedModel):
    """Schema version of each kind of document, by the kind's name (compare-and-swap).

    Attributes:
        stack: what the release that is deployed writes, and reads at most.
        store: the newest that any release wrote which was deployed here.
    """

    schema_version: Literal[1] = 1
    stack: dict[str, int] = {}
    store: dict[str, int] = {}

    def with_release(self, writes: Mapping[str, int]) -> Self:
        """The versions once a release is deployed that writes these."""
        newest = self.store | {kind: max(version, self.store.get(kind, 0)) for kind, version in writes.items()}
        return self.model_copy(update={"stack": dict(writes), "store": newest})

    def problems(self) -> list[Problem]:
        """That the stack is older than its store, which it is after a roll-back past a change of a schema."""
        newer = {kind: version for kind, version in self.store.items() if version > self.stack.get(kind, 0)}
        if not newer:
            return []
        kinds = ", ".join(
            f"{kind} of schema version {version} (this stack reads {self.stack.get(kind, 'none')})"
            for kind, version in sorted(newer.items())
        )
        return [
            Problem(
                cause="stack-older-than-store",
                sentence=f"The stack is older than its store, which may hold documents that it cannot read: {kinds}.",
                remedy="upgrade the stack to the release that wrote them or a later one (make deploy); then steward "
                "redrive shows what failed meanwhile, and with --send it goes round again",
                runbook=runbook("stack-older-than-its-store"),
            )
        ]
