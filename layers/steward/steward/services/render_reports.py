"""Renders a model's report and page from stored data, and keeps dated copies."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from pydantic import BaseModel, ValidationError

from steward.alerting.model_alerts import ModelAlerts
from steward.defects.defect import Defect
from steward.errors import ObjectChanged, ObjectMissing, RemovedModel, UnknownModel
from steward.events import Event, ObjectRef, ReportRendered, ReportRequested
from steward.experiments.experiment_result import ExperimentResult
from steward.governance.audit import Audit
from steward.monitoring.check import Check
from steward.outbox import OutboxEntry, announce
from steward.releasing.routing import Routing
from steward.reporting.assemble import report
from steward.reporting.digest import digest
from steward.reporting.fleet import FleetSummary, ModelSummary
from steward.reporting.ledger_projection import MAX_DEFECTS, LedgerProjection
from steward.reporting.model_report import ModelReport
from steward.reporting.page import fleet_page, page
from steward.reporting.report_evidence import ReportEvidence, StoredDocument
from steward.reporting.reported_monitors import POINTS
from steward.reporting.trends import PastWindows, VersionHistory
from steward.repositories import models
from steward.runtime import Runtime
from steward.services.write_documents import write_documents
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import ObjectContent
from steward.validation.evaluation import Evaluation

_HTML = "text/html; charset=utf-8"
_FIRST_LOOK = 1000
"""How many of the ledger's entries the first report on a model looks at."""
_ENTRIES_AT_ONCE = 2000
"""Half a minute; what is left over the next report follows."""
_VERSIONS = 8
"""Of how many versions the windows are shown."""


