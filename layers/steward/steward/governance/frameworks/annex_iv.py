"""Annex IV of the EU AI Act: the technical documentation of high-risk systems.

Source: Regulation (EU) 2024/1689, Annex IV.
"""

from steward.governance.frameworks.ai_act_articles import ARTICLES
from steward.governance.frameworks.requirement import Framework, Requirement, RequirementGroup

_GENERAL = RequirementGroup(
    "Annex IV, 1: general description",
    (
        Requirement(
            "IV.1(a)",
            "Intended purpose, provider, and the version with its relation to earlier versions.",
            ("documentation.intended_use", "declaration", "champion", "releases"),
        ),
        Requirement(
            "IV.1(b)",
            "How the system works together with hardware, software and other AI systems that are not part of it.",
            ("documentation.interfaces",),
        ),
        Requirement(
            "IV.1(c)",
            "Versions of relevant software and firmware, and what updates require.",
            ("libraries", "bill_of_materials"),
            "Which updates of the surrounding system are required, and of firmware where there is any.",
        ),
        Requirement(
            "IV.1(d)",
            "The forms in which it is put on the market or into service: packages, downloads, interfaces.",
            ("documentation.interfaces", "serving"),
        ),
        Requirement("IV.1(e)", "The hardware on which it is meant to run.", ("documentation.resources", "platform")),
        Requirement(
            "IV.1(f)",
            "Of a component of a product: photographs or drawings of its outside, marking and inner layout.",
            (),
            "The product's own documentation, where the system is part of a product.",
        ),
        Requirement(
            "IV.1(g)",
            "A basic description of the interface for the users who deploy it.",
            ("documentation.interfaces",),
            "The interface itself: Steward has none for those who deploy the system.",
        ),
        Requirement("IV.1(h)", "Instructions for use for those who deploy it.", ("documentation.instructions",)),
    ),
)

_DEVELOPMENT = RequirementGroup(
    "Annex IV, 2: elements and development",
    (
        Requirement(
            "IV.2(a)",
            "Methods and steps of development, with pre-trained systems and tools of third parties.",
            ("champion", "recipe", "provenance", "bill_of_materials"),
        ),
        Requirement(
            "IV.2(b)",
            "Design: logic, algorithms, key choices with their reasons and assumptions, whom it is meant for, what it "
            "optimises, the relevance of parameters, the expected output, and trade-offs.",
            ("documentation.design_choice", "documentation.affected_people", "recipe", "search", "importances"),
        ),
        Requirement(
            "IV.2(c)",
            "Architecture: how components build on each other, and the computing power that development took.",
            ("recipe", "training_cost"),
            "The architecture of the whole system around the model.",
        ),
        Requirement(
            "IV.2(d)",
            "Data sheets: methods of training, training data with provenance, scope and characteristics, how they were "
            "obtained and chosen, labelling and cleaning.",
            ("data_card", "dataset", "data.origin", "data.collection", "data.labelling", "data.preprocessing"),
        ),
        Requirement(
            "IV.2(e)",
            "Assessment of the human oversight that article 14 asks for, with what helps to interpret outputs.",
            ("documentation.human_oversight", "approval_policy", "commands"),
        ),
        Requirement(
            "IV.2(f)",
            "Changes that were determined in advance, and how continued compliance is ensured.",
            ("documentation.change_plan", "retraining_policy", "gates"),
        ),
        Requirement(
            "IV.2(g)",
            "Validation and tests: data and their characteristics; metrics of accuracy, robustness and other "
            "requirements and of discriminatory impact; dated and signed logs and reports.",
            ("evaluation", "gates", "robustness", "fairness", "ledger"),
            "The responsible persons' signatures on test reports, where the ledger's authors do not suffice.",
        ),
        Requirement("IV.2(h)", "Measures of cybersecurity.", ("documentation.security", "provenance")),
    ),
)

_OPERATION = RequirementGroup(
    "Annex IV, 3 to 9: operation, metrics, risks, changes, standards, declaration, post-market monitoring",
    (
        Requirement(
            "IV.3",
            "Monitoring, functioning and control: capabilities and limits with accuracy for groups of people, "
            "foreseeable unintended outcomes and sources of risk, human oversight, specifications of inputs.",
            (
                "documentation.limitations",
                "documentation.risks",
                "documentation.human_oversight",
                "segments",
                "monitors",
                "input_specification",
            ),
        ),
        Requirement("IV.4", "Why the performance metrics are appropriate.", ("documentation.metric_choice", "metrics")),
        Requirement(
            "IV.5",
            "The risk management system of article 9.",
            ("documentation.risks", "documentation.risk_controls"),
            "The system itself: its process, people and reviews.",
        ),
        Requirement("IV.6", "Relevant changes over the lifecycle.", ("releases", "ledger", "declaration_history")),
        Requirement(
            "IV.7",
            "Harmonised standards that were applied, or the solutions adopted instead.",
            ("documentation.standards",),
        ),
        Requirement("IV.8", "A copy of the EU declaration of conformity.", ("documentation.conformity",), "The copy."),
        Requirement(
            "IV.9",
            "The system to evaluate performance after it is on the market, with the plan of article 72(3).",
            ("documentation.monitoring_plan", "monitors", "checks", "alerts"),
        ),
    ),
)

ANNEX_IV = Framework(
    name="annex-iv",
    title="EU AI Act: Annex IV, and articles 9 to 15, 19 and 72",
    source="Regulation (EU) 2024/1689 of 13 June 2024 (Artificial Intelligence Act)",
    scope="All points of Annex IV, and the paragraphs of articles 9 to 15, 19 and 72 that ask something of providers. "
    "Paragraphs that address the Commission (11(3), 15(2)) are left out. Whether the system is a high-risk one, and "
    "which of them apply, is for the provider to decide.",
    groups=(_GENERAL, _DEVELOPMENT, _OPERATION, *ARTICLES),
)
