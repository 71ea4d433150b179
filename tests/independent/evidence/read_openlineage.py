"""Read OpenLineage events with `openlineage-python` and write them again; runs in its environment, without Steward.

`python read_openlineage.py FOLDER`: a folder with one JSON file an event. Each is built from the library's own
classes, which validate it, is written by the library, and has to say the same; each facet names the schema that the
library has for it.
"""

import importlib
import importlib.metadata
import json
import pkgutil
import sys
import types
import typing
from pathlib import Path
from typing import Any

import attr
from openlineage.client import generated
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated.base import BaseFacet
from openlineage.client.serde import Serde


def facet_classes() -> dict[str, type]:
    """The library's classes of facets, by the schema that they name."""
    for module in pkgutil.iter_modules(generated.__path__):
        importlib.import_module(f"{generated.__name__}.{module.name}")
    found, waiting = {}, [BaseFacet]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found[kind._get_schema()] = kind
    return found


FACETS = facet_classes()


def build(kind: Any, content: Any) -> Any:
    """An instance of a class of the library, or a value; a field that it does not have is refused."""
    if typing.get_origin(kind) in {typing.Union, types.UnionType}:
        kind = next(one for one in typing.get_args(kind) if one is not type(None))
    if typing.get_origin(kind) is list:
        return [build(typing.get_args(kind)[0], one) for one in content]
    if typing.get_origin(kind) is dict:
        return {name: build(typing.get_args(kind)[1], one) for name, one in content.items()}
    if not attr.has(kind):
        return content
    hints = typing.get_type_hints(kind)
    unset = {one.name for one in attr.fields(kind) if not one.init}
    given = {name: build(hints[name], value) for name, value in content.items() if name not in unset}
    return kind(**{name.lstrip("_"): value for name, value in given.items()})


def facets(content: dict[str, Any]) -> dict[str, Any]:
    """The facets of a run, a job or a dataset."""
    return {name: build(FACETS[one["_schemaURL"]], one) for name, one in content.items()}


def parse(content: dict[str, Any]) -> RunEvent:
    """The event."""
    run, job = content["run"], content["job"]
    return RunEvent(
        eventTime=content["eventTime"],
        producer=content["producer"],
        run=Run(runId=run["runId"], facets=facets(run["facets"])),
        job=Job(namespace=job["namespace"], name=job["name"], facets=facets(job["facets"])),
        eventType=RunState[content["eventType"]],
        inputs=[dataset(InputDataset, one, "inputFacets") for one in content["inputs"]],
        outputs=[dataset(OutputDataset, one, "outputFacets") for one in content["outputs"]],
    )


def dataset(kind: type, content: dict[str, Any], own: str) -> Any:
    """A dataset with its facets, and those of its part in the run."""
    found = {"facets": facets(content["facets"]), own: facets(content[own])}
    return kind(content["namespace"], content["name"], **found)


def said(content: Any) -> Any:
    """What a document says: without what is empty, which one writer leaves out and another does not."""
    if isinstance(content, dict):
        return {name: found for name, one in content.items() if (found := said(one)) not in (None, {}, [])}
    if isinstance(content, list):
        return [said(one) for one in content]
    return content


if __name__ == "__main__":
    print(f"openlineage-python {importlib.metadata.version('openlineage-python')}")
    for path in sorted(Path(sys.argv[1]).rglob("*.json")):
        original = json.loads(path.read_bytes())
        event = parse(original)
        again = json.loads(Serde.to_json(event))
        if said(again) != said(original):
            raise SystemExit(f"{path} says something else once it is written again: {again}")
        parts = [original["run"], original["job"], *original["inputs"], *original["outputs"]]
        kinds = ("facets", "inputFacets", "outputFacets")
        names = sorted({name for part in parts for kind in kinds for name in part.get(kind, {})})
        print(f"{original['job']['name']} {original['eventType']}: {', '.join(names)}")
