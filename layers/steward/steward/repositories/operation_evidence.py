"""Reads what an audit looks at of the deployment: what its hourly watch found, and who hears of alerts."""

from steward.governance.operation_evidence import DriftedResource, OperationEvidence
from steward.release import read_release
from steward.runtime import AuditSettings, Runtime
from steward.selfcheck.incidents import OpenIncidents
from steward.selfcheck.last_watch import LastWatch
from steward.store import keys
from steward.store.cloudformation import DriftUnknown, detected_drift
from steward.store.subscriptions import confirmed_subscriptions


def gather_operation(runtime: Runtime[AuditSettings]) -> OperationEvidence:
    """Read it: two small documents, the subscriptions of the alert topic, and the newest drift detection."""
    data, topic = runtime.data, runtime.settings.alert_topic
    last = data.load_if_present(keys.last_watch(), LastWatch) or LastWatch()
    open_ones = data.load_if_present(keys.deployment_problems(), OpenIncidents) or OpenIncidents()
    drift, unknown, refused = None, "", False
    try:
        drift = detected_drift(runtime.settings.stack_id) if runtime.settings.stack_id else None
    except DriftUnknown as error:
        unknown, refused = str(error), error.refused
    return OperationEvidence(
        watched_at=last.at,
        problems=tuple(open_ones.problems.values()),
        subscriptions=confirmed_subscriptions(topic) if topic else None,
        release=read_release().version,
        drifted=tuple(DriftedResource(*one) for one in drift.resources) if drift else None,
        drift_checked_at=drift.checked_at if drift else None,
        drift_unknown=unknown,
        drift_refused=refused,
    )
