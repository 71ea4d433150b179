"""An environment serves what is released there, trained there or accepted from elsewhere."""

import pytest

from steward.errors import NotReleased
from steward.releasing.routing import Routing
from steward.releasing.serving import refuse_foreign, refuse_unreleased
from steward.validation.evaluation import AcceptedVersion, Evaluation
from tests.unit.examples import DAY, START, evaluation, manifest, stored

VERSION = manifest().version
RELEASED = Routing(model="lemons").promote(VERSION, over=None, run="r1", as_of=START, promoted_at=START)


def accepted(environment: str) -> Evaluation:
    origin = AcceptedVersion(environment=environment, origin="production", champion=None, transfer=stored(), author="a")
    return evaluation().model_copy(update={"accepted": origin})


def test_what_is_in_charge_and_what_was_is_served() -> None:
    refuse_unreleased(RELEASED, manifest(), evaluation(), "production")
    later = RELEASED.promote("v2", over=VERSION, run="r2", as_of=START + DAY, promoted_at=START + DAY)
    refuse_unreleased(later, manifest(), evaluation(), "production")


@pytest.mark.parametrize(("passed", "verdict"), [(True, "it passed its gates"), (False, "it was refused: ")])
def test_what_was_never_released_is_refused(*, passed: bool, verdict: str) -> None:
    with pytest.raises(NotReleased, match=f"is not released in production; {verdict}"):
        refuse_unreleased(Routing(model="lemons"), manifest(), evaluation(passed=passed), "production")


@pytest.mark.parametrize("judged", [evaluation(), accepted("staging")])
def test_what_another_environment_trained_is_refused_unless_accepted(judged: Evaluation) -> None:
    with pytest.raises(NotReleased, match="was trained in production and canary never accepted it"):
        refuse_unreleased(RELEASED, manifest(), judged, "canary")
    refuse_foreign(manifest(), accepted("canary"), "canary")
    refuse_unreleased(RELEASED, manifest(), accepted("canary"), "canary")


def test_what_was_rolled_back_is_refused() -> None:
    first = Routing(model="lemons").promote("v1", over=None, run="r0", as_of=START, promoted_at=START)
    second = first.promote(VERSION, over="v1", run="r1", as_of=START + DAY, promoted_at=START + DAY)
    later = START + 2 * DAY
    back = second.roll_back(cause="c", asked_at=later, as_of=later, promoted_at=later)
    with pytest.raises(NotReleased, match="was rolled back in production"):
        refuse_unreleased(back, manifest(), evaluation(), "production")
