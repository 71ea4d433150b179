"""Personal data at the door: the policies of a file's columns, what was found in it, and its original."""

from collections.abc import Iterator, Sequence
from functools import cache

from steward.errors import BatchInvalid
from steward.events import Event, PersonalDataFinding, PersonalDataFound
from steward.outbox import OutboxEntry, announce
from steward.privacy.handling import PersonalDataHandler
from steward.privacy.inspection import PersonalDataInspector
from steward.privacy.scan import FileScan
from steward.privacy.scan_state import KnownFinding, PersonalDataState, without_policy
from steward.repositories.uploads import Upload
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.pseudonym_key import PseudonymKey

ORIGINAL = {"steward-original": "personal-data"}
"""The tag of uploads whose rows were stored without what they hold; a rule of the bucket removes them."""


_master_key = cache(PseudonymKey)


def inspector_of(runtime: Runtime, spec: ModelSpec) -> PersonalDataInspector:
    """What looks at a file of a model.

    Raises:
        BatchInvalid: a column is to be pseudonymized, and the deployment has no key.
    """
    key = None
    if columns := spec.personal_data.of_policy("pseudonymize"):
        if not runtime.settings.pseudonym_key_arn:
            raise BatchInvalid(
                "no_pseudonym_key",
                f"{', '.join(sorted(columns))} must be pseudonymized, and the deployment has no key for it: deploy "
                "with the parameter PseudonymKeyArn, and upload the file again",
            )
        key = _master_key(runtime.settings.pseudonym_key_arn).of_model(spec.model)
    return PersonalDataInspector(PersonalDataHandler(spec, key))


def note_scan(runtime: Runtime, spec: ModelSpec, upload: Upload, scan: FileScan) -> Sequence[KnownFinding]:
    """Store what was found in a file; what people are to be told of it.

    Raises:
        BatchInvalid: it holds personal data without a policy, and the declaration refuses such files.
    """
    if not scan.rows:
        return ()
    policies = spec.personal_data

    def apply(present: PersonalDataState | None) -> PersonalDataState:
        state = present or PersonalDataState(model=spec.model)
        return state.with_scan(upload.inbox_key.kind, upload.batch, upload.uploaded, scan)

    state = runtime.data.update(keys.personal_data(spec.model), PersonalDataState, apply)
    undecided = without_policy(scan.findings, policies)
    if policies.on_found == "refuse" and undecided:
        found = "; ".join(finding.sentence for finding in undecided)
        raise BatchInvalid("personal_data", f"{found}, of {scan.looked_at:,} rows looked at. {_remedy(undecided)}")
    return _news(state, spec, upload)


def read_news(runtime: Runtime, spec: ModelSpec, upload: Upload) -> Sequence[KnownFinding]:
    """What people are to be told of a file that was looked at before."""
    state = runtime.data.load_if_present(keys.personal_data(spec.model), PersonalDataState)
    return _news(state, spec, upload) if state else ()


def report_found(runtime: Runtime, upload: Upload, news: Sequence[KnownFinding]) -> Iterator[Event]:
    """Announce personal data that no file before this one had, in columns without a policy."""
    if not news:
        return
    findings, first = [one.finding for one in news], news[0]
    event = PersonalDataFound(
        **runtime.header(upload.inbox_key.model, upload.uploaded, upload.created.correlation_id),
        kind=upload.inbox_key.kind,
        batch=upload.batch,
        source=upload.created.key,
        rows=first.rows,
        looked_at=first.looked_at,
        findings=findings,
        message=f"Found in {first.looked_at:,} of {first.rows:,} rows, which are ingested. {_remedy(findings)}",
    )
    summary = f"{'; '.join(finding.sentence for finding in findings)}. {event.message}"
    yield from announce(runtime, OutboxEntry(event, "personal_data_found", upload.created.key, summary))


def expire_original(runtime: Runtime, spec: ModelSpec, upload: Upload) -> None:
    """Let the original of a file go that holds what must not be stored, unless everything is on hold."""
    if spec.personal_data.withholds and not spec.retention.holds(runtime.now()):
        runtime.data.tag(upload.created.key, upload.created.version_id, ORIGINAL)


def _remedy(findings: Sequence[PersonalDataFinding]) -> str:
    columns = ", ".join(dict.fromkeys(finding.column for finding in findings))
    return f"Declare what is done with {columns} under personal_data.columns: allow, pseudonymize, drop or quarantine"


def _news(state: PersonalDataState, spec: ModelSpec, upload: Upload) -> Sequence[KnownFinding]:
    policies = spec.personal_data
    return state.first_found_in(upload.batch, policies) if policies.on_found == "alert" else ()
