"""Two releases read each other's documents: what one does not know it gives back, what it cannot read it refuses."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.alerting.model_alerts import ModelAlerts
from steward.baselines.baseline import Baseline
from steward.corrections.corrected_windows import CorrectedWindows
from steward.defects.defect import Defect
from steward.documents import VersionedModel
from steward.errors import DocumentTooNew
from steward.events import EVENTS
from steward.evidence.history import History
from steward.ledger import Decision, LedgerEntry, verify
from steward.operation.collection_windows import Collection
from steward.profiles.profile import Profile
from steward.releasing.routing import Routing
from steward.reporting.fleet import FleetSummary
from steward.repositories.models import SpecRevision
from steward.retraining.manifest import DatasetManifest
from steward.retraining.policy import RetrainingState
from steward.retraining.runs import Run
from steward.selfcheck.incidents import OpenIncidents
from steward.store.kinds import STORED, StoredKind
from tests.unit.examples import START
from tests.unit.properties import some_examples
from tests.unit.stored_examples import FOLDER, lost, models_in, path_of, with_fields

DETAILS = Path(__file__).parents[2] / "events" / "details"
KINDS = [pytest.param(kind, id=kind.name) for kind in STORED]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
added_fields = st.dictionaries(st.from_regex(r"newer_[a-z]{1,6}", fullmatch=True), values, min_size=1, max_size=2)


def kept(kind: StoredKind, version: int | None = None) -> Any:
    return json.loads(path_of(kind.name, version or kind.version).read_bytes())


def read(kind: type[VersionedModel], content: Any) -> VersionedModel:
    return kind.model_validate_json(json.dumps(content))


def written(document: VersionedModel) -> Any:
    return json.loads(document.model_dump_json())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_writes_the_version_that_the_list_says(kind: StoredKind) -> None:
    assert kind.load().model_fields["schema_version"].default == kind.version
    assert set(kind.load().MIGRATIONS) == set(range(kind.oldest, kind.version))


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_every_version_is_read_as_the_present_document(kind: StoredKind) -> None:
    versions = range(kind.oldest, kind.version + 1)
    assert {path.stem for path in (FOLDER / kind.name).iterdir()} == {f"v{version}" for version in versions}
    for version in versions:
        assert written(read(kind.load(), kept(kind, version)))["schema_version"] == kind.version
    assert list(lost(written(read(kind.load(), kept(kind))), kept(kind))) == []


def test_nothing_is_kept_of_kinds_that_are_not_stored() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == {kind.name for kind in STORED}


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_of_a_newer_schema_is_refused_with_what_to_do(kind: StoredKind) -> None:
    newer = kept(kind) | {"schema_version": kind.version + 1, "what_it_needs": {}}
    with pytest.raises(DocumentTooNew, match=f"{kind.name} has schema version .* Upgrade the stack, .* redrive"):
        read(kind.load(), newer)


@pytest.mark.parametrize("kind", KINDS)
@some_examples(20)
@given(choice=st.data(), added=added_fields)
def test_fields_of_a_newer_release_come_back_from_every_depth(
    kind: StoredKind, choice: st.DataObject, added: dict[str, Any]
) -> None:
    content = kept(kind)
    document = read(kind.load(), content)
    every = list(models_in(document))
    places = [(), *choice.draw(st.lists(st.sampled_from(every), max_size=4))]
    newer = with_fields(content, places, added)
    assert list(lost(written(read(kind.load(), newer)), newer)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_at_every_place_at_once_comes_back(kind: StoredKind) -> None:
    content = kept(kind)
    newer = with_fields(content, list(models_in(read(kind.load(), content))), {"of_a_newer_release": [1]})
    assert written(read(kind.load(), newer)).keys() >= newer.keys()
    assert list(lost(written(read(kind.load(), newer)), newer)) == []


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_keeps_fields_of_a_newer_release(name: str) -> None:
    content = json.loads((DETAILS / f"{name}.json").read_text())
    newer = with_fields(content, list(models_in(EVENTS[name].model_validate(content))), {"of_a_newer_release": [1]})
    assert list(lost(written(EVENTS[name].model_validate(newer)), newer)) == []
    with pytest.raises(DocumentTooNew):
        EVENTS[name].model_validate(content | {"schema_version": 2})


CHANGES: dict[type[VersionedModel], Callable[[Any], VersionedModel]] = {
    ModelAlerts: lambda one: one.with_champion("another").with_executions({}).with_sent({}, START),
    Collection: lambda one: one.reaching(datetime(2100, 1, 1, tzinfo=UTC)),
    FleetSummary: lambda one: one.without_model("lemons"),
    History: lambda one: one.with_window(next(iter(one.windows.values())).model_copy(update={"rows": 1})),
    OpenIncidents: lambda one: one.with_problem([], datetime(2100, 1, 1, tzinfo=UTC)).with_recovery({}),
    RetrainingState: lambda one: one.with_reference("batch", 10, START),
    Routing: lambda one: one.model_copy(update={"causes": ["another"]}),
    Run: lambda one: one.model_copy(update={"stage": "failed"}),
    Defect: lambda one: one.model_copy(update={"suspects": ()}),
    CorrectedWindows: lambda one: one.model_copy(update={"windows": ("w",)}),
    SpecRevision: lambda one: one.model_copy(update={"revision": "000009"}),
}
"""What functions do to documents that they change in place."""


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in CHANGES])
def test_a_change_keeps_what_a_newer_release_wrote(kind: type[VersionedModel]) -> None:
    (listed,) = (one for one in STORED if one.name == kind.__name__)
    newer = kept(listed) | {"of_a_newer_release": {"a": [1]}}
    changed = CHANGES[kind](read(kind, newer))
    assert changed != read(kind, newer)
    assert written(changed)["of_a_newer_release"] == {"a": [1]}


def test_an_alert_of_a_monitor_that_only_a_newer_release_has_is_left_to_it() -> None:
    content = json.loads(path_of("ModelAlerts", 1).read_bytes())
    spec = SpecRevision.model_validate_json(path_of("SpecRevision", 1).read_bytes()).spec
    name, delivery = next(iter(content["deliveries"].items()))
    content["deliveries"]["of_a_newer_release"] = delivery
    for check in content["checks"].values():
        check["findings"]["of_a_newer_release"] = check["findings"].get(name) or next(iter(check["findings"].values()))
    alerts = ModelAlerts.model_validate(content)
    assert name in alerts.monitors
    assert "of_a_newer_release" not in alerts.monitors
    leased = alerts.with_leases(spec, "cause", "chain", START)
    assert written(leased)["deliveries"]["of_a_newer_release"] == delivery


def test_ids_that_follow_from_content_are_the_same_for_every_release() -> None:
    baseline = Baseline.model_validate_json(path_of("Baseline", 2).read_bytes())
    assert baseline.bins.digest == baseline.reference.bins
    manifest = DatasetManifest.model_validate_json(path_of("DatasetManifest", 1).read_bytes())
    assert manifest.dataset == "41bedeb3b5aa5d69"

    class WiderManifest(DatasetManifest):
        purpose: str = "training"

    kept_before = WiderManifest.model_validate_json(path_of("DatasetManifest", 1).read_bytes())
    assert kept_before.dataset == manifest.dataset
    written_after = kept_before.model_copy(update={"purpose": "test"})
    assert DatasetManifest.model_validate_json(written_after.model_dump_json()).dataset == written_after.dataset


def test_the_hash_of_an_entry_covers_the_fields_that_are_written_and_no_others() -> None:
    class WiderEntry(LedgerEntry):
        region: str = "eu-central-1"

    before = LedgerEntry.model_validate_json(path_of("LedgerEntry", 1).read_bytes())
    assert before.hash == before.digest()
    assert WiderEntry.model_validate_json(path_of("LedgerEntry", 1).read_bytes()).digest() == before.hash
    decision = Decision.model_validate(before.model_dump(include=set(Decision.model_fields)))
    first = WiderEntry.following(None, decision, function="raise_alerts", recorded_at=START)
    second = LedgerEntry.following(first, decision, function="raise_alerts", recorded_at=START)
    assert len(verify([LedgerEntry.model_validate_json(one.model_dump_json()) for one in (first, second)])) == 2
    altered = json.loads(first.model_dump_json()) | {"region": "us-east-1"}
    assert LedgerEntry.model_validate(altered).digest() != first.hash


class Second(VersionedModel):
    MIGRATIONS: ClassVar = {1: lambda content: {"names": [content["name"]]}}

    schema_version: Literal[2] = 2
    names: list[str]


class Outer(VersionedModel):
    schema_version: Literal[1] = 1
    inner: Second


def test_an_older_document_is_migrated_step_by_step() -> None:
    old = {"schema_version": 1, "name": "a", "of_a_newer_release": 1}
    assert Second.model_validate_json(json.dumps(old)) == Second(names=["a"]) == Second.model_validate(old)


def test_a_newer_document_within_another_is_refused_too() -> None:
    inner = {"schema_version": 3, "names": []}
    with pytest.raises(DocumentTooNew, match="Second has schema version 3"):
        Outer.model_validate({"schema_version": 1, "inner": inner})


def test_a_profile_that_a_newer_release_wrote_is_not_called_damaged() -> None:
    with pytest.raises(DocumentTooNew):
        Profile.from_json(json.dumps(json.loads(path_of("Profile", 2).read_bytes()) | {"schema_version": 3}))
