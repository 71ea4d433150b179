"""Evaluates a window by what is stored of it, and again by exactly what its check rests on."""

from collections.abc import Sequence
from datetime import datetime

from steward.attribution.sampled import SampledAttributions
from steward.baselines.baseline import Baseline
from steward.defects.correction import is_correction
from steward.errors import IncomparableProfiles
from steward.events import ObjectRef
from steward.evidence.history import History
from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.check import Check
from steward.monitoring.distributions import drifted_distributions
from steward.monitoring.evaluate import evaluate
from steward.monitoring.reference_windows import earlier_windows
from steward.profiles.attribution_sums import AttributionSums
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.quality.no_data import overdue_windows
from steward.repositories import models
from steward.repositories.profiles import WindowProfiles
from steward.repositories.replay import has_ended
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window
from steward.store import keys
from steward.store.bucket import Bucket


def evaluate_window(
    data: Bucket,
    spec: ModelSpec,
    spec_stored: ObjectRef,
    window: Window,
    version: str,
    *,
    now: datetime,
    or_silent: bool = False,
) -> tuple[Check, WindowEvidence] | None:
    """Judge one window of one version by all that is stored of it, which is returned too; None without records.

    Args:
        data: where it is.
        spec: the declaration in force.
        spec_stored: where that is.
        window: which.
        version: whose predictions.
        now: by the wall clock, which says whether a window has ended whose records come as they happen.
        or_silent: a window without records is judged too: it says that nothing came.
    """
    manifest = models.manifest(data, spec.model, version)
    baseline = Baseline.from_json(data.get_verified(manifest.baseline))
    (found,) = WindowProfiles(data, spec.model, version).merge([window], baseline.bins)
    profile, unreadable = found.profile, found.unreadable
    corrections = [batch for batch in profile.batches if is_correction(batch)]
    seen = (profile.rows, profile.telemetry.readings, profile.intake.duplicates, unreadable, corrections)
    if not any(seen) and not or_silent:
        return None
    compared = _reference_profiles(data, spec, version, window, baseline.bins)
    outcomes = data.find(keys.outcomes(spec.model, version, window.id))
    attributions = data.find(keys.attributions(spec.model, version, window.id))
    sums, unattributed = _contributions(attributions.body if attributions else None, profile)
    history = data.find(keys.history(spec.model, version))
    known = History.model_validate_json(history.body) if history else History()
    realised = WindowOutcomes.model_validate_json(outcomes.body) if outcomes else None
    since = _count_late_labels(data, spec, version, window, known)
    evidence = WindowEvidence(
        spec=spec,
        window=window,
        baseline=baseline,
        profile=profile,
        realised=realised,
        attributions=sums,
        unattributed=unattributed,
        compared=list(compared.values()),
        history=known.before(window),
        volumes=known.volumes,
        labelled=known.labelled | since,
        waiting=known.waiting,
        unreadable=unreadable,
        ended=has_ended(data, spec, window, profile.batches, now),
    )
    results = evaluate(evidence)
    check = Check(
        model=spec.model,
        version=version,
        window=window.id,
        as_of=evidence.as_of,
        batches=list(profile.batches),
        label_batches=realised.label_batches if realised else [],
        baseline=manifest.baseline,
        outcomes=outcomes.stored if outcomes else None,
        spec=spec_stored,
        compared={found: list(earlier.batches) for found, earlier in compared.items()},
        attributions=attributions.stored if attributions else None,
        history=history.stored if history else None,
        corrections=sorted({*corrections, *(realised.corrections if realised else ())}),
        joined_corrections=len(realised.corrections) if realised else 0,
        given_up=len(realised.given_up) if realised else 0,
        ended=evidence.ended,
        labelled_since=since,
        unreadable=unreadable,
        rows=profile.rows,
        labelled_rows=realised.outcomes.labelled if realised else 0,
        readings=profile.telemetry.readings,
        results=results,
        distributions=drifted_distributions(evidence.drift_baseline, profile, results),
    )
    return check, evidence


def restore_evidence(data: Bucket, check: Check) -> WindowEvidence:
    """What a stored check rests on, of the exact objects that it names and the stored profiles.

    Raises:
        ObjectMissing, ObjectChanged: one of them is gone, or has other bytes.
        IncomparableProfiles: the profiles of its batches are not what they were.
    """
    spec = data.load(check.spec, models.SpecRevision).spec
    baseline = Baseline.from_json(data.get_verified(check.baseline))
    window = Window.parse(check.window)
    profile = _of_batches(data, check, window, check.batches, baseline.bins)
    if (found := (profile.rows, profile.telemetry.readings)) != (had := (check.rows, check.readings)):
        raise IncomparableProfiles(
            f"the batches of {check.window} have {found[0]:,} rows and {found[1]:,} readings now, and had {had[0]:,} "
            f"and {had[1]:,}: an earlier upload turned out to have some of their ids, and the window was checked "
            "again without them"
        )
    known = data.load(check.history, History) if check.history else History()
    sums, unattributed = _contributions(data.get_verified(check.attributions) if check.attributions else None, profile)
    return WindowEvidence(
        spec=spec,
        window=window,
        baseline=baseline,
        profile=profile,
        realised=data.load(check.outcomes, WindowOutcomes) if check.outcomes else None,
        attributions=sums,
        unattributed=unattributed,
        compared=[
            _of_batches(data, check, Window.parse(past), batches, baseline.bins)
            for past, batches in check.compared.items()
        ],
        history=known.before(window),
        volumes=known.volumes,
        labelled=known.labelled | check.labelled_since,
        waiting=known.waiting,
        unreadable=check.unreadable,
        ended=check.ended,
    )


def _count_late_labels(data: Bucket, spec: ModelSpec, version: str, window: Window, known: History) -> dict[int, int]:
    """The labels of the newest window whose labels are overdue, where its check has not told of them yet.

    Labels of many windows that come at once are joined window by window, and the checks that follow overtake each
    other.
    """
    overdue = overdue_windows(known.labelled, window, spec)
    if not overdue or known.labelled[overdue[-1]] or overdue[-1] >= window.number:
        return {}
    late = Window(ORIGIN + overdue[-1] * window.length, window.length)
    outcomes = data.find(keys.outcomes(spec.model, version, late.id))
    labelled = WindowOutcomes.model_validate_json(outcomes.body).outcomes.labelled if outcomes else 0
    return {overdue[-1]: labelled} if labelled else {}


def _contributions(sampled: bytes | None, profile: Profile) -> tuple[AttributionSums, str]:
    """What the features of a window contributed, by its sample or its records; and why the sample does not say."""
    if sampled is None:
        return profile.attributions, ""
    found = SampledAttributions.model_validate_json(sampled)
    return (profile.attributions if found.reason else found.sums), found.reason


def _of_batches(data: Bucket, check: Check, window: Window, batches: Sequence[str], bins: Bins) -> Profile:
    """The profile of some batches of a window."""
    found = WindowProfiles(data, check.model, check.version).of_batches(window, batches, bins)
    for batch, reason in found.unreadable.items():
        raise IncomparableProfiles(f"{batch}: {reason}")
    return found.profile


def _reference_profiles(data: Bucket, spec: ModelSpec, version: str, window: Window, bins: Bins) -> dict[str, Profile]:
    """The earlier windows that the declaration asks to compare with, those that have records."""
    drift = spec.monitors.feature_drift
    earlier = earlier_windows(window, drift.compared_with) if drift else ()
    found = WindowProfiles(data, spec.model, version).merge(earlier, bins)
    return {past.id: merged.profile for past, merged in zip(earlier, found, strict=True) if merged.profile.rows}
