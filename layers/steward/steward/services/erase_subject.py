"""Erases the rows of a subject, in steps that a death or a time limit may part anywhere."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from steward.erasure.erasure import Erasure, held_by, state_erasure
from steward.erasure.erasure_work import SETTLING, ErasureWork, SuppressedSubject, Suppression
from steward.erasure.sought_rows import SoughtRows
from steward.errors import StewardError
from steward.events import ErasedRowsUploaded, ErasureRequested, Event, RetrainingProposed, SubjectErased
from steward.outbox import OutboxEntry, announce
from steward.privacy.pseudonym import pseudonym
from steward.repositories import models
from steward.repositories.erasures import suppression, trained_on
from steward.repositories.row_removal import RowRemoval
from steward.repositories.subject_places import RowPlace, SubjectSearch, places_of
from steward.runtime import ErasureSettings, Runtime
from steward.scratch import scratch_folder
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.pseudonym_key import PseudonymKey
from steward.store.queue import Queue
from steward.store.stored_objects import ObjectVersion

SECONDS_A_STEP = 480.0
"""After so long an execution saves how far it came, and asks for the next: a large object may take minutes more."""

_LONGEST_DELAY = 900
_SKEW = timedelta(minutes=2)
"""How far the clocks of S3 and of the function may be apart."""


def erase_subject(runtime: Runtime[ErasureSettings], request: ErasureRequested) -> Iterator[Event]:
    """Erase the rows of a subject; a redelivered request goes on where the one before it ended.

    1. From the beginning on uploads are filtered: what ingestion stores later has no row of the subject, unless it
       read the file before.
    2. The ids of the subject's rows are looked for in every place, in whatever version of an object.
    3. Every place is cleared, one key at a time.
    4. Once whatever read rows before the removal has ended, what was written since the beginning is searched again;
       if anything is found, the same goes round again.
    5. The statement is stored and announced.
    """
    spec, _ = models.current_spec(runtime.data, request.model, or_removed=True)
    work = _begin(runtime, spec, request)
    deadline = time.monotonic() + SECONDS_A_STEP
    with scratch_folder() as folder:
        while work.phase not in {"completed", "held"}:
            if work.phase == "settling":
                if not work.has_settled(runtime.now()):
                    _continue_later(runtime, request, work)
                    return
                work = _save(runtime, work.in_phase("verifying"))
            step = _Step(runtime, spec, work, folder, deadline)
            work = step.locate() if work.phase == "locating" else step.remove()
            if step.out_of_time and work.cursor:
                _continue_later(runtime, request, work)
                return
    yield from _complete(runtime, spec, request, work)


def remove_upload(runtime: Runtime[ErasureSettings], uploaded: ErasedRowsUploaded) -> Iterator[Event]:
    """Take rows of erased subjects out of an upload that came after the erasure."""
    spec, _ = models.current_spec(runtime.data, uploaded.model, or_removed=True)
    with scratch_folder() as folder:
        for subject in suppression(runtime.data, uploaded.model).subjects:
            key = keys.erasure_in_work(uploaded.model, subject.erasure)
            work = runtime.data.load(key, ErasureWork)
            history = next(
                (one for one in runtime.data.histories(uploaded.source) if one[0].key == uploaded.source), None
            )
            if history:
                inbox = next(place for place in places_of(uploaded.model) if place.name == "inbox")
                removal = RowRemoval(
                    runtime.data, SubjectSearch(spec, sought_rows(runtime, spec, work), folder), key, folder
                )
                removal.clear(inbox, history)
    yield from ()


def sought_rows(runtime: Runtime[ErasureSettings], spec: ModelSpec, work: ErasureWork) -> SoughtRows:
    """The rows that an erasure looks for."""
    key = PseudonymKey(runtime.settings.pseudonym_key_arn).of_model(spec.model)
    return SoughtRows(
        pseudonymise=lambda value: pseudonym(key, value),
        column=work.column,
        id_column=spec.columns.id,
        subjects=frozenset({work.subject, *work.stored_as}),
        ids=frozenset(work.ids),
    )


class _Step:
    """One execution's share of the work."""

    def __init__(
        self, runtime: Runtime[ErasureSettings], spec: ModelSpec, work: ErasureWork, folder: Path, deadline: float
    ) -> None:
        self.out_of_time = False
        self._runtime = runtime
        self._spec = spec
        self._work = work
        self._deadline = deadline
        self._folder = folder
        search = SubjectSearch(spec, sought_rows(runtime, spec, work), folder)
        key = keys.erasure_in_work(spec.model, work.erasure)
        self._removal = RowRemoval(runtime.data, search, key, folder)

    def locate(self) -> ErasureWork:
        """Look for the ids of the subject's rows; the work afterwards."""
        pseudonymise = self._removal.search.sought.pseudonymise
        for at, place, history in self._histories():
            if place.holding == "documents":
                continue
            names = [name for one in self._removal.locate(place, history) if (name := pseudonymise(one))]
            if self._is_late() or not set(names) <= set(self._work.ids):
                self._work = _save(self._runtime, self._work.with_ids(names).at(at, history[0].key))
            if self.out_of_time:
                return self._work
        _suppress(self._runtime, self._spec, self._work)
        return _save(self._runtime, self._work.in_phase("removing"))

    def remove(self) -> ErasureWork:
        """Clear the places, or, to verify, what was written in them since the beginning; the work afterwards."""
        since = self._work.begun_at - _SKEW if self._work.phase == "verifying" else None
        for at, place, history in self._histories():
            if since is None or max(one.modified for one in history) >= since:
                self._removal.clear(place, history)
            if self._is_late():
                return _save(self._runtime, self._load().at(at, history[0].key))
        work = self._load()
        if len(work.ids) > work.known_ids:
            _suppress(self._runtime, self._spec, work)
        return _save(self._runtime, work.after_removal(self._runtime.now()))

    def _histories(self) -> Iterator[tuple[int, RowPlace, tuple[ObjectVersion, ...]]]:
        """All versions of each key that is left to look at, with its place."""
        first, cursor = self._work.place, self._work.cursor
        for at, place in enumerate(places_of(self._spec.model)):
            if at >= first:
                after = cursor if at == first else ""
                for history in self._runtime.data.histories(place.prefix):  # emulators forget a key after a marker
                    if history[0].key > after:
                        yield at, place, history

    def _is_late(self) -> bool:
        self.out_of_time = time.monotonic() >= self._deadline
        return self.out_of_time

    def _load(self) -> ErasureWork:
        return self._runtime.data.load(keys.erasure_in_work(self._spec.model, self._work.erasure), ErasureWork)


