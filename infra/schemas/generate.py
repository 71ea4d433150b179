"""Write the JSON Schemas of everything that Steward reads, stores or publishes, from the code that defines it."""

import argparse
import json
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema

from steward.alerting.notification import Notification
from steward.commands.requests import COMMANDS
from steward.events import EVENTS
from steward.results import MetricResult
from steward.spec.alerting import Flapping
from steward.spec.model import ModelSpec
from steward.spec.monitors import Monitors
from steward.spec.spec_section import SpecSection
from steward.store import kinds

FOLDER = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"

WRITTEN: tuple[type[BaseModel], ...] = (ModelSpec,)
"""What people write: optional settings may be left out."""

STORED: tuple[type[BaseModel], ...] = (*(kind.load() for kind in kinds.STORED), MetricResult, Notification)
"""What Steward writes: every field is there."""


class WrittenSchema(GenerateJsonSchema):
    """The schema of what people write, where unknown keys are mistakes."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """The schema of a section."""
        return super().model_schema(schema) | {"additionalProperties": False}


def schemas() -> dict[Path, str]:
    """The text of every schema file."""
    for limits in Monitors.model_fields.values():  # whose defaults are written too, which asks for what writes them
        if isinstance(limits.default, SpecSection):
            type(limits.default).model_rebuild()
    Flapping.model_rebuild()
    files = {FOLDER / f"{kind.__name__}.json": _text(kind, "validation") for kind in WRITTEN}
    files |= {FOLDER / f"{kind.__name__}.json": _text(kind, "serialization") for kind in STORED}
    files |= {FOLDER / "commands" / f"{kind.__name__}.json": _text(kind, "serialization") for kind in COMMANDS.values()}
    return files | {FOLDER / "events" / f"{name}.json": _text(kind, "serialization") for name, kind in EVENTS.items()}


def stale() -> list[Path]:
    """The files that are missing, out of date, or belong to nothing any more."""
    wanted = schemas()
    wrong = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    return sorted([*wrong, *(path for path in FOLDER.rglob("*.json") if path not in wanted)])


def _text(kind: type[BaseModel], mode: str) -> str:
    written = mode == "validation"
    schema = kind.model_json_schema(
        mode="validation" if written else "serialization",
        schema_generator=WrittenSchema if written else GenerateJsonSchema,
    )
    return json.dumps({"$schema": DIALECT} | schema, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the schemas, or with `--check` only say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a schema is stale")
    check = parser.parse_args().check
    wrong = stale()
    for path in wrong:
        advice = " is stale: run python infra/schemas/generate.py" if check else ""
        print(f"{path.relative_to(FOLDER.parents[1])}{advice}")
    if check:
        return 1 if wrong else 0
    wanted = schemas()
    for path in wrong:
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
