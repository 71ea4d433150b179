"""Every event on the bus `steward`: past tense for facts, nouns of request for requests."""

from steward.events.alerts import *
from steward.events.declarations import *
from steward.events.defects import *
from steward.events.deployment import *
from steward.events.event import *
from steward.events.governance import *
from steward.events.personal_data import *
from steward.events.queue_messages import *
from steward.events.releases import *
from steward.events.runs import *
from steward.events.uploads import *
from steward.events.windows import *
