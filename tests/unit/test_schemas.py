"""Schemas say what the code says, and what people and functions write follows them."""

import functools
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from steward.events import EVENTS
from steward.store.kinds import STORED, StoredKind

from .examples import SPEC
from .stored_examples import path_of

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "infra" / "schemas"
DETAILS = ROOT / "tests" / "events" / "details"


@functools.cache
def validator(name: str) -> Draft202012Validator:
    """By a schema that is one, as a test of its own says of each."""
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text()))


def test_no_schema_is_stale() -> None:
    module_spec = importlib.util.spec_from_file_location("generate_schemas", SCHEMAS / "generate.py")
    assert module_spec
    assert module_spec.loader
    generator = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(generator)
    assert generator.stale() == [], "run python infra/schemas/generate.py"


@pytest.mark.parametrize("path", sorted(SCHEMAS.rglob("*.json")), ids=lambda path: path.stem)
def test_a_schema_is_one(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_a_declaration_follows_its_schema_shorthand_and_all() -> None:
    assert list(validator("ModelSpec").iter_errors(yaml.safe_load(SPEC))) == []


@pytest.mark.parametrize(
    ("written", "instead"),
    [("owner: ", "ownr: "), ("mileage: numeric", "mileage: number"), ("length: 1d", "length: 1 day"), ("1d", "3600")],
)
def test_an_editor_sees_the_mistakes_that_the_schema_can_tell(written: str, instead: str) -> None:
    assert list(validator("ModelSpec").iter_errors(yaml.safe_load(SPEC.replace(written, instead))))


def test_every_event_has_one_schema_and_one_example() -> None:
    assert {path.stem for path in (SCHEMAS / "events").iterdir()} == set(EVENTS)
    assert {path.stem for path in DETAILS.iterdir()} == set(EVENTS)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_the_example_of_an_event_follows_its_model_and_its_schema(name: str) -> None:
    detail = json.loads((DETAILS / f"{name}.json").read_text())
    event = EVENTS[name].model_validate(detail)
    assert json.loads(event.model_dump_json()) == detail, "an example names every field"
    assert list(validator(f"events/{name}").iter_errors(detail)) == []
    assert list(validator(f"events/{name}").iter_errors(detail | {"of_a_newer_release": 1})) == []


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in STORED])
def test_what_is_stored_follows_its_schema(kind: StoredKind) -> None:
    content: Any = json.loads(path_of(kind.name, kind.version).read_bytes())
    assert list(validator(kind.name).iter_errors(content)) == []
