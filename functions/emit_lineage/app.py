"""Store and send OpenLineage events of ingestion, training, validation and release."""

from steward.event_function import EventFunction
from steward.runtime import LineageSettings
from steward.services.emit_lineage import emit_lineage

handler = EventFunction(emit_lineage, settings=LineageSettings)
