"""Write a model's report and its page anew; keep a dated copy of them when a schedule asks for one."""

from steward.queue_function import QueueFunction
from steward.services.render_reports import ReportRenderer

renderer = ReportRenderer()
handler = QueueFunction(renderer, begin_batch=renderer.begin_batch)
