"""What a version took where it was asked to score rows: the evidence of the budgets gate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Footprint:
    """Measured once, by the function that validates the version.

    Attributes:
        artifact_bytes: size of the artifact, as it is stored.
        rows: scored at once.
        milliseconds: of each repetition, after those that warm up; empty where it was not asked for.
        peak_bytes: resident memory of the process at most; None where it was not asked for, or the system does not say.
        where: what measured it, as sentences call it.
        problem: why the process could not score; empty where it could.
    """

    artifact_bytes: int
    rows: int = 1
    milliseconds: tuple[float, ...] = ()
    peak_bytes: int | None = None
    where: str = ""
    problem: str = ""
