"""`steward docs --format` on what the functions stored."""

import json
from pathlib import Path

from .deployment import Deployment
from .terminal import reached, run


def write(steward: Deployment, folder: Path, framework: str) -> str:
    with reached(steward):
        done = run("docs", "lemons", "--format", framework, "--to", str(folder))
    assert done.code == 0, done.text
    return (folder / f"lemons-{framework}.md").read_text()


def test_a_technical_file_names_what_is_stored_and_what_is_not(trained: Deployment, tmp_path: Path) -> None:
    version = trained.champion("lemons")
    for framework in ("annex-iv", "nist-ai-rmf", "sr-11-7"):
        text = write(trained, tmp_path, framework)
        assert f"Version in charge: {version}" in text
        for part in ("evaluation.json", "card.md", "evidence/provenance.json", "manifest.json"):
            assert f"| `models/lemons/versions/{version}/{part}` |" in text
        assert "`documentation.intended_use`" in text
        assert "Nothing answers it" in text
        assert "<h1>" in (tmp_path / f"lemons-{framework}.html").read_text()
        assert write(trained, tmp_path, framework) == text
    with reached(trained):
        done = run("docs", "lemons", "--format", "annex-iv", "--json")
    told = json.loads(done.stdout)
    metrics = next(one for one in told["answers"] if one["id"] == "IV.4")
    assert (metrics["status"], metrics["missing"]) == ("in part", ["documentation.metric_choice"])
    assert metrics["evidence"]["metrics"]["references"][0]["key"].endswith("/evaluation.json")
