"""Events about the deployment itself: what watch_deployment emits."""

from pydantic import Field

from steward.documents import TolerantModel
from steward.events.event import Event, Sentence


class Problem(TolerantModel):
    """Something that is wrong with the deployment.

    Attributes:
        cause: what it is, the same for as long as it lasts.
        sentence: for people.
        remedy: what is to be done about it, or what was done.
        runbook: the file of the repository, and the entry in it, that says more.
    """

    cause: str
    sentence: Sentence
    remedy: Sentence
    runbook: str = ""


class DeploymentDegraded(Event):
    """Steward found a problem with its own deployment; each cause is published once for as long as it lasts."""

    problems: list[Problem] = Field(min_length=1)


class DeploymentRecovered(Event):
    """What was wrong with the deployment is so no more."""

    problems: list[Problem] = Field(min_length=1)
