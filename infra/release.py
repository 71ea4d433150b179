"""Cut a release: `make release VERSION=1.2.3`.

Sets the version in pyproject.toml and uv.lock, moves the fragments of `infra/changelog/` into CHANGELOG.md, keeps the
code in `tests/data/releases/`, which the next upgrade is tested from, commits and tags. Nothing leaves this machine;
the last lines say what to push. `python infra/release.py notes v1.2.3` prints what CHANGELOG.md says of a release, for
its page.
"""

import argparse
import json
import lzma
import re
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
DISTRIBUTION = "model-steward"
BRANCH = "main"
KEPT = ("layers/steward/steward", "functions", "template.yaml")
"""What the next release is upgraded from in a test."""
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class ReleaseRefused(Exception):
    """A release that cannot be cut; the message says what to do."""


def release(root: Path, version: str, on: date) -> str:
    """Commit and tag a release.

    Args:
        root: the working copy.
        version: three numbers, by semantic versioning.
        on: the date in the changelog.

    Returns:
        The name of the tag.

    Raises:
        ReleaseRefused: the version, the working copy or the changelog is not ready; nothing was changed.
    """
    tag = f"v{version}"
    _check(root, version, tag)
    _set_version(root, version)
    _run(root, sys.executable, "-m", "towncrier", "build", "--yes", "--version", version, "--date", on.isoformat())
    _keep(root, version)
    _run(root, "git", "commit", "--quiet", "--all", "--message", f"Release {version}")
    _run(root, "git", "tag", "--annotate", tag, "--message", f"Steward {version}")
    return tag


def notes(root: Path, tag: str) -> str:
    """What CHANGELOG.md says of a release, in Markdown.

    Raises:
        ReleaseRefused: the tag is not of the version in pyproject.toml, or the changelog does not have it.
    """
    if tag != f"v{current_version(root)}":
        raise ReleaseRefused(f"the tag {tag} is not of version {current_version(root)}, which pyproject.toml has")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(tag[1:])}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    if not found:
        raise ReleaseRefused(f"CHANGELOG.md has no section for {tag[1:]}: cut releases with `make release`")
    return found[1].strip() + "\n"


def current_version(root: Path) -> str:
    """The version in pyproject.toml."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _keep(root: Path, version: str) -> None:
    """Keep the release's code and template for the test that upgrades from it; a clone may have no tags."""
    folder = root / "tests" / "data" / "releases"
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob("*.tar.xz"):
        earlier.unlink()
    kept = subprocess.run(
        ["git", "archive", "--format=tar", "HEAD", *KEPT], cwd=root, check=True, capture_output=True
    ).stdout
    (folder / f"{version}.tar.xz").write_bytes(lzma.compress(kept, preset=9 | lzma.PRESET_EXTREME))
    _run(root, "git", "add", str(folder))


def _check(root: Path, version: str, tag: str) -> None:
    if not _VERSION.fullmatch(version):
        raise ReleaseRefused(f"VERSION={version!r} is no version; give three numbers, as in VERSION=1.2.3")
    if _numbers(version) < _numbers(current_version(root)):
        raise ReleaseRefused(f"{version} is older than {current_version(root)}, which pyproject.toml has")
    if (branch := _run(root, "git", "branch", "--show-current")) != BRANCH:
        raise ReleaseRefused(f"releases are cut on {BRANCH}, and this is {branch or 'no branch'}; check out {BRANCH}")
    if _run(root, "git", "status", "--porcelain"):
        raise ReleaseRefused("the working copy has changes that are not committed; commit or stash them")
    if _run(root, "git", "tag", "--list", tag):
        raise ReleaseRefused(f"{tag} exists already; choose a later version")
    if not [path for path in (root / "infra" / "changelog").glob("*.md") if path.name != "README.md"]:
        raise ReleaseRefused("infra/changelog/ has no fragments, so there is nothing to release")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _set_version(root: Path, version: str) -> None:
    """Write the version where it is declared, and where the lock repeats it."""
    for name, before in (("pyproject.toml", r"\[project\]\n"), ("uv.lock", r"\[\[package\]\]\n")):
        path = root / name
        text = path.read_text(encoding="utf-8")
        declared = rf'({before}name = "{DISTRIBUTION}"\nversion = ")[^"]+'
        changed, found = re.subn(declared, rf"\g<1>{version}", text)
        if found != 1:
            raise ReleaseRefused(f"{name} has no version of {DISTRIBUTION} under its name, where releases set it")
        path.write_text(changed, encoding="utf-8")
    described = root / "layers" / "steward" / "steward" / "release.json"
    if described.exists():
        content = json.loads(described.read_text(encoding="utf-8")) | {"version": version}
        described.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _run(root: Path, *command: str) -> str:
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    """Cut a release, or print its notes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("cut", help="version, changelog, commit and tag").add_argument("version")
    commands.add_parser("notes", help="what CHANGELOG.md says of a release").add_argument("tag")
    arguments = parser.parse_args()
    try:
        if arguments.command == "notes":
            print(notes(ROOT, arguments.tag), end="")
            return 0
        tag = release(ROOT, arguments.version, datetime.now(UTC).date())
    except ReleaseRefused as refused:
        print(f"{refused}.", file=sys.stderr)
        return 1
    print(f"Committed and tagged {tag}. To publish: git push origin {BRANCH} {tag}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
