"""Reads what an audit looks at of the deployment: what its hourly watch found, and who hears of alerts."""

from steward.governance.operation_evidence import OperationEvidence
from steward.release import read_release
from steward.runtime import AuditSettings, Runtime
from steward.selfcheck.incidents import OpenIncidents
from steward.selfcheck.last_watch import LastWatch
from steward.store import inspection, keys


def gather_operation(runtime: Runtime[AuditSettings]) -> OperationEvidence:
    """Read it: two small documents, and the subscriptions of the alert topic."""
    data, topic = runtime.data, runtime.settings.alert_topic
    last = data.load_if_present(keys.last_watch(), LastWatch) or LastWatch()
    open_ones = data.load_if_present(keys.deployment_problems(), OpenIncidents) or OpenIncidents()
    return OperationEvidence(
        watched_at=last.at,
        problems=tuple(open_ones.problems.values()),
        subscriptions=inspection.subscriptions(topic) if topic else None,
        release=read_release().version,
    )
