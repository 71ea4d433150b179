"""The gates that compare a version with those before it: the champion, and the first that was approved."""

from steward.spec.durations import format_duration
from steward.spec.validation_policy import ValidationMetric, ValidationPolicy
from steward.validation.contest import Contest, FirstVersion
from steward.validation.evaluation import GateResult
from steward.validation.holdout_gain import HoldoutGain, chance, measure_gain, metric_of, title_of


class BetterThanChampion:
    """The gain over the champion on the holdout, row by row, exceeds the minimum with the declared confidence."""

    name = "better_than_champion"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Without a champion the version must beat a constant by anything at all.

        Then blocks are taken as independent: that a model tells more than a constant is rarely in doubt, and to reject
        a useful one leaves nothing in charge (decision 0062).
        """
        if contest.champion_version is None:
            return _compare(self.name, contest, policy, "a constant", 0.0)
        if policy.non_inferiority_margin is not None:
            return None
        return _compare(self.name, contest, policy, f"champion {contest.champion_version}", policy.minimum_gain)


class NotWorseThanChampion:
    """The loss against the champion is proved to be below a margin: non-inferiority, in place of a proved gain.

    Source: E. Lesaffre (2008), Superiority, equivalence, and non-inferiority trials, Bulletin of the NYU Hospital for
    Joint Diseases 66(2), 150-154.
    """

    name = "not_worse_than_champion"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Nothing is asked without a margin, nor of a first version, which must beat a constant."""
        if policy.non_inferiority_margin is None or contest.champion_version is None:
            return None
        return _compare(self.name, contest, policy, f"champion {contest.champion_version}", policy.required_gain)


class NotWorseThanFirst:
    """A guardrail: small losses against one champion after another do not add up to more than the declared margin.

    Both versions score the same unseen rows where the first one can still be asked. Where it cannot, its recorded
    figure stands in, without a bound, and the message says so (decision 0083).
    """

    name = "not_worse_than_first"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Nothing is asked without a margin, nor of the first version itself."""
        margin, first = policy.loss_margin, contest.first
        if margin is None or first is None:
            return None
        if first.scores is None:
            return self._by_record(contest, first, policy, margin)
        measured = measure_gain(contest, first.scores, policy, in_time=True)
        if isinstance(measured, str):
            return GateResult(gate=self.name, passed=False, message=measured)
        gain = measured.gain
        passed = gain.low >= -margin
        likely = not passed and gain.value >= -margin
        message = (
            f"{measured.metric} {'gains' if gain.value >= 0 else 'loses'} {abs(gain.value):.4f} against the first "
            f"approved version {first.version} on the same {gain.rows:,} unseen rows; with {policy.confidence:.0%} "
            f"confidence the loss is at most {max(-gain.low, 0):.4f}, {_verdict(margin, passed=passed)}"
            f"{_remedy(first.version, likely=likely) if not passed else ''}"
        )
        return _of_gain(self.name, measured, message, -margin, passed=passed)

    def _by_record(self, contest: Contest, first: FirstVersion, policy: ValidationPolicy, margin: float) -> GateResult:
        metric = metric_of(contest, policy)
        gain = _recorded_gain(metric, first, contest)
        if gain is None:
            message = f"not measured: {first.unavailable}, and no {title_of(metric)} of it was recorded"
            return GateResult(gate=self.name, passed=True, message=message)
        passed = gain >= -margin
        message = (
            f"{title_of(metric)} {'gains' if gain >= 0 else 'loses'} {abs(gain):.4f} against the recorded figure of "
            f"the first approved version {first.version}, which is of other rows and has no bound, since "
            f"{first.unavailable}; {_verdict(margin, passed=passed)}"
            f"{_remedy(first.version, likely=False) if not passed else ''}"
        )
        return GateResult(
            gate=self.name,
            passed=passed,
            message=message,
            value=gain,
            required=-margin,
            figure=f"gain in {title_of(metric)}",
        )


def _compare(gate: str, contest: Contest, policy: ValidationPolicy, opponent: str, required: float) -> GateResult:
    """Compare the version with the champion, or a constant, on the holdout."""
    in_time = contest.champion_version is not None
    run_chance = contest.run_chance if in_time else None
    confidence = policy.confidence if run_chance is None else 1 - run_chance
    measured = measure_gain(
        contest, contest.champion, policy, in_time=in_time, confidence=confidence, far=run_chance is not None
    )
    if isinstance(measured, str):
        return GateResult(gate=gate, passed=False, message=measured)
    gain = measured.gain
    passed = gain.low > required
    likely = not passed and gain.value > required
    remedy = "likely, but not proved: a longer retraining.holdout_span would tell; " if likely else ""
    bound = f"the gain is at least {gain.low:.4f}, {'above' if passed else 'not above'} the {required:.4f} asked for"
    if required < 0:
        limit = f"{'less' if passed else 'not less'} than the {-required:.4f} allowed"
        bound = f"the loss is at most {max(-gain.low, 0):.4f}, {limit}"
    message = (
        f"{measured.metric} {'gains' if gain.value >= 0 else 'loses'} {abs(gain.value):.4f} against {opponent} on "
        f"{gain.rows:,} unseen rows over {measured.blocks} blocks of {format_duration(policy.block)}; "
        f"with {_percent(confidence)} confidence {bound}; {remedy}"
        f"{chance(policy, run_chance, measured.blocks if in_time else None)}"
    )
    return _of_gain(gate, measured, message, required, passed=passed)


def _percent(confidence: float) -> str:
    """A confidence with as many digits as tell it from certainty.

    >>> _percent(0.95), _percent(0.99917)
    ('95%', '99.92%')
    """
    return f"{confidence:.0%}" if confidence <= 0.99 else f"{confidence:.2%}"  # noqa: PLR2004


def _of_gain(gate: str, measured: HoldoutGain, message: str, required: float, *, passed: bool) -> GateResult:
    gain = measured.gain
    return GateResult(
        gate=gate,
        passed=passed,
        message=message,
        value=gain.value,
        low=gain.low,
        high=gain.high,
        required=required,
        figure=f"gain in {measured.metric}",
        rows=gain.rows,
        confidence=gain.confidence,
    )


def _recorded_gain(metric: ValidationMetric, first: FirstVersion, contest: Contest) -> float | None:
    """The challenger's metric against that of the first version's own holdout; None where one of them has none."""
    name = "root_mean_squared_error" if metric == "mean_squared_error" else metric
    if name not in first.recorded or name not in contest.metrics:
        return None
    before, after = first.recorded[name], contest.metrics[name]
    if metric == "mean_squared_error":
        return before**2 - after**2
    return after - before if metric == "roc_auc" else before - after


def _verdict(margin: float, *, passed: bool) -> str:
    return f"{'within' if passed else 'more than'} the {margin:.4f} that validation.first_version_margin allows"


def _remedy(first: str, *, likely: bool) -> str:
    """What to do about a version that lost too much since the first one."""
    if likely:
        return "; it is likely within, but not proved: a longer retraining.holdout_span would tell"
    return (
        f". Small losses have added up since {first}: train on other rows (retraining.training_span) or by another "
        "recipe, roll the champion back (steward roll-back), or accept the loss by a larger margin"
    )
