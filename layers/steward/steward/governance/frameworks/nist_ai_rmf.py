"""The NIST AI Risk Management Framework 1.0.

Source: NIST AI 100-1 (2023), Artificial intelligence risk management framework.
"""

from steward.governance.frameworks.nist_govern_map import GOVERN, MAP
from steward.governance.frameworks.nist_measure_manage import MANAGE, MEASURE
from steward.governance.frameworks.requirement import Framework

NIST_AI_RMF = Framework(
    name="nist-ai-rmf",
    title="NIST AI Risk Management Framework 1.0",
    source="NIST AI 100-1, January 2023",
    scope="All 72 subcategories of the four functions, by category. Much of GOVERN and MAP is about the organisation: "
    "nothing that is stored about one model can answer it.",
    groups=(*GOVERN, *MAP, *MEASURE, *MANAGE),
)
