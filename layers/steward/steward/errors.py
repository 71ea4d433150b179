"""The errors of the domain, under one root. Each says what was wrong, where, and what to do."""


class StewardError(Exception):
    """Root of everything that Steward raises on purpose."""


class SpecInvalid(StewardError):
    """A declaration that cannot be used; `problems` has one line each, with line and column where known."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class BatchInvalid(StewardError):
    """A file that cannot be read as records at all; nothing of it can be judged row by row."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DecoderStopped(StewardError):
    """The process that decodes a file was stopped from outside; the file may be as good as any."""


class IncomparableProfiles(StewardError):
    """Two profiles that do not share bins, or one that is empty where counts are needed."""


class ObjectMissing(StewardError):
    """A stored object that something refers to is not there."""


class ObjectChanged(StewardError):
    """A stored object no longer has the content that something refers to."""


class DocumentTooNew(StewardError):
    """A stored document or an event that a newer release wrote, in a schema that this one cannot read."""


class Conflict(StewardError):
    """A create-only object exists already, or a compare-and-swap lost its race."""


class BusRefuses(StewardError):
    """An event bus takes no events of ours: it is not there, or this deployment may not send to it."""


class EndpointRefuses(StewardError):
    """The endpoint for lineage events did not take one, or is none that events are sent to."""


class UntrustedArtifact(StewardError):
    """A model artifact asks for types that are not on the trusted list."""


class TrainingImpossible(StewardError):
    """A run that cannot be carried out with the data it was given."""


class DataRefused(TrainingImpossible):
    """A run would read objects that it must not: another model's, another environment's, or none of its dataset."""


class NotReleased(StewardError):
    """A version would be served, or released, where it is not released."""


class LedgerBroken(StewardError):
    """The chain of the ledger does not verify."""


class RunLost(StewardError):
    """An event names a run that is not stored."""


class UnknownModel(StewardError):
    """No declaration of this name was ever accepted."""


class RemovedModel(UnknownModel):
    """The model was removed: nothing is done for it any more, and its name is not given again."""


class NoDeployment(StewardError):
    """There is no stack of the name that was asked for, or AWS cannot be reached."""


class CommandInvalid(StewardError):
    """A command that cannot be carried out, whoever gave it: malformed, expired, or given before."""


class NotProven(StewardError):
    """AWS does not confirm who gave a command."""


class DefectUnchangeable(StewardError):
    """A change of a defect that its state does not allow."""


class ExperimentInvalid(StewardError):
    """An experiment that cannot be carried out as it is declared, or an entity that cannot be assigned."""
