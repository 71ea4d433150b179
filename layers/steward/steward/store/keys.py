"""Every object key of both buckets. No other module builds one; `kinds` says which kind of document is where."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from steward.spec.spec_section import MODEL_NAME
from steward.spec.windows import Window

SPECS = "specs/"
INBOX = "inbox/"
PROMOTIONS = "promotions/"

_PARTITION = timedelta(hours=1)
_RELOCATED = "-placed"
_WITHDRAWN = "withdrawn-"
_CORRECTIONS = "corrections/"
_OF_A_WINDOW = "(?:(?:profiles|outcomes|attributions)/[^/]+/[^/]+/|checks/[^/]+/)"


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
    def parse(cls, place: InboxKey) -> "CorrectionKey | None":
        """The parts of an upload's place; None where it has another shape."""
        defect, _, rest = place.name.partition("/")
        kind, _, file = rest.partition("/")
        if not defect or not kind or not file:
            return None
        return cls(defect, kind.removeprefix(_WITHDRAWN), kind.startswith(_WITHDRAWN))


def correction_upload(model: str, defect: str, kind: str, name: str, *, withdraws: bool) -> str:
    """Where a user uploads rows that replace others, or the ids of rows that are withdrawn."""
    return inbox(model, "corrections", f"{defect}/{_WITHDRAWN if withdraws else ''}{kind}/{name}")


def champion_test(model: str, version: str, test: str) -> str:
    """The evidence of one test of a champion on labels that came since."""
    return f"{versions(model)}{version}/tests/{test}.json"


def spec_upload(model: str) -> str:
    """Where a user uploads a declaration."""
    return f"{SPECS}{model}.yaml"


def inbox(model: str, kind: str, name: str) -> str:
    """Where a user uploads records."""
    return f"{INBOX}{model}/{kind}/{name}"


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


def spec_revisions(model: str) -> str:
    """Prefix of a model's declarations, oldest first."""
    return f"models/{model}/specs/"


def spec_revision(model: str, revision: str) -> str:
    """One accepted declaration."""
    return f"{spec_revisions(model)}{revision}.json"


def versions(model: str) -> str:
    """Prefix of a model's versions."""
    return f"models/{model}/versions/"


def version(model: str, version: str, part: str) -> str:
    """One part of a version: manifest.json, model.skops, baseline.json, background.json, card.md, card.json, ..."""
    return f"{versions(model)}{version}/{part}"


def routing(model: str) -> str:
    """Which version is in charge (compare-and-swap)."""
    return f"models/{model}/routing.json"


def datasets(model: str) -> str:
    """Prefix of a model's training sets."""
    return f"models/{model}/datasets/"


def dataset(model: str, dataset: str) -> str:
    """The manifest of a training set."""
    return f"{datasets(model)}{dataset}/manifest.json"


def window_records(kind: str, model: str, window: Window) -> str:
    """Prefix of the records of one window.

    Hive-style by the window's start; windows shorter than an hour share a partition, and say their minute and second
    before the batch.
    """
    within = f"{window.start:%M%S}~" if window.length < _PARTITION else ""
    return f"{partitions(kind, model)}date={window.start:%Y-%m-%d}/hour={window.start:%H}/{within}"


def window_start(key: str) -> datetime:
    """The start of the window that a record's key is in."""
    *_, date, hour, name = key.split("/")
    within = name.split("~")[0] if "~" in name else "0000"
    stamp = f"{date.partition('=')[2]} {hour.partition('=')[2]}{within}"
    return datetime.strptime(stamp, "%Y-%m-%d %H%M%S").replace(tzinfo=UTC)


def batch_of(key: str) -> str:
    """The batch that the key of a record or a profile names."""
    return key.rsplit("/", 1)[-1].rsplit("~", 1)[-1].removesuffix(".parquet").removesuffix(".json")


def partitions(kind: str, model: str) -> str:
    """Prefix of all records of one kind."""
    return f"records/{kind}/model={model}/"


def records(kind: str, model: str, window: Window, batch: str) -> str:
    """The records of one batch in one window."""
    return f"{window_records(kind, model, window)}{batch}.parquet"


def records_of(key: str) -> tuple[str, str] | None:
    """The kind and the model of the records that a key holds; None where it is no key of records."""
    found = re.fullmatch(r"records/((?:corrections/)?[a-z]+)/model=([^/]+)/date=[^/]+/hour=[^/]+/[^/]+\.parquet", key)
    return (found[1], found[2]) if found else None


def id_hashes(kind: str, model: str, batch: str) -> str:
    """The hashes of a batch's ids, which other batches compare theirs with.

    Beside `records/`, whose every object Athena and the like take for records.
    """
    return f"ids/{kind}/model={model}/{batch}.ids"


