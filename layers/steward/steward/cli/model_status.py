"""One model as it stands: champion, newest check, alerts and newest run."""

from collections.abc import Iterator
from dataclasses import dataclass

from steward.alerting.alert_status import AlertStatus
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.cli.deployment import Deployment
from steward.errors import UnknownModel
from steward.releasing.release import Release
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.retraining.next_step import next_step
from steward.retraining.runs import Run
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model as it stands.

    Attributes:
        rejected_reference: why the newest reference was rejected, where no version was ever made; empty otherwise.
    """

    model: str
    routing: Routing
    newest_window: str | None
    alerts: list[AlertStatus]
    newest_run: Run | None
    checked: bool = True
    trained: bool = True
    rejected_reference: str = ""

    def release_sentence(self, release: Release) -> str:
        """Which version is on its way to charge, and how far it is."""
        of = f"{', '.join(release.versions)} against {release.champion or 'none'}"
        share = f" with {release.step.share:.0%} of the entities" if release.step.share else ""
        waits = f"waits: {release.request.sentence}" if release.request else "waits for an approval"
        state = waits if release.phase == "awaiting_approval" else f"is running{share}"
        return f"{self.model}: the {release.mode} release of {of} {state}; `steward release {self.model}` shows more"

    @property
    def not_checked(self) -> str:
        """Why nothing is known of the champion yet; empty where a window of it was checked, or there is none."""
        if self.checked or self.routing.champion is None:
            return ""
        return f"no window of the champion {self.routing.champion} has been checked yet"

    @property
    def firing(self) -> list[AlertStatus]:
        """Alerts that fire now."""
        return [alert for alert in self.alerts if alert.state == "firing"]

    @property
    def lasting(self) -> list[AlertStatus]:
        """Alerts that do not fire although their windows keep being bad."""
        return [alert for alert in self.alerts if alert.lasting]

    @property
    def failed(self) -> bool:
        """Whether its newest run failed."""
        return self.newest_run is not None and self.newest_run.stage == "failed"

    @property
    def rejected(self) -> bool:
        """Whether no version is in charge, since the gates rejected the newest."""
        run = self.newest_run
        return run is not None and run.stage == "refused" and self.routing.champion is None

    @property
    def needs_a_look(self) -> bool:
        """Whether an alert fires, an override is not reviewed, or the newest run left the model worse than meant."""
        return bool(self.routing.unreviewed or self.firing or self.failed or self.rejected or self.rejected_reference)

    @property
    def trouble(self) -> str:
        """What failed or was rejected, why, and the command that goes on, in one sentence; empty where nothing was."""
        if self.rejected_reference:
            return (
                f"no version is in charge: its reference was rejected: {self.rejected_reference.rstrip('.')}; "
                f"`steward push FILE --model {self.model} --kind reference` once it is corrected"
            )
        run = self.newest_run
        if run is None or not (self.failed or self.rejected):
            return ""
        what = "its training failed" if self.failed else "its first version was rejected"
        state = "" if self.routing.champion else "no version is in charge: "
        then = next_step(self.model, failed=self.failed, trained=self.trained)
        return f"{state}{what}: {run.outcome.rstrip('.')}; {then}"

    @property
    def urgency(self) -> tuple[bool, bool, bool, str]:
        """Sorts models: first those whose training failed without a champion, then failed runs, then alerts."""
        untrained = bool(self.trouble) and self.routing.champion is None
        return not untrained, not self.failed, not (self.firing or self.lasting), self.model

    def record(self) -> dict[str, object]:
        """What a program reads of it."""
        promotion = self.routing.promotions[-1] if self.routing.promotions else None
        return {
            "model": self.model,
            "champion": {"version": promotion.version, "since": promotion.as_of} if promotion else None,
            "champion_checked": self.checked,
            "newest_window": self.newest_window,
            "newest_run": self.newest_run,
            "trouble": self.trouble,
            "freeze": self.routing.freeze,
            "held_promotions": len(self.routing.held),
            "release": self._release_record(),
            "unreviewed_overrides": [one.sentence for one in self.routing.unreviewed],
            "alerts": [
                {
                    "monitor": alert.monitor,
                    "state": alert.shown_state,
                    "reason": alert.reason,
                    "severity": alert.severity,
                    "window": alert.latest.window if alert.latest else None,
                    "bad_windows": alert.recent[0],
                    "windows": alert.recent[1],
                    "acknowledged": alert.snapshot.acknowledged,
                    "notes": [note for note in (alert.suppressed_by, alert.progress.held) if note],
                    "found": alert.summary,
                    "cannot_tell": {"window": alert.doubt.window, "rows": alert.doubt.rows, "why": alert.doubt.sentence}
                    if alert.doubt
                    else None,
                }
                for alert in self.alerts
            ],
        }

    def _release_record(self) -> dict[str, object] | None:
        """The running release, as a program reads it."""
        release = self.routing.release
        if release is None:
            return None
        return {
            "release": release.release,
            "mode": release.mode,
            "phase": release.phase,
            "versions": list(release.versions),
            "step": len(release.steps),
            "share": release.step.share,
            "since": release.step.since,
        }

    @classmethod
    def of(cls, data: Bucket, ledger: Ledger, model: str) -> "ModelStatus":
        """Read it.

        Raises:
            UnknownModel: no declaration of this name was accepted.
        """
        spec, _ = models.current_spec(data, model)
        alerts = data.load_if_present(keys.alerts(model), ModelAlerts)
        routing = models.routing(data, model)
        runs = [listed.key for listed in data.list(keys.runs(model)) if listed.key != keys.retraining_state(model)]
        return cls(
            model=model,
            routing=routing,
            newest_window=max(data.list_prefixes(keys.checks(model)), default=None),
            alerts=list(alert_statuses(alerts, spec).values()) if alerts else [],
            newest_run=data.load(max(runs), Run) if runs else None,
            checked=alerts is not None and routing.champion in {check.version for check in alerts.checks.values()},
            trained=spec.retraining.recipe is not None,
            rejected_reference="" if runs or routing.champion else _rejected_reference(ledger, model),
        )


def _rejected_reference(ledger: Ledger, model: str) -> str:
    """Why the newest upload of reference data was rejected; empty where it was not, or there is none."""
    prefix, newest = keys.inbox(model, "reference", ""), None
    for entry in ledger.entries(model):
        if entry.action in {"batch_ingested", "batch_rejected"} and entry.subject.startswith(prefix):
            newest = entry
    return newest.summary if newest and newest.action == "batch_rejected" else ""


def model_statuses(deployment: Deployment, model: str | None) -> Iterator[ModelStatus]:
    """One model, or every declared one."""
    for name in [model] if model else deployment.models():
        try:
            yield ModelStatus.of(deployment.data, deployment.ledger, name)
        except UnknownModel:
            if model:
                raise
