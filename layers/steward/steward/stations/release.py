"""A judged version becomes champion, or is refused."""

from steward.errors import NotReleased, RunLost
from steward.events import ReleaseChanged, RunFailed, ValidationCompleted
from steward.releasing.routing import ChampionMoved, Routing
from steward.releasing.serving import refuse_foreign
from steward.retraining.runs import Run
from steward.runtime import Runtime
from steward.stations import registry
from steward.stations.failure import run_failed
from steward.store import keys
from steward.validation.evaluation import Evaluation


def release_model(runtime: Runtime, judged: ValidationCompleted) -> ReleaseChanged | RunFailed:
    """Promote by compare-and-swap what passed; say of the rest that it was refused, and why."""
    evaluation = Evaluation.model_validate_json(runtime.data.verified(judged.evaluation))
    if not evaluation.passed:
        return _ended(runtime, judged, evaluation, "refused")
    try:
        manifest = registry.manifest(runtime.data, judged.model, judged.version)
        refuse_foreign(manifest, evaluation, runtime.settings.environment)
    except NotReleased as error:
        return run_failed(runtime, judged, judged.run, "release", str(error))
    promoted_at = runtime.now()

    def promote(present: Routing | None) -> Routing:
        routing = present or Routing(model=judged.model)
        over = _displaced(runtime, judged, routing) if evaluation.adopted else evaluation.champion
        return routing.promote(judged.version, over=over, run=judged.run, as_of=judged.as_of, promoted_at=promoted_at)

    try:
        runtime.data.swap(keys.routing(judged.model), Routing, promote)
    except ChampionMoved as error:
        return run_failed(runtime, judged, judged.run, "release", str(error))
    return _ended(runtime, judged, evaluation, "champion")


def _displaced(runtime: Runtime, judged: ValidationCompleted, routing: Routing) -> str | None:
    """What an adopted version takes over from: whoever is in charge, unless a later adoption got there first.

    Raises:
        ChampionMoved: the version in charge was asked for later, so it knows of more reference data.
    """
    if not routing.promotions:
        return None
    mine, present = (_run(runtime, judged.model, run) for run in (judged.run, routing.promotions[-1].run))
    if (present.as_of, present.requested_at) > (mine.as_of, mine.requested_at):
        raise ChampionMoved(f"{routing.champion} was adopted from later reference data, and stays in charge")
    return routing.champion


def _run(runtime: Runtime, model: str, run: str) -> Run:
    return Run.model_validate_json(runtime.data.get(keys.run(model, run)).body)


def _ended(runtime: Runtime, judged: ValidationCompleted, evaluation: Evaluation, stage: str) -> ReleaseChanged:
    promoted = stage == "champion"

    def change(present: Run | None) -> Run:
        if present is None:
            raise RunLost(f"run {judged.run} of {judged.model} is not stored")
        return present.advanced("promoted" if promoted else "refused", outcome=judged.summary)

    event = ReleaseChanged(
        occurred_at=runtime.now(),
        model=judged.model,
        as_of=judged.as_of,
        correlation_id=judged.correlation_id,
        run=judged.run,
        version=judged.version,
        previous=evaluation.champion,
        stage="champion" if promoted else "refused",
        summary=judged.summary,
    )
    runtime.record(
        event,
        "champion_promoted" if promoted else "version_refused",
        judged.version,
        judged.summary,
        (judged.evaluation,),
    )
    runtime.data.swap(keys.run(judged.model, judged.run), Run, change)
    return event
