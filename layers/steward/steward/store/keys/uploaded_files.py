"""Keys of what users and other environments upload."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from steward.spec.spec_section import MODEL_NAME

SPECS = "specs/"
INBOX = "inbox/"
PROMOTIONS = "promotions/"
_WITHDRAWN = "withdrawn-"


@dataclass(frozen=True, slots=True)
class InboxKey:
    """The parts of `inbox/<model>/<kind>/<name>`."""

    model: str
    kind: str
    name: str

    @classmethod
    def parse(cls, key: str) -> "InboxKey | None":
        """The parts of an upload's key; None where it has another shape, or no model can have this name."""
        parts = key.split("/", 3)
        shaped = len(parts) == 4 and key.startswith(INBOX) and parts[3]  # noqa: PLR2004
        return cls(*parts[1:]) if shaped and re.fullmatch(MODEL_NAME, parts[1]) else None


@dataclass(frozen=True, slots=True)
class CorrectionKey:
    """The parts of `inbox/<model>/corrections/<defect>/<kind>/<file>`, or of `.../withdrawn-<kind>/<file>`."""

    defect: str
    kind: str
    withdraws: bool

    @classmethod
    def parse(cls, inbox_key: InboxKey) -> "CorrectionKey | None":
        """The parts of an upload's key; None where it has another shape."""
        defect, _, rest = inbox_key.name.partition("/")
        kind, _, file = rest.partition("/")
        if not defect or not kind or not file:
            return None
        return cls(defect, kind.removeprefix(_WITHDRAWN), kind.startswith(_WITHDRAWN))


def spec_upload(model: str) -> str:
    """Where a user uploads a declaration."""
    return f"{SPECS}{model}.yaml"


def withheld_name(model: str) -> str:
    """What an upload is called whose own name must not be told; no object has this key."""
    return f"{uploads(model)}[name withheld]"


def inbox(model: str, kind: str, name: str) -> str:
    """Where a user uploads records."""
    return f"{INBOX}{model}/{kind}/{name}"


def uploads(model: str) -> str:
    """Prefix of everything that was uploaded of a model."""
    return f"{INBOX}{model}/"


def remainders(model: str) -> str:
    """Prefix of what is left of uploads that an erasure removed rows of: outside the inbox, so that it is no upload."""
    return f"remainders/{model}/"


def remainder(model: str, correlation_id: str) -> str:
    """The rows of others of an object version of the inbox, which is read in its place."""
    return f"{remainders(model)}{correlation_id}"


def served(model: str, name: str) -> str:
    """Where records of a served model are put that Firehose did not take; its own are in folders of hours beside them.

    `template.yaml` has the prefix too.
    """
    return inbox(model, "predictions", f"served/direct/{name}.jsonl.gz")


def shadows(model: str, version: str, batch: str) -> str:
    """Where the predictions of a shadow on the rows of a batch are uploaded."""
    return inbox(model, "shadows", f"{version}/{batch}.jsonl.gz")


def correction_upload(model: str, defect: str, kind: str, name: str, *, withdraws: bool) -> str:
    """Where a user uploads rows that replace others, or the ids of rows that are withdrawn."""
    return inbox(model, "corrections", f"{defect}/{_WITHDRAWN if withdraws else ''}{kind}/{name}")


def released(inbox_key: InboxKey, batch: str, ending: str) -> str:
    """Where the rejected rows of a batch are uploaded again; those of corrections go to the same defect."""
    correction = CorrectionKey.parse(inbox_key) if inbox_key.kind == "corrections" else None
    folder = "/".join(inbox_key.name.split("/")[:2]) + "/" if correction else ""
    return inbox(inbox_key.model, inbox_key.kind, f"{folder}released/{batch}{ending}")


def is_released(key: str) -> bool:
    """Whether an upload has rejected rows of another upload."""
    return key.startswith(INBOX) and re.search(r"/released/\d{8}T\d{6}Z-[^/]+$", key) is not None


def transferred(model: str, version: str, part: str) -> str:
    """Where another environment puts a part of a version that it sends."""
    return f"transfers/{model}/{version}/{part}"


def promotion(model: str, version: str) -> str:
    """Where another environment puts the list of all parts, last."""
    return f"{PROMOTIONS}{model}/{version}.json"


def promotion_of(key: str) -> tuple[str, str] | None:
    """The model and the version of a promotion's key; None where it has another shape."""
    found = re.fullmatch(rf"{PROMOTIONS}({MODEL_NAME.strip('^$')})/([0-9A-Za-z-]+)\.json", key)
    return (found[1], found[2]) if found else None


def model_of_upload(key: str) -> str:
    """The model that a declaration or another upload is of, by its key."""
    return PurePosixPath(key).stem if key.startswith(SPECS) else key.split("/")[1]


def model_of_rows(key: str) -> str | None:
    """The model whose rows an upload, records or a quarantine hold, by the key; None for other keys and names."""
    inbox_key = InboxKey.parse(key)
    found = re.match(r"(?:records|quarantine)/(?:[^/]+/)*?model=([^/]+)/", key)
    return inbox_key.model if inbox_key else found[1] if found else None