def _begin(runtime: Runtime[ErasureSettings], spec: ModelSpec, request: ErasureRequested) -> ErasureWork:
    """The state of the erasure, which is made once; from then on uploads are filtered.

    Raises:
        StewardError: the deployment has no key of pseudonyms, or the declaration names no subject.
    """
    if not runtime.settings.pseudonym_key_arn:
        raise StewardError("rows are found by keyed pseudonyms; deploy with PseudonymKeyArn, and redrive this message")
    column = spec.columns.id if request.record else spec.subject_column
    if column is None:
        raise StewardError(
            f"the declaration of {spec.model} names no column of subjects: declare personal_data.subject or "
            "columns.entity, and redrive this message; or name single records by their ids"
        )
    name = f"{request.as_of:%Y%m%dT%H%M%SZ}-{request.event_id[:8]}"
    held = held_by(spec.retention, runtime.now())
    new = ErasureWork(
        model=spec.model,
        erasure=name,
        subject=request.subject,
        stored_as=tuple(request.stored_as),
        column=column,
        author=request.author,
        reason=request.reason,
        requested_at=request.as_of,
        begun_at=runtime.now(),
        phase="held" if held else "locating",
        held=held,
    )
    work = runtime.data.update(keys.erasure_in_work(spec.model, name), ErasureWork, lambda present: present or new)
    if work.phase == "locating":
        _suppress(runtime, spec, work)
    return work


def _suppress(runtime: Runtime[ErasureSettings], spec: ModelSpec, work: ErasureWork) -> None:
    """Have ingestion leave out rows of the subject, with all that is known of its ids."""
    subject = SuppressedSubject(
        erasure=work.erasure,
        subject=work.subject,
        stored_as=work.stored_as,
        column=work.column,
        since=work.begun_at,
        ids=work.ids,
        always=spec.personal_data.erasure.suppress == "always",
    )
    runtime.data.update(
        keys.suppression(spec.model),
        Suppression,
        lambda present: (present or Suppression()).with_subject(subject),
    )


def _save(runtime: Runtime[ErasureSettings], work: ErasureWork) -> ErasureWork:
    """Store the state; what others noted meanwhile stays."""

    def merged(present: ErasureWork | None) -> ErasureWork:
        if present is None:
            return work
        return work.model_copy(
            update={
                "erased": present.erased,
                "counts": present.counts,
                "notes": present.notes,
                "ids": tuple(sorted({*present.ids, *work.ids})),
            }
        )

    return runtime.data.update(keys.erasure_in_work(work.model, work.erasure), ErasureWork, merged)


def _continue_later(runtime: Runtime[ErasureSettings], request: ErasureRequested, work: ErasureWork) -> None:
    """Ask for the next step: at once, or once what read rows before the removal must have ended."""
    delay = 0
    if work.phase == "settling" and work.removed_at:
        left = work.removed_at + SETTLING - runtime.now()
        delay = max(0, min(_LONGEST_DELAY, round(left.total_seconds()) + 1))
    Queue(runtime.settings.erase_queue_url).send_event(request, delay)


def _complete(
    runtime: Runtime[ErasureSettings], spec: ModelSpec, request: ErasureRequested, work: ErasureWork
) -> Iterator[Event]:
    """Store the statement and announce it; ask for a retraining where the declaration wants one."""
    data, model = runtime.data, spec.model
    erased = {(one.key, one.version_id): one for one in work.erased}
    datasets, versions = trained_on(data, model, erased) if erased else ([], [])
    policy = spec.personal_data.erasure
    new = state_erasure(work, policy, datasets, versions, data.replica, runtime.now())
    stored = data.create_if_absent(keys.erasure(model, work.erasure), new.model_dump_json(indent=1).encode())
    erasure = data.load(stored, Erasure)
    event = SubjectErased(
        **runtime.caused_by(request),
        erasure=erasure.erasure,
        subject=erasure.subject,
        held=erasure.held,
        rows=erasure.rows,
        objects=sum(place.objects for place in erasure.places.values()),
        trained=[one.version for one in erasure.versions],
        stored=stored,
        summary=erasure.summary,
    )
    yield from announce(
        runtime,
        OutboxEntry(event, "subject_erased", erasure.erasure, erasure.summary, (stored,), identity=work.erasure),
    )
    if erasure.retrain_by:
        reason = (
            f"the champion was trained on rows of erasure {erasure.erasure}; another is due by "
            f"{erasure.retrain_by:%Y-%m-%d}"
        )
        yield RetrainingProposed(
            **runtime.caused_by(request), reason=reason, author=request.author, erasure=erasure.erasure
        )