def render_reports(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Render the report of a model that something happened to; a copy that is due is kept and told of."""
    write_report(runtime, cause)
    write_documents(runtime, cause)
    yield from keep_periodic_report(runtime, cause)


class ReportRenderer:
    """`render_reports` for each message of a batch, which renders a model once for all of its messages."""

    def __init__(self) -> None:
        self._rendered: set[str] = set()

    def begin_batch(self) -> None:
        """Render every model anew."""
        self._rendered.clear()

    def __call__(self, runtime: Runtime, cause: Event) -> Iterator[Event]:
        """Render the model's report unless that was done for an earlier message; write and keep what else is due."""
        if cause.model not in self._rendered:
            write_report(runtime, cause)
        self._rendered.add(cause.model)
        write_documents(runtime, cause)
        yield from keep_periodic_report(runtime, cause)


def write_report(runtime: Runtime, cause: Event) -> None:
    """Write a model's report, its page, and its line on the page of all models. What is up to date is left alone.

    Each is written by compare-and-swap, and worked out from what is read after the object that it replaces: of two
    functions at once the one that is late reads again, so that what stands never knows less than what stood. For a
    model that nobody has declared there is nothing to write; one that was removed leaves the page of all models.
    """
    try:
        _rewrite(runtime, cause)
    except RemovedModel:
        _rewrite_fleet_page(runtime.data, cause.model)
    except UnknownModel:
        return


def keep_periodic_report(runtime: Runtime, asked: Event) -> Iterator[Event]:
    """Keep a dated copy of the newest report if a schedule asks for one, and tell what changed since the one before.

    Asked again, the same.
    """
    if not isinstance(asked, ReportRequested):
        return
    present = runtime.data.find(keys.report(asked.model))
    if present is None:
        return  # nobody has declared the model
    models.current_spec(runtime.data, asked.model)  # nothing is kept of a removed model
    stored = runtime.data.create_if_absent(keys.periodic_report(asked.model, asked.as_of, "json"), present.body)
    kept = runtime.data.load(stored, ModelReport)
    draw = runtime.data.create_if_absent(
        keys.periodic_report(asked.model, asked.as_of, "html"), page(kept).encode(), _HTML
    )
    before = kept.ledger.periodic
    event = ReportRendered(
        **runtime.caused_by(asked),
        page=draw,
        report=stored,
        digest=digest(kept, _before(runtime.data, before) if before else None),
        ledger_entries=kept.ledger.sequence,
        ledger_head=kept.ledger.hash,
    )
    entry = OutboxEntry(
        event,
        "report_rendered",
        f"{asked.as_of:%Y-%m-%d %H:%M}",
        kept.headline,
        (stored, draw),
        identity=f"report-{asked.as_of:%Y%m%dT%H%M%SZ}",
    )
    yield from announce(runtime, entry)


def _rewrite(runtime: Runtime, cause: Event) -> None:
    data, model = runtime.data, cause.model

    def reported(present: bytes | None) -> bytes:
        return report(_evidence(runtime, model, _readable(present)), cause.as_of).model_dump_json().encode()

    written = data.update_bytes(keys.report(model), reported)
    newest = ModelReport.model_validate_json(written.body)
    drawn = page(newest).encode()

    def draw(present: bytes | None) -> bytes:
        del present  # what matters is that it was read before the report
        stands = data.get(keys.report(model)).body
        return drawn if stands == written.body else page(ModelReport.model_validate_json(stands)).encode()

    data.update_bytes(keys.report_page(model), draw, _HTML)
    _rewrite_fleet_page(data, model)


def _rewrite_fleet_page(data: Bucket, model: str) -> None:
    """Bring the model's line up to date; it seldom changes, and then nothing is written."""

    def add_model(present: FleetSummary | None) -> FleetSummary:
        declared = models.newest_revision(data, model)
        if declared and declared[0].removal:
            return (present or FleetSummary()).without_model(model)
        newest = data.load(keys.report(model), ModelReport)
        return (present or FleetSummary()).with_model(ModelSummary.of(newest))

    data.update(keys.fleet_summary(), FleetSummary, add_model)

    def draw(present: bytes | None) -> bytes:
        del present  # as above
        return fleet_page(data.load(keys.fleet_summary(), FleetSummary)).encode()

    data.update_bytes(keys.fleet_page(), draw, _HTML)


def _readable(body: bytes | None) -> ModelReport | None:
    """The report before; None where it cannot be read any more, and is worked out from the beginning."""
    try:
        return ModelReport.model_validate_json(body) if body else None
    except ValidationError:
        return None


def _before(data: Bucket, reference: ObjectRef) -> ModelReport | None:
    """The dated copy before; None where it is gone, or an older Steward wrote it."""
    try:
        return data.load(reference, ModelReport)
    except (ObjectMissing, ObjectChanged, ValidationError):
        return None


def _evidence(runtime: Runtime, model: str, before: ModelReport | None) -> ReportEvidence:
    """Read what the report is about: a few objects by their keys, and the ledger's new entries."""
    data, reader = runtime.data, _ReportReader(runtime.data)
    newest = models.newest_revision(data, model, before.declaration.key if before else "")
    if newest is None:
        raise UnknownModel(f"no model {model!r} is declared")
    if newest[0].removal:
        raise RemovedModel(newest[0].removal.sentence(model))
    projection = _follow_ledger(runtime, model, before.ledger if before else _first_projection(runtime, model))
    routing = reader.read(keys.routing(model), Routing)
    alerts = reader.read(keys.alerts(model), ModelAlerts)
    seen = alerts.it.history[-1].stored if alerts and alerts.it.history else None
    champion = routing.it.champion if routing else None
    of_champion = reader.read(keys.version(model, champion, "evaluation.json"), Evaluation) if champion else None
    newest_judged = reader.exact(projection.judged, Evaluation) if projection.judged else None
    tested = reader.exact(projection.tested, Evaluation) if projection.tested else None
    gradual = routing.it.releases[-1] if routing and routing.it.releases else None
    step = keys.experiment(model, gradual.release, len(gradual.steps) - 1) if gradual else ""
    return ReportEvidence(
        spec=StoredDocument(newest[0].spec, newest[1]),
        environment=runtime.settings.environment,
        story=projection,
        routing=routing,
        alerts=alerts,
        check=reader.exact(seen, Check) if seen else None,
        histories=list(_histories(reader, model, routing.it if routing else Routing(model=model))),
        defects=[kept for name in projection.defects if (kept := reader.read(keys.defect(model, name), Defect))],
        experiment=reader.read(step, ExperimentResult) if step else None,
        validations=[kept for kept in (of_champion, newest_judged) if kept],
        tests=[tested] if tested and tested.it.version == champion else [],
        audit=reader.exact(projection.audit, Audit) if projection.audit else None,
        problems=reader.problems,
    )


def _first_projection(runtime: Runtime, model: str) -> LedgerProjection:
    """What the first report on a model begins with: the defects there are, and not too long a ledger."""
    defects = sorted(runtime.data.list(keys.defects(model)), key=lambda listed: (listed.modified, listed.key))
    behind = max(0, runtime.ledger.length(model) - _FIRST_LOOK)
    names = tuple(listed.name for listed in defects[-MAX_DEFECTS:])
    return LedgerProjection(begins=behind + 1, sequence=behind, defects=names)


def _follow_ledger(runtime: Runtime, model: str, projection: LedgerProjection) -> LedgerProjection:
    """The story with the entries that are new."""
    for entry, stored in islice(runtime.ledger.following(model, projection.sequence), _ENTRIES_AT_ONCE):
        projection = projection.following(entry, stored)
    return projection


def _histories(reader: "_ReportReader", model: str, routing: Routing) -> Iterator[VersionHistory]:
    """The champion's windows, and those of the versions before it, until there are enough."""
    known: set[str] = set()
    versions = list(dict.fromkeys(promotion.version for promotion in reversed(routing.promotions)))
    for version in versions[:_VERSIONS]:
        kept = reader.read(keys.history(model, version), PastWindows)
        if kept:
            yield VersionHistory(version, kept.it.windows, kept.stored)
            known |= set(kept.it.windows)
        if len(known) >= POINTS:
            return


class _ReportReader:
    """Reads objects, and notes what is there and cannot be read instead of stopping at it."""

    def __init__(self, data: Bucket) -> None:
        self.data = data
        self._problems: list[str] = []

    @property
    def problems(self) -> Sequence[str]:
        """What could not be read."""
        return self._problems

    def read[Thing: BaseModel](self, key: str, kind: type[Thing]) -> StoredDocument[Thing] | None:
        """What a key holds now; None where it holds nothing, or what cannot be read."""
        content = self.data.find(key)
        return self._parse(content, kind) if content else None

    def exact[Thing: BaseModel](self, reference: ObjectRef, kind: type[Thing]) -> StoredDocument[Thing] | None:
        """What a reference names; None where that is gone, changed, or cannot be read."""
        return self._note_problem(lambda: StoredDocument(self.data.load(reference, kind), reference), reference.key)

    def _parse[Thing: BaseModel](self, content: ObjectContent, kind: type[Thing]) -> StoredDocument[Thing] | None:
        return self._note_problem(
            lambda: StoredDocument(kind.model_validate_json(content.body), content.stored), content.stored.key
        )

    def _note_problem[Found](self, read: Callable[[], Found], key: str) -> Found | None:
        try:
            return read()
        except (ObjectMissing, ObjectChanged) as error:
            self._problems.append(str(error))
        except ValidationError as error:
            self._problems.append(f"{key} is not what Steward writes there: {error.error_count()} errors")
        return None
