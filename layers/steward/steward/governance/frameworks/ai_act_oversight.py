"""What articles 13 and 14 of the EU AI Act ask of providers of high-risk systems.

Source: Regulation (EU) 2024/1689, articles 13 and 14.
"""

from steward.governance.frameworks.requirement import Requirement, RequirementGroup

_BIOMETRIC = "Only of systems for remote biometric identification."

TRANSPARENCY = RequirementGroup(
    "Article 13: transparency and information",
    (
        Requirement(
            "13(1)",
            "Operation is transparent enough to interpret outputs and use them properly.",
            ("importances", "attributions", "documentation.instructions"),
        ),
        Requirement(
            "13(2)",
            "Instructions for use come with it, concise, complete, correct and clear.",
            ("documentation.instructions",),
        ),
        Requirement("13(3)(a)", "The provider's identity and contact.", ("declaration", "documentation.contact")),
        Requirement("13(3)(b)(i)", "Its intended purpose.", ("documentation.intended_use",)),
        Requirement(
            "13(3)(b)(ii)",
            "The accuracy, robustness and cybersecurity that it was tested for and that can be expected.",
            ("metrics", "robustness", "documentation.security"),
        ),
        Requirement(
            "13(3)(b)(iii)",
            "Known or foreseeable circumstances that may lead to risks.",
            ("documentation.risks", "documentation.out_of_scope"),
        ),
        Requirement("13(3)(b)(iv)", "What it can do to explain its outputs.", ("attributions",)),
        Requirement("13(3)(b)(v)", "Performance for specific persons or groups.", ("segments", "fairness")),
        Requirement(
            "13(3)(b)(vi)",
            "Specifications of inputs, and other information on training, validation and test data.",
            ("input_specification", "data_card"),
        ),
        Requirement(
            "13(3)(b)(vii)", "Information to interpret outputs.", ("calibration", "documentation.instructions")
        ),
        Requirement(
            "13(3)(c)", "Changes that were determined in advance.", ("documentation.change_plan", "retraining_policy")
        ),
        Requirement(
            "13(3)(d)", "Human oversight, and what helps to interpret outputs.", ("documentation.human_oversight",)
        ),
        Requirement(
            "13(3)(e)",
            "Computing and hardware that it needs, its lifetime, and its maintenance.",
            ("documentation.resources",),
        ),
        Requirement(
            "13(3)(f)",
            "How those who deploy it collect, store and interpret logs.",
            ("ledger",),
            "The instructions for those who deploy it.",
        ),
    ),
)

OVERSIGHT = RequirementGroup(
    "Article 14: human oversight",
    (
        Requirement(
            "14(1)",
            "Natural persons can oversee it effectively.",
            ("documentation.human_oversight", "commands", "approval"),
        ),
        Requirement("14(2)", "Oversight prevents or minimises risks.", ("documentation.human_oversight", "alerts")),
        Requirement(
            "14(3)(a)", "Measures are built in by the provider.", ("approval_policy", "guardrails", "commands", "gates")
        ),
        Requirement(
            "14(3)(b)", "Measures are to be implemented by those who deploy it.", ("documentation.instructions",)
        ),
        Requirement(
            "14(4)(a)",
            "Overseers understand capacities and limits, and can detect anomalies.",
            ("documentation.limitations", "monitors", "checks"),
            "The training of overseers.",
        ),
        Requirement("14(4)(b)", "Overseers stay aware of automation bias.", (), "How they are made aware."),
        Requirement("14(4)(c)", "Overseers can interpret outputs.", ("attributions", "calibration")),
        Requirement(
            "14(4)(d)",
            "Overseers can decide not to use it, or override an output.",
            ("documentation.human_oversight",),
            "The means, in the system around the model.",
        ),
        Requirement(
            "14(4)(e)",
            "Overseers can intervene or stop it.",
            ("commands",),
            "The stop of the system around the model: Steward's commands freeze, roll back and remove versions.",
        ),
        Requirement("14(5)", f"{_BIOMETRIC} Two persons verify each match.", (), "Where it applies."),
    ),
)
