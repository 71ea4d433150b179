"""Which versions an environment may release and serve."""

from steward.errors import NotReleased
from steward.releasing.routing import Routing
from steward.retraining.versions import VersionManifest
from steward.validation.evaluation import Evaluation


def refuse_foreign(manifest: VersionManifest, evaluation: Evaluation, environment: str) -> None:
    """Let an environment release what it trained, and what it accepted from another.

    Raises:
        NotReleased: the version is another environment's.
    """
    accepted = evaluation.accepted
    if manifest.environment != environment and (accepted is None or accepted.environment != environment):
        raise NotReleased(
            f"version {manifest.version} was trained in {manifest.environment} and {environment} never accepted it; "
            f"`steward promote {manifest.model} {manifest.version}` sends it with its evidence"
        )


def refuse_unreleased(routing: Routing, manifest: VersionManifest, evaluation: Evaluation, environment: str) -> None:
    """Let an environment serve what is released there.

    Raises:
        NotReleased: the version never was in charge there, was rolled back, or is another environment's.
    """
    refuse_foreign(manifest, evaluation, environment)
    if manifest.version in routing.rolled_back:
        raise NotReleased(f"version {manifest.version} was rolled back in {environment}")
    if all(promotion.version != manifest.version for promotion in routing.promotions):
        verdict = "passed its gates" if evaluation.passed else f"was refused: {evaluation.summary}"
        raise NotReleased(f"version {manifest.version} is not released in {environment}; it {verdict}")
