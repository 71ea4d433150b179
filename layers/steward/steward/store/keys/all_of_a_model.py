"""All that is stored of one model."""

from steward.store.keys.checks_of_windows import alerts, collection
from steward.store.keys.governance_files import evidence, maintenance_plans, suppression
from steward.store.keys.model_files import progress
from steward.store.keys.record_files import corrections_of, partitions, quarantines
from steward.store.keys.uploaded_files import uploads


def everything(model: str) -> list[str]:
    """The prefixes under which anything of a model is stored in the data bucket."""
    kinds = ("predictions", "labels", "telemetry", "shadows", "reference", "waiting")
    whole = (
        "arrivals", "attributions", "checks", "commands", "corrections", "decisions", "erasing", "erasures", "history",
        "models", "outcomes", "privacy", "profiles", "remainders",
    )  # fmt: skip
    partitioned = [place for kind in kinds for place in (partitions(kind, model), f"ids/{kind}/model={model}/")]
    return [
        uploads(model),
        *partitioned,
        *(partitions(corrections_of(kind), model) for kind in kinds[:-1]),
        *(f"{place}/{model}/" for place in (*whole, "defects", "reports", "runs", "transfers")),
        quarantines(model),
        alerts(model),
        progress(model),
        collection(model),
        evidence(model),
        maintenance_plans(model),
        suppression(model),
    ]


def folder_of(key: str) -> str:
    """What kind of thing a key holds, by its first part."""
    return key.partition("/")[0]
