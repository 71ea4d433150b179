"""Has uploads taken in that waited for the first version of their model."""

from collections.abc import Iterator

from steward.events import Event, ReleaseChanged
from steward.ingestion.deferral import resend_upload
from steward.runtime import QueueSettings, Runtime
from steward.store import keys


def resume_uploads(runtime: Runtime[QueueSettings], released: ReleaseChanged) -> Iterator[Event]:
    """Have the uploads that waited for a first champion taken in; doing it again changes nothing."""
    if released.previous is not None:
        return
    for listed in runtime.data.list(keys.deferred_uploads(released.model)):
        if source := runtime.data.source_of(listed.key):
            resend_upload(runtime, runtime.data.name, listed.name, source)
    yield from ()
