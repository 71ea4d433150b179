"""Every object key of both buckets. No other module builds or reads one; `kinds` says which document is where."""

from steward.store.keys.all_of_a_model import *
from steward.store.keys.checks_of_windows import *
from steward.store.keys.governance_files import *
from steward.store.keys.model_files import *
from steward.store.keys.record_files import *
from steward.store.keys.uploaded_files import *
