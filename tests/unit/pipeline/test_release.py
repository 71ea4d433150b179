"""A release is cut from fragments, in a working copy of its own."""

import shutil
import subprocess
import tarfile
import tomllib
from datetime import date
from pathlib import Path

import pytest

from infra.release import KEPT, ReleaseRefused, notes, release

ROOT = Path(__file__).resolve().parents[3]
CURRENT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
NEXT = "{}.{}.{}".format(*(int(part) + 1 for part in CURRENT.split(".")))
DAY = date(2027, 1, 31)


def git(copy: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=copy, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What a release reads, committed on main, with a fragment of its own kind each."""
    for name in ("pyproject.toml", "uv.lock", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    fragments = tmp_path / "infra" / "changelog"
    fragments.mkdir(parents=True)
    shutil.copy(ROOT / "infra" / "changelog" / "README.md", fragments)
    (fragments / "12.fixed.md").write_text("Windows of a day end at midnight.\n")
    (fragments / "+faster-checks.added.md").write_text("Checks read each profile once.\n")
    for name in KEPT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("kept\n")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "config", "user.name", "A maintainer")
    git(tmp_path, "config", "user.email", "maintainer@example.com")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "Before")
    return tmp_path


def test_a_release_sets_the_version_and_moves_the_fragments_into_the_changelog(copy: Path) -> None:
    assert release(copy, NEXT, DAY) == f"v{NEXT}"
    assert tomllib.loads((copy / "pyproject.toml").read_text())["project"]["version"] == NEXT
    (locked,) = [
        package["version"]
        for package in tomllib.loads((copy / "uv.lock").read_text())["package"]
        if package["name"] == "model-steward"
    ]
    assert locked == NEXT
    changelog = (copy / "CHANGELOG.md").read_text()
    assert changelog.index(f"## [{NEXT}] - 2027-01-31") > changelog.index("Keep a Changelog")
    assert "### Added\n\n- Checks read each profile once.\n" in changelog
    assert "### Fixed\n\n- Windows of a day end at midnight. (#12)\n" in changelog
    assert [path.name for path in (copy / "infra" / "changelog").iterdir()] == ["README.md"]


def test_a_release_is_one_commit_with_a_tag(copy: Path) -> None:
    release(copy, NEXT, DAY)
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "describe") == f"v{NEXT}"
    assert git(copy, "log", "-1", "--format=%s") == f"Release {NEXT}"


def test_the_code_of_the_newest_release_is_kept_to_upgrade_from(copy: Path) -> None:
    release(copy, CURRENT, DAY)
    (copy / "infra" / "changelog" / "13.removed.md").write_text("The old reader.\n")
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--message", "Later")
    release(copy, NEXT, DAY)
    (kept,) = (copy / "tests" / "data" / "releases").iterdir()
    assert kept.name == f"{NEXT}.tar.xz"
    with tarfile.open(kept) as archive:
        assert {member.name for member in archive if member.isfile()} == set(KEPT)


def test_the_notes_of_a_release_are_its_section_alone(copy: Path) -> None:
    release(copy, CURRENT, DAY)
    (copy / "infra" / "changelog" / "13.removed.md").write_text("The old reader.\n")
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--message", "Later")
    release(copy, NEXT, DAY)
    assert notes(copy, f"v{NEXT}") == "### Removed\n\n- The old reader. (#13)\n"
    with pytest.raises(ReleaseRefused, match=f"v{CURRENT} is not of version {NEXT}"):
        notes(copy, f"v{CURRENT}")


def fragments_gone(copy: Path) -> None:
    for path in (copy / "infra" / "changelog").glob("*.*.md"):
        path.unlink()
    git(copy, "commit", "--quiet", "--all", "--message", "None")


@pytest.mark.parametrize(
    ("version", "prepare", "reason"),
    [
        ("next", lambda copy: None, "no version; give three numbers"),
        ("0.0.1", lambda copy: None, "0.0.1 is older than"),
        (NEXT, lambda copy: git(copy, "switch", "--quiet", "--create", "topic"), "cut on main, and this is topic"),
        (NEXT, lambda copy: (copy / "CHANGELOG.md").write_text(""), "not committed"),
        (NEXT, lambda copy: git(copy, "tag", f"v{NEXT}"), "exists already"),
        (NEXT, fragments_gone, "nothing to release"),
    ],
)
def test_what_is_not_ready_is_refused_and_nothing_is_changed(copy: Path, version: str, prepare, reason: str) -> None:
    prepare(copy)
    before = git(copy, "rev-parse", "HEAD"), git(copy, "status", "--porcelain"), git(copy, "tag")
    with pytest.raises(ReleaseRefused, match=reason):
        release(copy, version, DAY)
    assert (git(copy, "rev-parse", "HEAD"), git(copy, "status", "--porcelain"), git(copy, "tag")) == before
