"""Join labels with their predictions, and write the outcomes of each window touched."""

from steward.queue_function import QueueFunction
from steward.services.join_labels import join_labels

handler = QueueFunction(join_labels)
