"""The newest gradual release of a model, as the report shows it."""

from markupsafe import Markup
from pydantic import AwareDatetime

from steward.events import ObjectRef
from steward.experiments.experiment_result import ExperimentResult
from steward.releasing.release import Release
from steward.releasing.routing import Routing
from steward.reporting.experiment_picture import draw_experiment
from steward.reporting.report_evidence import StoredDocument
from steward.reporting.reported_monitors import ReportPart
from steward.results import shorten


class ReportedChange(ReportPart):
    """One change of a release."""

    as_of: AwareDatetime
    action: str
    version: str
    why: str
    author: str


class ReportedRelease(ReportPart):
    """A gradual release.

    Attributes:
        state: in a sentence.
        share: of the entities that each challenger answers now.
        experiment: what the newest step has found; None where nothing is compared.
        source: the routing.
        evidence: the experiment's document.
        approval: who may approve it and until when; empty where it waits for nobody.
        commands: that answer the request for it.
        unreviewed: the emergency overrides of the model that another person must review, each in a sentence.
    """

    release: str
    mode: str
    phase: str
    champion: str
    versions: list[str]
    share: float
    state: str
    changes: list[ReportedChange]
    experiment: ExperimentResult | None = None
    source: ObjectRef
    evidence: ObjectRef | None = None
    approval: str = ""
    commands: list[str] = []
    unreviewed: list[str] = []


def report_release(
    routing: StoredDocument[Routing], experiment: StoredDocument[ExperimentResult] | None
) -> ReportedRelease | None:
    """The newest release; None where there never was one.

    Args:
        routing: of the model.
        experiment: of the release's newest step.
    """
    if not routing.it.releases:
        return None
    release = routing.it.releases[-1]
    request = release.request if release.phase == "awaiting_approval" and not release.approved else None
    answers = {"approve": f" --evidence {request.subject.evidence}", "reject": ""} if request else {}
    return ReportedRelease(
        release=release.release,
        mode={"ab": "A/B"}.get(release.mode, release.mode),
        phase=release.phase.replace("_", " "),
        champion=release.champion,
        versions=list(release.versions),
        share=0.0 if release.ended else release.step.share,
        state=_describe_state(release),
        changes=[
            ReportedChange(
                as_of=change.as_of,
                action=change.action.replace("_", " "),
                version=change.version,
                why=shorten(change.why),
                author=change.author,
            )
            for change in release.changes
        ],
        experiment=experiment.it if experiment else None,
        source=routing.stored,
        evidence=experiment.stored if experiment else None,
        approval=shorten(request.sentence) if request else "",
        commands=[
            f'steward release {routing.it.model} {action}{said} --reason "..."' for action, said in answers.items()
        ],
        unreviewed=[shorten(one.sentence) for one in routing.it.unreviewed],
    )


def draw_release(release: ReportedRelease) -> Markup:
    """The picture of a release's experiment, closing over time; empty where nothing was compared yet."""
    found = release.experiment
    return Markup(draw_experiment(found) if found and found.comparisons else "")  # noqa: S704 - escaped as it is drawn


def _describe_state(release: Release) -> str:
    versions = " and ".join(release.versions)
    match release.phase:
        case "promoted":
            return f"{release.winner} took over from {release.champion or 'none'}"
        case "stopped":
            return f"{release.champion or 'no version'} stayed in charge"
        case "awaiting_approval":
            return f"{release.winner} passed and waits for an approval; {release.champion or 'no version'} is in charge"
        case _ if release.mode == "shadow":
            return f"{versions} scores what {release.champion} answers, and answers nothing"
        case _:
            return f"{versions} answers {release.step.share:.0%} of the entities, {release.champion} the others"
