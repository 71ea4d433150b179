"""`steward.store.keys` alone builds and reads the keys of both buckets."""

import ast
import re
from collections.abc import Iterator

from steward.store import keys
from tests.sources import parse_where, sources

PREFIXES = tuple(sorted({f"{prefix.split('/')[0]}/" for prefix in [*keys.everything("m"), keys.spec_upload("m")]}))
KINDS = {"corrections/predictions", "corrections/labels", "corrections/reference", "corrections/"}
"""What a dataset's manifest calls corrected records, which is part of no key there."""
ELSEWHERE = {"stored_objects.py", "kinds.py", "acceptance.py", "prediction_log.py", "verify_bundle.py"}
"""A listing's own; documents by place; pure; the client, and the script of bundles, import nothing."""
CUT = re.compile(r"\.key\.(r?split|r?partition)\(")
MAY_BUILD = re.compile("|".join([*(f"[\"']{prefix}" for prefix in PREFIXES), CUT.pattern]))


def built(tree: ast.Module) -> Iterator[str]:
    """The texts, but for docstrings, that begin as a key does."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            text = node.value
            if text.startswith(PREFIXES) and text not in KINDS and " " not in text and "<" not in text:
                yield text


def test_no_other_module_builds_or_cuts_a_key() -> None:
    found = {name: [*built(tree), *CUT.findall(sources()[name])] for name, tree in parse_where(MAY_BUILD)}
    assert {
        name: problems
        for name, problems in found.items()
        if problems and not name.startswith("store/keys/") and name.rpartition("/")[2] not in ELSEWHERE
    } == {}
