"""Data cards: the dataset of a version as Croissant 1.0 JSON-LD, with the responsible-AI extension.

Source: MLCommons, Croissant format specification 1.0 (http://mlcommons.org/croissant/1.0) and its vocabulary for
responsible AI (http://mlcommons.org/croissant/RAI/1.0).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from glob import escape as escape_glob
from pathlib import PurePosixPath
from typing import Any

from steward.events import ObjectRef
from steward.retraining.manifest import DatasetColumn, DatasetManifest, DatasetObject
from steward.spec.data_description import DataDescription

CROISSANT_TEMPLATE = 1
"""Counted up when a data card gets other properties: those of an older template are made anew."""

PARQUET = "application/x-parquet"

type CardPart = dict[str, Any]

_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"numeric": "sc:Float", "embedding": "sc:Float", "datetime": "sc:DateTime"}
"""Of the columns as records store them: all others are texts."""
_RAI_TEXTS = {
    "rai:dataUseCases": "purpose",
    "rai:dataCollection": "collection",
    "rai:dataCollectionMissingData": "missing_data",
    "rai:dataPreprocessingProtocol": "preprocessing",
    "rai:dataAnnotationProtocol": "labelling",
    "rai:dataReleaseMaintenancePlan": "maintenance",
    "rai:dataLimitations": "limitations",
    "rai:dataBiases": "biases",
    "rai:dataSocialImpact": "social_impact",
}
_WITHDRAWN = "withdrawn"
_URL = re.compile(r"https?://\S+")


def croissant(manifest: DatasetManifest, stored: ObjectRef, sources: Sequence[ObjectRef] = ()) -> bytes:
    """The data card of a dataset, as JSON.

    Paths are relative to the bucket, and to the folder `dataset` of `steward checkout`: the card loads from there.

    Args:
        manifest: of the dataset.
        stored: where it is.
        sources: what else it is made of.
    """
    data = manifest.data or DataDescription()
    by_kind: dict[str, list[DatasetObject]] = {}
    for item in manifest.objects:
        kind = f"{item.kind}/{_WITHDRAWN}" if item.withdraws else item.kind
        by_kind.setdefault(kind, []).append(item)
    content: CardPart = {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": data.name or f"{manifest.model} {manifest.dataset}",
        "description": data.description or f"Rows that a version of {manifest.model} was trained and judged on.",
        "url": data.origin
        if _URL.fullmatch(data.origin)
        else f"urn:steward:dataset:{manifest.model}:{manifest.dataset}",
        "version": f"{manifest.end:%Y}.{manifest.end.month}.{manifest.end.day}+{manifest.dataset}",
        "datePublished": f"{data.published or manifest.end.date():%Y-%m-%d}",
        "dateCreated": f"{manifest.end:%Y-%m-%d}",
        **_describe_data(data),
        **_responsible(data),
        "isBasedOn": [_cite(one) for one in (stored, *sources)],
        "distribution": [
            *(_file(item) for item in manifest.objects),
            *(_file_set(kind, items) for kind, items in sorted(by_kind.items())),
        ],
        "recordSet": [
            record
            for kind, items in sorted(by_kind.items())
            for record in _record_set(kind, items, manifest)
            if manifest.columns
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def _describe_data(data: DataDescription) -> CardPart:
    """What is optional in schema.org's terms; what nobody wrote is left out."""
    found: CardPart = {
        "license": data.licence,
        "creator": {"@type": "sc:Organization", "name": data.creator} if data.creator else None,
        "publisher": {"@type": "sc:Organization", "name": data.publisher} if data.publisher else None,
        "citeAs": data.citation,
        "keywords": list(data.keywords),
        "inLanguage": list(data.languages),
    }
    return {name: value for name, value in found.items() if value}


def _responsible(data: DataDescription) -> CardPart:
    found: CardPart = {name: getattr(data, field) for name, field in _RAI_TEXTS.items()}
    found["rai:dataCollectionType"] = list(data.collection_types)
    found["rai:personalSensitiveInformation"] = _personal(data)
    return {name: value for name, value in found.items() if value}


def _personal(data: DataDescription) -> list[str]:
    if data.contains_personal_data is False:
        return ["None"]
    return list(data.personal_data)


def _cite(reference: ObjectRef) -> CardPart:
    return {
        "@type": "sc:CreativeWork",
        "name": reference.key,
        "version": reference.version_id,
        "identifier": f"sha256:{reference.sha256}",
    }


def _file(item: DatasetObject) -> CardPart:
    key = item.stored.key
    return {
        "@type": "cr:FileObject",
        "@id": key,
        "name": PurePosixPath(key).name,
        "description": f"{item.kind}, version id {item.stored.version_id}",
        "contentUrl": key,
        "encodingFormat": PARQUET,
        "sha256": item.stored.sha256,
    }


def _file_set(kind: str, items: Sequence[DatasetObject]) -> CardPart:
    return {
        "@type": "cr:FileSet",
        "@id": f"{_name(kind)}-files",
        "name": f"{_name(kind)} files",
        "encodingFormat": PARQUET,
        "includes": [escape_glob(item.stored.key) for item in items],
    }


def _record_set(kind: str, items: Sequence[DatasetObject], manifest: DatasetManifest) -> Iterator[CardPart]:
    name = _name(kind)
    columns = [column for column in manifest.columns if _has(kind, column)]
    rows = [item.rows for item in items]
    counted = f", {sum(filter(None, rows)):,} rows" if None not in rows else ""
    yield {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{len(items):,} objects{counted}",
        "key": [{"@id": f"{name}/{column.name}"} for column in columns if column.role == "id"],
        "field": [_field(name, column) for column in columns],
    }


def _has(kind: str, column: DatasetColumn) -> bool:
    """Whether objects of a kind have a column."""
    of = kind.removeprefix("corrections/")
    if of.endswith(_WITHDRAWN):
        return column.role == "id"
    if of == "labels":
        return column.role in {"id", "label"}  # files of labels need no time
    return of != "predictions" or column.role != "label"


def _field(record_set: str, column: DatasetColumn) -> CardPart:
    field: CardPart = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        "name": column.name,
        "description": f"{column.role}, {column.type}",
        "dataType": _TYPES.get(column.type, "sc:Text"),
        "source": {"fileSet": {"@id": f"{record_set}-files"}, "extract": {"column": column.name}},
    }
    return {**field, "repeated": True} if column.type == "embedding" else field


def _name(kind: str) -> str:
    return kind.replace("/", "-")
