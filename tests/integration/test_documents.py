"""Documents follow what they are made of; each revision is kept, and names its sources."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from steward.events import AuditCompleted, AuditRequested, ReportRequested, RetrainingProposed
from steward.governance.document_history import DocumentHistory
from steward.store.stored_objects import sha256
from tests.integration import lemons

from .deployment import Deployment
from .terminal import reached, run

HISTORY = "reports/lemons/documents/history.json"
TEXTS = "documentation: {intended_use: '<script>alert(1)</script> tell buyers'}\n"


def history(steward: Deployment) -> DocumentHistory:
    return DocumentHistory.model_validate(steward.object(HISTORY))


def ask(steward: Deployment) -> None:
    now = steward.clock.now
    steward.publish(ReportRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="test"))
    steward.settle()
    assert not steward.errors, steward.errors


def test_a_first_version_has_cards_and_release_notes_and_asked_again_nothing_changes(trained: Deployment) -> None:
    version = trained.champion("lemons")
    kept = history(trained)
    own = {f"{name}/{version}" for name in ("model-card", "data-card", "release-notes")}
    own |= {f"technical-file/{name}" for name in ("annex-iv", "nist-ai-rmf", "sr-11-7")}
    assert set(kept.documents) - own == {"monthly/2024-01"}
    for revisions in kept.documents.values():
        (revision,) = revisions
        for stored in revision.files:
            assert sha256(trained.contents(stored.key)[stored.key]) == stored.sha256
        for source in revision.sources:
            assert source.version_id
    card = kept.documents[f"model-card/{version}"][0]
    text = trained.contents(card.files[0].key)[card.files[0].key].decode()
    for source in card.sources:
        assert f"| `{source.key}` | `{source.version_id}` | `{source.sha256}` |" in text

    ask(trained)
    before = trained.contents("reports/lemons/documents/")
    trained.clock.now += lemons.HOUR
    ask(trained)
    after = trained.contents("reports/lemons/documents/")
    assert before.keys() == after.keys()
    assert all(before[key] == after[key] for key in before if key != HISTORY)
    assert history(trained).documents == DocumentHistory.model_validate_json(before[HISTORY]).documents


def test_a_changed_text_gives_a_revision_and_the_one_before_stays(trained: Deployment, tmp_path: Path) -> None:
    version = trained.champion("lemons")
    first = history(trained).documents[f"model-card/{version}"][0]
    trained.upload("specs/lemons.yaml", lemons.SPEC + TEXTS)
    trained.settle()
    assert not trained.errors, trained.errors
    revisions = history(trained).documents[f"model-card/{version}"]
    assert revisions[0] == first
    assert len(revisions) == 2
    page = next(stored for stored in revisions[1].files if stored.key.endswith(".html"))
    assert "<script>" not in trained.contents(page.key)[page.key].decode()
    with reached(trained):
        said = run("docs", "lemons", "--diff", first.revision[:8], f"model-card/{version}").stdout
        assert "+- Use: &lt;script&gt;alert(1)&lt;/script&gt; tell buyers" in said
        assert "-- Use: Nobody has written this" in said
        assert "No difference." in run("docs", "lemons", "--diff", first.revision, first.revision).text
        assert "no revision begins with 'zzz'" in run("docs", "lemons", "--diff", "zzz", first.revision).text
        listed = json.loads(run("docs", "lemons", "--json").stdout)
        assert [one["revision"] for one in listed[f"model-card/{version}"]] == [one.revision for one in revisions]
        assert revisions[1].revision in run("docs", "lemons").text
        assert run("docs", "lemons", "--download", "--to", str(tmp_path)).code == 0
    assert (tmp_path / f"data-card/{version}.croissant.json").exists()
    assert "tell buyers" in (tmp_path / f"model-card/{version}.md").read_text()


@pytest.mark.nightly
def test_release_notes_between_two_versions(trained: Deployment, tmp_path: Path) -> None:
    first = trained.champion("lemons")
    for day in range(14, 19):
        sold = lemons.sales(1, first_day=day)
        trained.upload(f"inbox/lemons/reference/{day}.csv", lemons.csv(sold))
    trained.settle()
    now = trained.clock.now
    trained.publish(RetrainingProposed(occurred_at=now, as_of=now, model="lemons", correlation_id="t", reason="asked"))
    trained.settle()
    versions = sorted({key.split("/")[3] for key in trained.keys("models/lemons/versions/")})
    with reached(trained):
        assert run("docs", "lemons", "--notes", first, versions[-1], "--to", str(tmp_path)).code == 0
    text = next(tmp_path.glob("*.md")).read_text()
    for heading in ("Data", "Recipe", "Libraries", "Declaration", "Metrics", "Gates", "Decisions", "Sources"):
        assert f"## {heading}" in text
    assert "| training rows | 3,998 |" in text


def test_a_month_that_is_over_has_a_report_of_its_own(trained: Deployment) -> None:
    for day in (14, 15, 40):
        trained.clock.now = max(trained.clock.now, lemons.START + (day + 1) * 24 * lemons.HOUR)
        sold = lemons.sales(1, first_day=day)
        trained.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
        trained.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    trained.settle()
    ask(trained)
    revisions = history(trained).documents["monthly/2024-01"]
    revision = revisions[-1]
    text = trained.contents(revision.files[0].key)[revision.files[0].key].decode()
    assert "# lemons: report for 2024-01" in text
    assert "| Checks | 2 checks of windows |" in text
    assert "| roc\\_auc | realised | 2 |" in text or "| roc_auc | realised | 2 |" in text
    assert "champion promoted" in text
    ask(trained)
    assert history(trained).documents["monthly/2024-01"] == revisions


def audit(steward: Deployment) -> list[str]:
    """What an audit of a later moment finds broken."""
    as_of = datetime(2100, 1, 1, tzinfo=UTC)
    request = AuditRequested(occurred_at=as_of, model="lemons", as_of=as_of, correlation_id=uuid.uuid4().hex)
    assert steward.deliver("audit_models", request), steward.errors
    steward.settle()
    event = steward.told(AuditCompleted)[-1]
    return [name for name in event.failed if "card" in name or "document" in name]


def test_the_audit_finds_documents_that_are_old_missing_or_changed(trained: Deployment) -> None:
    version = trained.champion("lemons")
    assert audit(trained) == []
    content = trained.contents(HISTORY)[HISTORY]
    card, data_card = f"model-card/{version}", f"data-card/{version}"

    def found(change: Callable[[dict], object]) -> list[str]:
        changed = json.loads(content)
        change(changed["documents"])
        trained.upload(HISTORY, json.dumps(changed))
        return audit(trained)

    assert found(lambda kept: kept[card][-1].update(template=1)) == ["card_template_current"]
    assert found(lambda kept: kept.pop(data_card)) == ["data_card_present"]
    assert found(lambda kept: kept[card][-1]["sources"][0].update(version_id="older")) == ["documents_current"]
    assert found(lambda kept: kept[card][-1]["files"][0].update(sha256="0" * 64)) == ["documents_intact"]
    trained.upload(HISTORY, content)
    trained.upload(history(trained).documents[card][-1].files[0].key, b"all is well")
    assert audit(trained) == ["documents_intact"]
