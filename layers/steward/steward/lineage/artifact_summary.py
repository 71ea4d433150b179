"""Short text summaries of specs, datasets, versions, baselines, runs, checks and releases."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from steward.documents import FROM_STORE
from steward.lineage.identifiers import ArtifactKind
from steward.retraining.versions import CalibrationSummary, SearchResult
from steward.spec.recipe import Recipe

Document = Mapping[str, Any]
Lines = dict[str, str]
"""What a line is about, and what it says."""

_RANKED = 10
_FIGURES = 4


def summary(kind: ArtifactKind, document: Document) -> Lines:
    """Summarise a stored document in a few lines."""
    return {name: text for name, text in _SUMMARIES[kind](document).items() if text}


def _spec(document: Document) -> Lines:
    spec = document["spec"]
    recipe = spec["retraining"]["recipe"]
    return {
        "description": spec["description"],
        "owner": spec["owner"],
        "task": spec["task"].replace("_", " "),
        "features": ", ".join(f"{name} ({feature['type']})" for name, feature in spec["features"].items()),
        "window": str(spec["window"]["length"]),
        "recipe": _recipe(recipe),
        "upload": document["source_version_id"],
    }


def _dataset(document: Document) -> Lines:
    kinds = Counter(item["kind"] for item in document["objects"])
    return {
        "environment": document["environment"],
        "rows from": document["start"] or "the first",
        "holdout from": document["holdout_start"],
        "rows until": document["end"],
        "objects": ", ".join(f"{number:,} of {kind}" for kind, number in sorted(kinds.items())),
    }


def _version(document: Document) -> Lines:
    ranked = sorted(document["importances"].items(), key=lambda item: -item[1])[:_RANKED]
    return {
        "environment": document["environment"],
        "as of": document["as_of"],
        "run": document["run"],
        "recipe": _recipe(document["recipe"]),
        "training rows": f"{document['training_rows']:,}, from {document['training_start']}",
        **({"span": document["span"]["sentence"]} if document.get("span") else {}),
        **_parts_of_training(document),
        "trained until": document["trained_until"],
        "holdout rows": f"{document['holdout_rows']:,}, until {document['holdout_until']}",
        "features": ", ".join(document["features"]),
        "importances": ", ".join(f"{name} {share:.0%}" for name, share in ranked),
        "libraries": ", ".join(f"{name} {version}" for name, version in document["libraries"].items()),
        "platform": "; ".join(f"{name} {said}" for name, said in document.get("platform", {}).items()),
        "spec": document["spec"]["key"],
        "dataset": document["dataset"]["key"],
        **{
            part: f"{stored['key']} (SHA-256 {stored['sha256']})"
            for part in ("artifact", "judged", "baseline", "background")
            if (stored := document.get(part))
        },
    }


def _baseline(document: Document) -> Lines:
    reference = document["reference"]
    return {
        "rows": f"{reference['rows']:,}",
        "features": ", ".join(reference["features"]),
        "outputs": ", ".join(reference["outputs"]),
        "importances": ", ".join(f"{name} {share:.0%}" for name, share in document["importances"].items()),
    }


def _run(document: Document) -> Lines:
    return {
        "stage": document["stage"],
        "as of": document["as_of"],
        "requested": document["requested_at"],
        "because": "; ".join(document["reasons"]),
        "dataset": (document["dataset"] or {}).get("key", ""),
        "version": document["version"] or "",
        "outcome": document["outcome"],
    }


def _check(document: Document) -> Lines:
    statuses = Counter(result["status"] for result in document["results"])
    bad = [result["message"] for result in document["results"] if result["status"] in ("drift", "breach")]
    sentences = list(dict.fromkeys(bad))  # the statistics of one column share their sentence
    more = f"\nand {len(sentences) - _FIGURES} more" if len(sentences) > _FIGURES else ""
    return {
        "window": document["window"],
        "version": document["version"],
        "rows": f"{document['rows']:,}, {document['labelled_rows']:,} of them labelled",
        "results": ", ".join(f"{number} {status}" for status, number in sorted(statuses.items())),
        "found": "\n".join(sentences[:_FIGURES]) + more,
        "why": f"`steward explain {document['model']} {document['window']} {document['version']}` shows how each "
        "result came about",
    }


def _parts_of_training(document: Document) -> Lines:
    """What a search and a calibration did."""
    searched, calibrated = document.get("search"), document.get("calibration")
    return {
        **({"search": SearchResult.model_validate(searched).sentence} if searched else {}),
        **({"calibration": CalibrationSummary.model_validate(calibrated).sentence} if calibrated else {}),
    }


def _release(document: Document) -> Lines:
    return {
        "version": document["version"],
        "run": document["run"],
        "as of": document["as_of"],
        "in charge since": document["promoted_at"],
    }


def _recipe(recipe: Document | None) -> str:
    if recipe is None:
        return "trained elsewhere"
    parameters = ", ".join(f"{name} = {value}" for name, value in recipe["parameters"].items()) or "defaults"
    declared = Recipe.model_validate(recipe, context=FROM_STORE)
    more = [*declared.settings, *([f"calibration {declared.calibration}"] if declared.calibration else [])]
    return f"{recipe['estimator']} ({parameters}), seed {recipe['seed']}" + "".join(f", {setting}" for setting in more)


_SUMMARIES: dict[ArtifactKind, Callable[[Document], Lines]] = {
    "spec": _spec,
    "dataset": _dataset,
    "version": _version,
    "baseline": _baseline,
    "run": _run,
    "check": _check,
    "release": _release,
}
