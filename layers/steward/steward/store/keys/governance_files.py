"""Keys of defects, commands, audits, reports, maintenance and the ledger."""

from datetime import UTC, datetime

from steward.errors import StewardError


def defects(model: str) -> str:
    """Prefix of a model's defects."""
    return f"defects/{model}/"


def defect(model: str, defect: str) -> str:
    """One defect (compare-and-swap)."""
    return f"{defects(model)}{defect}.json"


def command(model: str, command: str) -> str:
    """A command that was accepted (create-only, so that no id is accepted twice)."""
    return f"commands/{model}/{command}.json"


def commands(model: str) -> str:
    """Prefix of the commands that were given to a model, accepted and refused ones."""
    return f"commands/{model}/"


def is_refused_command(key: str) -> bool:
    """Whether a key holds a message that was refused."""
    return key.startswith("commands/") and "/refused/" in key


def refused_command(model: str, message: str) -> str:
    """A message that was refused (create-only); named by the queue, since what it says cannot be trusted."""
    return f"commands/{model}/refused/{message}.json"


def erasures(model: str) -> str:
    """Prefix of the erasures that were carried out on a model's rows."""
    return f"erasures/{model}/"


def erasure(model: str, erasure: str) -> str:
    """One erasure that was carried out: what was removed, and what was trained on it (create-only)."""
    return f"{erasures(model)}{erasure}.json"


def erasures_in_work(model: str) -> str:
    """Prefix of the states of a model's erasures, also of those that are done."""
    return f"erasing/{model}/"


def erasure_in_work(model: str, erasure: str) -> str:
    """How far an erasure has come (compare-and-swap)."""
    return f"{erasures_in_work(model)}{erasure}.json"


def suppression(model: str) -> str:
    """The subjects whose rows are not taken in again, by keyed pseudonyms (compare-and-swap)."""
    return f"suppressed/{model}.json"


def erasure_statement(model: str, erasure: str) -> str:
    """The statement of an erasure, in an envelope that is signed where the deployment has a key (create-only)."""
    return f"reports/{model}/erasures/{erasure}.json"


def erasure_of(key: str) -> str:
    """The erasure that a key names."""
    return key.rsplit("/", 1)[-1].removesuffix(".json")


def personal_data(model: str) -> str:
    """What is known of personal data in a model's uploads (compare-and-swap)."""
    return f"privacy/{model}/scans.json"


def audits(model: str) -> str:
    """Prefix of a model's audit reports; their names begin with the moment they speak for."""
    return f"reports/{model}/audits/"


def audit(model: str, audit: str) -> str:
    """One audit's report."""
    return f"{audits(model)}{audit}.json"


def audit_time(key: str) -> datetime:
    """The moment that an audit speaks for, by the name of its report.

    Raises:
        StewardError: it has another name.
    """
    moment = key.rsplit("/", 1)[-1].partition("-")[0]
    try:
        return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise StewardError(f"{key} is no name of an audit's report; remove what is not Steward's own") from error


def audit_exceptions(model: str) -> str:
    """The exceptions from invariants of a model (compare-and-swap)."""
    return f"models/{model}/exceptions.json"


def reports() -> str:
    """Prefix of all reports."""
    return "reports/"


def report(model: str) -> str:
    """The newest report of a model (compare-and-swap)."""
    return f"reports/{model}/report.json"


def report_page(model: str) -> str:
    """The page that is made of the newest report (compare-and-swap)."""
    return f"reports/{model}/index.html"


def periodic_report(model: str, as_of: datetime, ending: str) -> str:
    """A dated copy of a report, or of its page (create-only)."""
    return f"reports/{model}/periodic/{as_of:%Y%m%dT%H%M%SZ}.{ending}"


def documents(model: str) -> str:
    """Prefix of the documents that are kept of a model: cards, release notes, monthly reports."""
    return f"reports/{model}/documents/"


def document_history(model: str) -> str:
    """Every revision of every document of a model (compare-and-swap)."""
    return f"{documents(model)}history.json"


def document(model: str, name: str, revision: str, ending: str) -> str:
    """One file of a revision of a document (create-only)."""
    return f"{documents(model)}{name}/{revision}.{ending}"


def is_kept_document_source(key: str) -> bool:
    """Whether a source of a document is in the data bucket, and not an entry of the ledger."""
    return key.startswith("models/")


def fleet_summary() -> str:
    """One line on every model (compare-and-swap)."""
    return "reports/index.json"


def fleet_page() -> str:
    """The page that is made of them (compare-and-swap)."""
    return "reports/index.html"


def sagemaker_report(model: str, monitor: str, window: str, check: str, name: str) -> str:
    """A file as one of SageMaker's monitors writes it (create-only); all of a monitor have one prefix."""
    return f"reports/{model}/sagemaker/{monitor}/{window}/{check}/{name}"


def evidence(model: str) -> str:
    """The keys that decisions rest on (compare-and-swap)."""
    return f"maintenance/{model}.json"


def maintenance_plans(model: str) -> str:
    """Prefix of the plans of a model's maintenance."""
    return f"maintenance/plans/{model}/"


def maintenance_plan(model: str, request: str) -> str:
    """What one request for maintenance does (compare-and-swap)."""
    return f"{maintenance_plans(model)}{request}.json"


def deployment_problems() -> str:
    """What Steward knows to be wrong with its own deployment (compare-and-swap)."""
    return "watch/problems.json"


def last_watch() -> str:
    """When the deployment was last watched, and by which stack (compare-and-swap)."""
    return "watch/last.json"


def schema_versions() -> str:
    """The schema versions that the deployment and the releases before it write (compare-and-swap)."""
    return "watch/schema-versions.json"


def ledger(model: str) -> str:
    """Prefix of a model's ledger entries, in the ledger bucket."""
    return f"{model}/"


def ledger_entry(model: str, sequence: int) -> str:
    """One entry of the ledger (create-only)."""
    return f"{ledger(model)}{sequence:010d}.json"


def is_ledger_entry(key: str) -> bool:
    """Whether a key of the ledger bucket is an entry's, and not a marker's."""
    return "/decisions/" not in key


def sequence_of(key: str) -> int:
    """The place of an entry, or the number of a checkpoint, by its key.

    Raises:
        ValueError: it is the key of neither.
    """
    return int(key.rsplit("/", 1)[-1].removeprefix("c").removesuffix(".json"))


def checkpoints() -> str:
    """Prefix of the checkpoints, in the ledger bucket; no model can be called so."""
    return "_checkpoints/"


def checkpoint(number: int) -> str:
    """One checkpoint (create-only); of another form than entries, which every function may append."""
    return f"{checkpoints()}c{number:010d}.json"


def checkpoint_identity(number: int) -> str:
    """What the ledger's entry of a checkpoint is known by."""
    return f"checkpoint-{number:010d}"


def model_of_entry(key: str) -> str:
    """Whose chain an entry is in, by its key."""
    return key.split("/", 1)[0]


def ledger_markers(model: str, action: str = "") -> str:
    """Prefix of the markers of one action, or of all."""
    return f"{ledger(model)}decisions/{action}/" if action else f"{ledger(model)}decisions/"


def ledger_marker(model: str, action: str, entry: str) -> str:
    """Says that a decision is being written, and, once it is, at which place of the ledger it stands.

    A function's role may write the markers of its own actions alone: no entry counts without one.
    """
    return f"{ledger(model)}decisions/{action}/{entry}"
