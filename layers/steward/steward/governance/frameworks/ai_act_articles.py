"""What articles 9 to 15, 19 and 72 of the EU AI Act ask of providers of high-risk systems.

Source: Regulation (EU) 2024/1689, articles 9 to 15, 19 and 72.
"""

from steward.governance.frameworks.ai_act_oversight import OVERSIGHT, TRANSPARENCY
from steward.governance.frameworks.requirement import Requirement, RequirementGroup

_BIOMETRIC = "Only of systems for remote biometric identification."

_RISKS = RequirementGroup(
    "Article 9: risk management",
    (
        Requirement("9(1)", "A risk management system is established, documented and maintained.", (), "The system."),
        Requirement("9(2)(a)", "Known and foreseeable risks are identified and analysed.", ("documentation.risks",)),
        Requirement(
            "9(2)(b)",
            "Risks of the intended use and of foreseeable misuse are estimated and evaluated.",
            ("documentation.risks", "documentation.out_of_scope"),
        ),
        Requirement(
            "9(2)(c)",
            "Risks are evaluated from what post-market monitoring gathers.",
            ("checks", "alerts", "defects"),
            "The evaluation of risks from these data.",
        ),
        Requirement(
            "9(2)(d)", "Suitable, targeted measures are adopted.", ("documentation.risk_controls", "gates", "monitors")
        ),
        Requirement("9(3)", "Only risks that design or information can mitigate count.", (), "Which risks these are."),
        Requirement("9(4)", "Combined effects of the requirements are considered.", (), "The consideration."),
        Requirement(
            "9(5)",
            "Residual risks are acceptable: eliminated by design, mitigated, or informed and trained about.",
            ("documentation.risk_controls",),
            "The judgement that they are acceptable, and the training of those who deploy it.",
        ),
        Requirement(
            "9(6)",
            "It is tested to find the best measures, and that it performs consistently.",
            ("evaluation", "gates", "checks"),
        ),
        Requirement(
            "9(7)",
            "Tests in real-world conditions follow article 60.",
            ("gradual_release",),
            "The plan of such tests, where there are any.",
        ),
        Requirement(
            "9(8)",
            "Tests are made before it is put on the market, against metrics and thresholds set beforehand.",
            ("gates", "validation_policy", "ledger"),
        ),
        Requirement(
            "9(9)",
            "Adverse impact on people under 18 and other vulnerable groups is considered.",
            ("documentation.affected_people",),
        ),
        Requirement("9(10)", "It may be part of risk procedures that other law asks for.", (), "Which these are."),
    ),
)

_DATA = RequirementGroup(
    "Article 10: data and data governance",
    (
        Requirement(
            "10(1)",
            "Training, validation and test data meet criteria of quality.",
            ("dataset", "dataset_split", "data_quality"),
        ),
        Requirement("10(2)(a)", "Design choices.", ("dataset", "retraining_policy"), "Why the data suit the design."),
        Requirement(
            "10(2)(b)",
            "Collection and origin, and of personal data the original purpose.",
            ("data.collection", "data.origin", "data.purpose"),
        ),
        Requirement(
            "10(2)(c)",
            "Preparation: annotation, labelling, cleaning, updating, enrichment, aggregation.",
            ("data.labelling", "data.preprocessing", "data_quality", "data.maintenance"),
        ),
        Requirement(
            "10(2)(d)",
            "Assumptions about what the data measure and represent.",
            ("data.description", "data.limitations"),
        ),
        Requirement(
            "10(2)(e)",
            "Availability, quantity and suitability are assessed.",
            ("dataset", "data.missing_data"),
            "The assessment of suitability.",
        ),
        Requirement("10(2)(f)", "Possible biases are examined.", ("data.biases", "fairness")),
        Requirement("10(2)(g)", "Measures detect, prevent and mitigate biases.", ("fairness", "fairness_monitors")),
        Requirement(
            "10(2)(h)",
            "Gaps and shortcomings are identified, and how they are addressed.",
            ("data.limitations", "defects"),
        ),
        Requirement(
            "10(3)",
            "Data are relevant, representative, as far as possible free of errors and complete; their statistics fit.",
            ("dataset_profile", "data_quality", "segments"),
            "The judgement that they are representative of those whom the system meets.",
        ),
        Requirement(
            "10(4)",
            "Geographical, contextual, behavioural and functional settings are taken into account.",
            ("documentation.factors",),
        ),
        Requirement(
            "10(5)",
            "Special categories of personal data are processed only under the conditions there.",
            ("data.personal_data", "data.legal_basis"),
            "Whether the conditions are met.",
        ),
        Requirement("10(6)", "Of systems that are not trained, this holds for test data only.", ("recipe",)),
    ),
)

