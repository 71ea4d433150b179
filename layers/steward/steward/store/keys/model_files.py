"""Keys of declarations, versions, training sets and runs."""


def models() -> str:
    """Prefix of all models."""
    return "models/"


def of_model(model: str) -> str:
    """Prefix of all that describes a model."""
    return f"models/{model}/"


MODEL_FOLDERS = frozenset({"specs", "versions", "datasets", "dataset-profiles", "releases", "guardrails", "lineage"})
"""What Steward has under that prefix, beside single files; anything else is nobody's."""


def spec_revisions(model: str) -> str:
    """Prefix of a model's declarations, oldest first."""
    return f"models/{model}/specs/"


def spec_revision(model: str, revision: str) -> str:
    """One accepted declaration."""
    return f"{spec_revisions(model)}{revision}.json"


def versions(model: str) -> str:
    """Prefix of a model's versions."""
    return f"models/{model}/versions/"


def evidence_of_version(model: str, version: str, part: str) -> str:
    """One file that shows others what a version is and came from (create-only)."""
    return f"{versions(model)}{version}/evidence/{part}"


def file_name(key: str) -> str:
    """The last part of a key."""
    return key.rsplit("/", 1)[-1]


def folder(key: str) -> str:
    """What a key lies under, without the last slash."""
    return key.rpartition("/")[0]


def lineage_events(model: str) -> str:
    """Prefix of a model's OpenLineage events."""
    return f"models/{model}/lineage/"


def lineage_event(model: str, kind: str, run: str, event_type: str) -> str:
    """One event of one run of a job (create-only)."""
    return f"{lineage_events(model)}{kind}/{run}/{event_type}.json"


def version(model: str, version: str, part: str) -> str:
    """One part of a version: manifest.json, model.skops, search.json, baseline.json, card.md, ..."""
    return f"{versions(model)}{version}/{part}"


def version_of(key: str) -> str:
    """The version that a key holds a part of."""
    return key.split("/")[-2]


def champion_tests(model: str, version: str) -> str:
    """Prefix of the tests of a champion on labels that came since."""
    return f"{versions(model)}{version}/tests/"


def champion_test(model: str, version: str, test: str) -> str:
    """The evidence of one test of a champion on labels that came since."""
    return f"{champion_tests(model, version)}{test}.json"


def reproductions(model: str, version: str) -> str:
    """Prefix of what came of requests to train a version again."""
    return f"{versions(model)}{version}/reproductions/"


def reproduction(model: str, version: str, request: str) -> str:
    """What came of one request to train a version again (create-only)."""
    return f"{reproductions(model, version)}{request}.json"


def routing(model: str) -> str:
    """Which version is in charge (compare-and-swap)."""
    return f"models/{model}/routing.json"


def releases(model: str) -> str:
    """Prefix of a model's gradual releases."""
    return f"models/{model}/releases/"


def safeguards(model: str, sha256: str) -> str:
    """Guardrails and approvals that a declaration had, under their hash (create-only)."""
    return f"models/{model}/guardrails/{sha256}.json"


def release_windows(model: str, release: str) -> str:
    """Prefix of what the arms of a gradual release did, window by window."""
    return f"{releases(model)}{release}/windows/"


def release_window(model: str, release: str, window: str) -> str:
    """What the arms of a gradual release did in one window (compare-and-swap)."""
    return f"{release_windows(model, release)}{window}.json"


def release_past(model: str, release: str) -> str:
    """What was known of entities before a release began: hashes and means, as NumPy writes them (create-only)."""
    return f"models/{model}/releases/{release}/past.npz"


def experiment(model: str, release: str, step: int) -> str:
    """What the experiment of one step of a release has found (compare-and-swap)."""
    return f"models/{model}/releases/{release}/experiment-{step}.json"


def datasets(model: str) -> str:
    """Prefix of a model's training sets."""
    return f"models/{model}/datasets/"


def dataset(model: str, dataset: str) -> str:
    """The manifest of a training set."""
    return f"{datasets(model)}{dataset}/manifest.json"


def split_evidence(model: str, dataset: str) -> str:
    """What shows that the parts of a training set have nothing in common (create-only)."""
    return f"{datasets(model)}{dataset}/split.json"


def dataset_profile(model: str, digest: str) -> str:
    """The summary of the rows of a training set, by its own SHA-256 (create-only)."""
    return f"models/{model}/dataset-profiles/{digest[:16]}.json"


def dataset_of(key: str) -> str:
    """The training set whose manifest a key holds; empty where the key is of no folder."""
    return "".join(key.split("/")[-2:-1])


def runs(model: str) -> str:
    """Prefix of a model's runs."""
    return f"runs/{model}/"


def run(model: str, run: str) -> str:
    """One run (compare-and-swap)."""
    return f"{runs(model)}{run}.json"


def is_run_of_month(key: str, month: str) -> bool:
    """Whether a key holds a run that speaks for a moment of a month such as `2024-01`: ids begin with that moment."""
    return key.rsplit("/", 1)[-1].startswith(month.replace("-", ""))


def progress(model: str) -> str:
    """How far the newest training has come (written over as it goes on)."""
    return f"progress/{model}.json"


def retraining_state(model: str) -> str:
    """What the retraining policy remembers (compare-and-swap)."""
    return f"{runs(model)}_policy.json"


def decisions(model: str) -> str:
    """Prefix of the decisions of a model's retraining policy, oldest first."""
    return f"decisions/{model}/"


def decision(model: str, decision: str) -> str:
    """One decision of the retraining policy (create-only); a run that it starts has the same ID."""
    return f"{decisions(model)}{decision}.json"