def waiting_labels(model: str, batch: str = "") -> str:
    """Labels that gave no time and whose prediction is not known yet; without a batch, the prefix of all."""
    return f"records/waiting/model={model}/" + (f"{batch}.parquet" if batch else "")


def relocated_batch(batch: str) -> str:
    """What a batch of labels is called in the windows of predictions that its labels did not give the time of."""
    return f"{batch}{_RELOCATED}"


def is_relocated(batch: str) -> bool:
    """Whether a batch is so called."""
    return batch.endswith(_RELOCATED)


def original_batch(batch: str) -> str:
    """The batch of labels that is called so, or itself."""
    return batch.removesuffix(_RELOCATED)


def labelled_window(model: str, window: str) -> str:
    """Says that labels of a window were stored (create-only): to ask for it is cheaper than to list what is there."""
    return f"arrivals/{model}/labels/{window}"


def untimed_labels(model: str) -> str:
    """Says that labels without a time have come (create-only), so that some may wait."""
    return f"arrivals/{model}/untimed"


def unmatched_labels(model: str, batch: str = "") -> str:
    """A file some of whose labels had no prediction when it came (create-only); without a batch, the prefix of all."""
    return f"arrivals/{model}/unmatched/" + (f"{batch}.json" if batch else "")


def deferred_uploads(model: str, batch: str = "") -> str:
    """Says that an upload waits for a first version; without a batch, the prefix of all."""
    return f"arrivals/{model}/deferred/{batch}"


def released(place: InboxKey, batch: str, ending: str) -> str:
    """Where the rejected rows of a batch are uploaded again; those of corrections go to the same defect."""
    correction = CorrectionKey.parse(place) if place.kind == "corrections" else None
    folder = "/".join(place.name.split("/")[:2]) + "/" if correction else ""
    return inbox(place.model, place.kind, f"{folder}released/{batch}{ending}")


def is_released(key: str) -> bool:
    """Whether an upload has rejected rows of another upload."""
    return key.startswith(INBOX) and re.search(r"/released/\d{8}T\d{6}Z-[^/]+$", key) is not None


def quarantines(model: str) -> str:
    """Prefix of a model's rejected rows."""
    return f"quarantine/model={model}/"


def corrections_of(kind: str) -> str:
    """The kind under which corrections of a kind's records are stored, in the partitions of what they correct."""
    return f"{_CORRECTIONS}{kind}"


def corrected_windows(model: str) -> str:
    """The windows whose predictions were corrected (compare-and-swap)."""
    return f"corrections/{model}/_windows.json"


def correction(model: str, batch: str) -> str:
    """What an upload of corrections did (create-only)."""
    return f"corrections/{model}/{batch}.json"


def defects(model: str) -> str:
    """Prefix of a model's defects."""
    return f"defects/{model}/"


def defect(model: str, defect: str) -> str:
    """One defect (compare-and-swap)."""
    return f"{defects(model)}{defect}.json"


def quarantine(model: str, date: str, batch: str) -> str:
    """The rejected rows of one batch."""
    return f"{quarantines(model)}date={date}/{batch}.parquet"


def profiles(model: str, version: str = "", window: str = "") -> str:
    """Prefix of profiles: of a model, of a version, or of one window of a version."""
    return "/".join(part for part in ("profiles", model, version, window) if part) + "/"


def profile(model: str, version: str, window: str, batch: str) -> str:
    """The profile of one batch in one window."""
    return f"{profiles(model, version, window)}{batch}.json"


def window_of(key: str) -> str | None:
    """The id of the window that a profile, outcomes, attributions or a check are of; None for other keys."""
    found = re.fullmatch(rf"{_OF_A_WINDOW}(\d{{8}}T\d{{6}}Z_\w+)[./].+", key)
    return found[1] if found else None


def evidence(model: str) -> str:
    """The keys that decisions rest on (compare-and-swap)."""
    return f"maintenance/{model}.json"


def maintenance_plans(model: str) -> str:
    """Prefix of the plans of a model's maintenance."""
    return f"maintenance/plans/{model}/"


def maintenance_plan(model: str, request: str) -> str:
    """What one request for maintenance does (compare-and-swap)."""
    return f"{maintenance_plans(model)}{request}.json"


def everything(model: str) -> list[str]:
    """The prefixes under which anything of a model is stored in the data bucket."""
    kinds = ("predictions", "labels", "telemetry", "reference", "waiting")
    whole = (
        "arrivals", "attributions", "checks", "commands", "corrections", "history", "models", "outcomes", "profiles",
    )  # fmt: skip
    partitioned = [place for kind in kinds for place in (partitions(kind, model), f"ids/{kind}/model={model}/")]
    return [
        uploads(model),
        *partitioned,
        *(partitions(corrections_of(kind), model) for kind in kinds[:-1]),
        *(f"{place}/{model}/" for place in (*whole, "defects", "reports", "runs", "transfers")),
        quarantines(model),
        alerts(model),
        collection(model),
        evidence(model),
        maintenance_plans(model),
    ]


