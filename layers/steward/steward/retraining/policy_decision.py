"""The retraining decision: a pure function of declaration and inputs, and the document that says how it came about."""

from typing import Literal

from pydantic import AwareDatetime, Field

from steward.documents import VersionedModel
from steward.retraining.policy_inputs import PolicyInputs
from steward.retraining.policy_rules import HOLDS, TRIGGERS, RuleResult, apply_rules
from steward.spec.policies import RetrainingPolicy

RunVerdict = Literal["start", "decline", "nothing"]

_TRAINED_ELSEWHERE = (
    "the model is trained elsewhere (its declaration has no retraining.recipe): upload reference data with the new "
    "version's scores (`steward push FILE --model MODEL --kind reference`), and it takes over"
)


class PolicyDecision(VersionedModel):
    """A decision: what it was made from, the rules that fired, the rules that held, and the result.

    Attributes:
        decision: its ID, which is also that of the run it starts.
        cause: the event that the policy answers.
        verdict: `start`, `decline` (something asked for a run and something held it back), or `nothing` (none asked).
        fired, held: the rules that applied; of an adoption the rule is `reference_data` or `trained_elsewhere`.
    """

    schema_version: Literal[1] = 1
    model: str
    decision: str
    cause: str
    as_of: AwareDatetime
    verdict: RunVerdict
    fired: list[RuleResult] = Field(default_factory=list)
    held: list[RuleResult] = Field(default_factory=list)
    inputs: PolicyInputs

    @property
    def triggers(self) -> list[str]:
        """What asked for a run, as a person reads it."""
        return [result.sentence for result in self.fired]

    @property
    def reasons(self) -> list[str]:
        """What held it back; for a start, what asked for it."""
        return [result.sentence for result in self.held] if self.verdict == "decline" else self.triggers


def decide(
    policy: RetrainingPolicy, inputs: PolicyInputs, *, model: str = "", decision: str = "", cause: str = ""
) -> PolicyDecision:
    """Apply the policy. A model that is trained elsewhere gets a version whenever reference data come, and only then.

    Args:
        policy: what the model declares.
        inputs: what is known.
        model: whose decision it is.
        decision: the ID of the decision, and of a run that it starts.
        cause: the event that it answers.
    """
    fired, held = _adopt(inputs) if policy.recipe is None else _retrain(policy, inputs)
    verdict: RunVerdict = "nothing" if not fired else "decline" if held else "start"
    return PolicyDecision(
        model=model, decision=decision, cause=cause, as_of=inputs.as_of, verdict=verdict, fired=fired, held=held,
        inputs=inputs,
    )  # fmt: skip


def _retrain(policy: RetrainingPolicy, inputs: PolicyInputs) -> tuple[list[RuleResult], list[RuleResult]]:
    if inputs.resumed and (inputs.has_champion or inputs.in_flight or not inputs.settings_changed):
        return [], []
    fired = apply_rules(TRIGGERS, policy, inputs)
    return fired, apply_rules(HOLDS, policy, inputs) if fired else []


def _adopt(inputs: PolicyInputs) -> tuple[list[RuleResult], list[RuleResult]]:
    """Every batch of reference data makes a version of all reference data so far; the newest of them is promoted."""
    if not inputs.referred:
        asked = [RuleResult(rule=inputs.asked, sentence=inputs.reason)] if inputs.asked else []
        held = RuleResult(rule="trained_elsewhere", sentence=_TRAINED_ELSEWHERE)
        return asked, [held] if asked else []
    came = [f"reference data came: {inputs.labels:,} rows in all"]
    if inputs.in_flight:
        came.append(f"run {inputs.last_run} has not ended; the later of the two counts")
    return [RuleResult(rule="reference_data", sentence=sentence) for sentence in came], []
