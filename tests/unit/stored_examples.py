"""The kept examples of stored documents, as releases wrote them, and fields of a newer release put into them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

FOLDER = Path(__file__).parents[1] / "data" / "stored"

type Place = tuple[str | int, ...]


def path_of(kind: str, version: int) -> Path:
    """Where the example of a kind and a schema version is kept."""
    return FOLDER / kind / f"v{version}.json"


def models_in(value: object, place: Place = ()) -> Iterator[Place]:
    """Where a document has models: the places that a release can add fields at."""
    if isinstance(value, BaseModel):
        yield place
        for name, field in type(value).model_fields.items():
            if name not in value.model_fields_set:
                continue  # a default of this release: the document has no such part
            yield from models_in(getattr(value, name), (*place, field.alias or name))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from models_in(part, (*place, str(key)))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from models_in(part, (*place, index))


def with_fields(content: Any, places: list[Place], added: dict[str, Any]) -> Any:
    """A copy of JSON with more fields at some places."""
    copied = json.loads(json.dumps(content))
    for place in places:
        part = copied
        for step in place:
            part = part.setdefault(step, {}) if isinstance(part, dict) else part[step]  # a later section
        part.update(added)
    return copied


def lost(content: Any, of: Any, place: Place = ()) -> Iterator[Place]:
    """Where JSON lacks what is in other JSON, or has something else; what it has beside that does not matter."""
    if isinstance(of, dict) and isinstance(content, dict):
        for key, part in of.items():
            yield from lost(content[key], part, (*place, key)) if key in content else [(*place, key)]
    elif isinstance(of, list) and isinstance(content, list) and len(of) == len(content):
        for index, (one, other) in enumerate(zip(content, of, strict=True)):
            yield from lost(one, other, (*place, index))
    elif content != of:
        yield place