def uploads(model: str) -> str:
    """Prefix of everything that was uploaded of a model."""
    return f"{INBOX}{model}/"


def window_outcomes(model: str, version: str) -> str:
    """Prefix of the realised results of a version's windows."""
    return f"outcomes/{model}/{version}/"


def outcomes(model: str, version: str, window: str) -> str:
    """The realised results of one window."""
    return f"{window_outcomes(model, version)}{window}.json"


def collection(model: str) -> str:
    """How far a model's telemetry was collected (compare-and-swap)."""
    return f"collections/{model}.json"


def history(model: str, version: str) -> str:
    """The key figures of a version's windows (compare-and-swap)."""
    return f"history/{model}/{version}.json"


def attributed_windows(model: str, version: str) -> str:
    """Prefix of a version's attributed windows."""
    return f"attributions/{model}/{version}/"


def attributions(model: str, version: str, window: str) -> str:
    """What the features of a window's sample contributed, by the version's own artifact (create-only)."""
    return f"{attributed_windows(model, version)}{window}.json"


def checks(model: str, window: str = "") -> str:
    """Prefix of checks: of a model, or of one window."""
    return f"checks/{model}/" + (f"{window}/" if window else "")


def check(model: str, window: str, check: str) -> str:
    """One check."""
    return f"{checks(model, window)}{check}.json"


def alerts(model: str) -> str:
    """All alerts of a model (compare-and-swap)."""
    return f"alerts/{model}.json"


def runs(model: str) -> str:
    """Prefix of a model's runs."""
    return f"runs/{model}/"


def run(model: str, run: str) -> str:
    """One run (compare-and-swap)."""
    return f"{runs(model)}{run}.json"


def retraining_state(model: str) -> str:
    """What the retraining policy remembers (compare-and-swap)."""
    return f"{runs(model)}_policy.json"


def command(model: str, command: str) -> str:
    """A command that was accepted (create-only, so that no id is accepted twice)."""
    return f"commands/{model}/{command}.json"


def refused_command(model: str, message: str) -> str:
    """A message that was refused (create-only); named by the queue, since what it says cannot be trusted."""
    return f"commands/{model}/refused/{message}.json"


def audits(model: str) -> str:
    """Prefix of a model's audit reports; their names begin with the moment they speak for."""
    return f"reports/{model}/audits/"


def deployment_problems() -> str:
    """What Steward knows to be wrong with its own deployment (compare-and-swap)."""
    return "watch/problems.json"


def schema_versions() -> str:
    """The schema versions that the deployment and the releases before it write (compare-and-swap)."""
    return "watch/schema-versions.json"


def audit(model: str, audit: str) -> str:
    """One audit's report."""
    return f"{audits(model)}{audit}.json"


def report(model: str) -> str:
    """The newest report of a model (compare-and-swap)."""
    return f"reports/{model}/report.json"


def report_page(model: str) -> str:
    """The page that is made of the newest report (compare-and-swap)."""
    return f"reports/{model}/index.html"


def periodic_report(model: str, as_of: datetime, ending: str) -> str:
    """A dated copy of a report, or of its page (create-only)."""
    return f"reports/{model}/periodic/{as_of:%Y%m%dT%H%M%SZ}.{ending}"


def fleet_summary() -> str:
    """One line on every model (compare-and-swap)."""
    return "reports/index.json"


def fleet_page() -> str:
    """The page that is made of them (compare-and-swap)."""
    return "reports/index.html"


def sagemaker_report(model: str, monitor: str, window: str, check: str, name: str) -> str:
    """A file as one of SageMaker's monitors writes it (create-only); all of a monitor have one prefix."""
    return f"reports/{model}/sagemaker/{monitor}/{window}/{check}/{name}"


def ledger(model: str) -> str:
    """Prefix of a model's ledger entries, in the ledger bucket."""
    return f"{model}/"


def ledger_entry(model: str, sequence: int) -> str:
    """One entry of the ledger (create-only)."""
    return f"{ledger(model)}{sequence:010d}.json"


def is_ledger_entry(key: str) -> bool:
    """Whether a key of the ledger bucket is an entry's, and not a marker's."""
    return "/decisions/" not in key


def ledger_marker(model: str, entry: str) -> str:
    """Says that a decision is being written, and, once it is, at which place of the ledger it stands."""
    return f"{ledger(model)}decisions/{entry}"