_RECORDS = RequirementGroup(
    "Articles 11, 12 and 19: documentation, records and logs",
    (
        Requirement(
            "11(1)",
            "Technical documentation exists before, is kept up to date, and has what Annex IV names.",
            ("model_card", "data_card"),
            "The judgement that it is complete.",
        ),
        Requirement(
            "11(2)",
            "Of products under other law, there is one set of documentation.",
            (),
            "That set, where it applies.",
        ),
        Requirement("12(1)", "Events are logged automatically over the lifetime.", ("ledger",)),
        Requirement(
            "12(2)(a)", "Logs help to identify risks and substantial modifications.", ("ledger", "alerts", "releases")
        ),
        Requirement("12(2)(b)", "Logs help post-market monitoring.", ("checks", "ledger")),
        Requirement("12(2)(c)", "Logs help those who deploy it to monitor its operation.", ("checks", "alerts")),
        Requirement("12(3)(a)", f"{_BIOMETRIC} The period of each use is logged.", (), "These logs, where it applies."),
        Requirement("12(3)(b)", f"{_BIOMETRIC} The reference database is logged.", (), "These logs, where it applies."),
        Requirement(
            "12(3)(c)", f"{_BIOMETRIC} Input that led to a match is logged.", (), "These logs, where it applies."
        ),
        Requirement("12(3)(d)", f"{_BIOMETRIC} Who verified results is logged.", (), "These logs, where it applies."),
        Requirement(
            "19(1)",
            "Logs are kept as long as the purpose asks for, six months at least.",
            ("ledger", "retention"),
            "Logs of the system around the model.",
        ),
        Requirement(
            "19(2)",
            "Financial institutions keep logs as part of what financial services law asks for.",
            (),
            "Where it applies.",
        ),
    ),
)

_ROBUSTNESS = RequirementGroup(
    "Article 15: accuracy, robustness and cybersecurity",
    (
        Requirement(
            "15(1)",
            "Appropriate accuracy, robustness and cybersecurity, consistently over the lifecycle.",
            ("metrics", "robustness", "checks", "documentation.security"),
        ),
        Requirement(
            "15(3)",
            "Levels of accuracy and their metrics are declared in the instructions.",
            ("metrics",),
            "Their place in the instructions for use.",
        ),
        Requirement(
            "15(4), errors",
            "It is resilient against errors, faults and inconsistencies, by redundancy where needed.",
            ("robustness", "data_quality", "rollback"),
        ),
        Requirement(
            "15(4), feedback",
            "Of systems that go on learning, biased outputs do not feed back into inputs.",
            ("retraining_policy", "gates"),
            "Whether predictions influence later labels, and what is done about it.",
        ),
        Requirement(
            "15(5)",
            "It is resilient against attacks: poisoned data or models, adversarial inputs, loss of confidentiality.",
            ("documentation.security", "provenance", "signature"),
        ),
    ),
)

_POST_MARKET = RequirementGroup(
    "Article 72: post-market monitoring",
    (
        Requirement(
            "72(1)",
            "A system for post-market monitoring is established and documented.",
            ("documentation.monitoring_plan", "monitors"),
        ),
        Requirement(
            "72(2)",
            "Data on performance are collected, documented and analysed over the lifetime.",
            ("checks", "alerts", "history"),
            "Data that those who deploy it have, and interaction with other systems.",
        ),
        Requirement(
            "72(3)",
            "There is a plan for it, which is part of the technical documentation.",
            ("documentation.monitoring_plan",),
        ),
        Requirement(
            "72(4)", "Of products under other law, it may be integrated into existing systems.", (), "Where it applies."
        ),
    ),
)

ARTICLES = (_RISKS, _DATA, _RECORDS, TRANSPARENCY, OVERSIGHT, _ROBUSTNESS, _POST_MARKET)
