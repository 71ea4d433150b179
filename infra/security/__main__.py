"""Lint the templates for security: `python -m infra.security`, which `make security` and CI run.

What is linted is what CloudFormation makes of the templates, so that what SAM generates is seen: checkov looks at the
resources, parliament at every policy with all options on. A finding that is left has its reason where it is found:

    Metadata:
      checkov: {skip: [{id: CKV_AWS_117, comment: why}]}
      parliament: {skip: [{id: RESOURCE_STAR, comment: why}]}

A reason for what is not found any more is a finding too.
"""

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.security.translated import policies, read, translate

ROOT = Path(__file__).parents[2]
TEMPLATES = (
    ROOT / "template.yaml",
    ROOT / "infra" / "replica" / "replica.yaml",
    *sorted((ROOT / "infra" / "pipeline").glob("*.yaml")),
)
TOOLS = ROOT / ".local" / "tools" / "security" / "bin"
WORK = ROOT / ".local" / "security"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What a linter found of a resource."""

    template: str
    resource: str
    tool: str
    rule: str
    what: str = ""

    @property
    def excuse(self) -> "Finding":
        """The same without its words: what an exception names."""
        return Finding(self.template, self.resource, self.tool, self.rule)


def excuses(name: str, template: Mapping[str, Any]) -> Iterator[Finding]:
    """The findings that a template leaves, each with its reason.

    Raises:
        ValueError: one has no reason.
    """
    for logical, item in template["Resources"].items():
        for tool in ("checkov", "parliament"):
            for one in item.get("Metadata", {}).get(tool, {}).get("skip", []):
                if not one.get("comment"):
                    raise ValueError(f"{name}: {logical}: the exception {one['id']} of {tool} says no reason")
                yield Finding(name, logical, tool, one["id"], one["comment"])


def compare(found: Collection[Finding], left: Collection[Finding]) -> list[str]:
    """A sentence on each finding that nobody explained, and on each explanation of nothing."""
    explained, seen = {one.excuse for one in left}, {one.excuse for one in found}
    unexplained = [
        f"{one.template}: {one.resource}: {one.rule} of {one.tool}: {one.what}"
        for one in sorted(found)
        if one.excuse not in explained
    ]
    idle = [
        f"{one.template}: {one.resource}: {one.tool} does not find {one.rule} any more: remove its exception"
        for one in sorted(left)
        if one.excuse not in seen
    ]
    return [*unexplained, *idle]


def ask_checkov(templates: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """What checkov finds in translated templates, whose exceptions it is not shown."""
    names: dict[str, str] = {}
    files: list[str | Path] = []
    for name, template in templates.items():
        resources = {
            logical: {key: part for key, part in item.items() if key != "Metadata"}
            for logical, item in template["Resources"].items()
        }
        path = WORK / f"{Path(name).stem}.json"
        path.write_text(json.dumps({**template, "Resources": resources}, default=str), encoding="utf-8")
        names[path.name], files = name, [*files, "--file", path]
    options = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "--output", "json"]
    report = json.loads(_run(TOOLS / "checkov", *options, "--soft-fail", *files))
    if report["summary"]["parsing_errors"] or not report["summary"]["passed"]:
        sys.exit(f"checkov could not read the templates: {report['summary']}")
    for one in report["results"]["failed_checks"]:
        name, resource = names[Path(one["file_path"]).name], one["resource"].rpartition(".")[2]
        yield Finding(name, resource, "checkov", one["check_id"], one["check_name"])


def ask_parliament(templates: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """What parliament finds in the policies of translated templates."""
    documents = [
        ((name, logical), document) for name, template in templates.items() for logical, document in policies(template)
    ]
    path = WORK / "policies.json"
    path.write_text(json.dumps(documents), encoding="utf-8")
    for line in _run(TOOLS / "python", Path(__file__).with_name("lint_policies.py"), path).splitlines():
        name, resource, rule, what = line.split("\t", 3)
        yield Finding(name, resource, "parliament", rule, what)


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=WORK, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Lint everything; exit with 1 and a sentence on each finding that is left without a reason."""
    if not (TOOLS / "checkov").exists():
        sys.exit(f"{TOOLS} is missing: run `make security`.")
    WORK.mkdir(parents=True, exist_ok=True)
    templates = {str(path.relative_to(ROOT)): read(path) for path in TEMPLATES}
    left = [one for name, template in templates.items() for one in excuses(name, template)]
    translated = {name: translate(template) for name, template in templates.items()}
    sentences = compare({*ask_checkov(translated), *ask_parliament(translated)}, left)
    if sentences:
        sys.exit("\n".join(sentences))
    print(f"{len(TEMPLATES)} templates linted: {len(left)} findings are left, each with its reason in the template.")


if __name__ == "__main__":
    main()
