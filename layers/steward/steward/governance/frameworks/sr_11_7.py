"""SR 11-7: supervisory guidance on model risk management, for banks in the United States.

Source: Board of Governors of the Federal Reserve System, SR letter 11-7, and OCC Bulletin 2011-12 (4 April 2011).
"""

from steward.governance.frameworks.requirement import Framework, Requirement, RequirementGroup

_OVERVIEW = RequirementGroup(
    "III: overview of model risk management",
    (
        Requirement(
            "III-1",
            "The model is identified as one, with its inputs, processing and outputs.",
            ("declaration", "champion"),
        ),
        Requirement(
            "III-2",
            "Model risk is assessed, individually and in aggregate, by materiality.",
            ("documentation.risks",),
            "Materiality, and risk in aggregate with other models.",
        ),
        Requirement(
            "III-3",
            "Objective, informed parties challenge it effectively.",
            ("documentation.validation",),
            "Their incentives, competence and influence.",
        ),
    ),
)

_DEVELOPMENT = RequirementGroup(
    "IV: development, implementation and use",
    (
        Requirement(
            "IV-1",
            "A clear statement of purpose, and that development is aligned with the use.",
            ("documentation.intended_use",),
        ),
        Requirement(
            "IV-2",
            "Design, theory and logic are documented and supported, with alternatives, merits and limitations.",
            ("documentation.design_choice", "documentation.limitations", "recipe"),
        ),
        Requirement(
            "IV-3",
            "Data and proxies are assessed for quality and relevance, and documented.",
            ("dataset", "data_quality", "data.limitations", "data_card"),
        ),
        Requirement(
            "IV-4",
            "Tests show accuracy, robustness and stability, limits, and behaviour over a range of inputs.",
            ("evaluation", "gates", "robustness", "behaviour"),
        ),
        Requirement(
            "IV-5",
            "Tests cover the variety of conditions in which it is used.",
            ("segments", "checks"),
            "Conditions that no data show.",
        ),
        Requirement(
            "IV-6", "Purpose, design and results of tests are summarised and documented.", ("model_card", "evaluation")
        ),
        Requirement(
            "IV-7",
            "Judgemental adjustments are documented.",
            ("documentation.design_choice", "declaration_history"),
            "Adjustments outside the model.",
        ),
        Requirement(
            "IV-8",
            "Systems that implement it are tested and controlled, so that it computes what was meant.",
            ("provenance", "signature", "reproduction"),
            "Systems around the model.",
        ),
        Requirement(
            "IV-9", "Users give feedback on whether it serves its use.", ("documentation.contact",), "The feedback."
        ),
        Requirement(
            "IV-10", "Reports to decision makers are clear, and show uncertainty.", ("metrics", "checks", "model_card")
        ),
        Requirement(
            "IV-11",
            "Uncertainty and inaccuracy are understood; conservatism is justified.",
            ("calibration", "metrics", "documentation.limitations"),
        ),
    ),
)

_VALIDATION = RequirementGroup(
    "V: validation",
    (
        Requirement(
            "V-1",
            "All components are validated: input, processing and reporting.",
            ("gates", "data_quality"),
            "Reporting, in the system around the model.",
        ),
        Requirement(
            "V-2",
            "Validation is independent of development and use.",
            ("documentation.validation",),
            "Evidence of independence: Steward's gates are part of development.",
        ),
        Requirement("V-3", "Validators have expertise, and the authority to challenge.", (), "Who they are."),
        Requirement(
            "V-4",
            "It is validated before first use, or use is limited until it is.",
            ("gates", "releases", "documentation.validation"),
        ),
        Requirement(
            "V-5",
            "It is reviewed periodically, at least once a year.",
            ("champion_tests", "audit", "documentation.validation"),
        ),
        Requirement("V-6", "Material changes are validated.", ("releases", "gates")),
        Requirement(
            "V-7",
            "Conceptual soundness: assumptions, choice of variables, sensitivity and stress tests, judgement.",
            ("documentation.design_choice", "importances", "robustness", "behaviour"),
        ),
        Requirement(
            "V-8",
            "Ongoing monitoring looks at changes of products, exposures, clients and markets.",
            ("monitors", "checks", "alerts"),
        ),
        Requirement(
            "V-9",
            "Process verification: inputs are accurate and complete, and changes of code are controlled.",
            ("data_quality", "locks", "provenance"),
        ),
        Requirement(
            "V-10",
            "Benchmarking against other inputs, outputs or models.",
            ("evaluation",),
            "Benchmarks beyond the champion and a constant.",
        ),
        Requirement(
            "V-11", "Overrides of outputs are tracked and analysed.", (), "Overrides: they happen outside Steward."
        ),
        Requirement("V-12", "Outcomes analysis compares outputs with what came.", ("checks", "history")),
        Requirement(
            "V-13",
            "Back-tests on a span that development did not use, with intervals.",
            ("dataset_split", "metrics", "champion_tests"),
        ),
        Requirement("V-14", "Early warnings where outcomes come late.", ("estimated_performance", "drift_monitors")),
        Requirement(
            "V-15",
            "Results beyond limits lead to analysis, adjustment, recalibration or redevelopment.",
            ("alerts", "retraining_policy", "retraining_decisions"),
        ),
        Requirement(
            "V-16",
            "Products of vendors are validated, documented and have a contingency.",
            ("bill_of_materials",),
            "Models and data of vendors.",
        ),
    ),
)

_GOVERNANCE = RequirementGroup(
    "VI: governance, policies and controls",
    (
        Requirement(
            "VI-1",
            "Board and senior management establish the framework, and are told of significant risk.",
            (),
            "The framework, and what they were told.",
        ),
        Requirement(
            "VI-2",
            "Policies and procedures are written, reviewed annually, and set standards by risk.",
            (),
            "The policies.",
        ),
        Requirement(
            "VI-3",
            "Roles: owners are accountable for development, use and performance.",
            ("declaration",),
            "Owners of the use, where they are others.",
        ),
        Requirement(
            "VI-4",
            "Controls: who validates, approves, restricts, and resolves issues.",
            ("command_policy", "approval_policy", "approval", "guardrails", "commands"),
            "Who validates.",
        ),
        Requirement("VI-5", "Compliance with policies is assessed.", ("audit",), "The bank's own policies."),
        Requirement(
            "VI-6", "Internal audit assesses the framework as a whole.", ("audit", "ledger"), "Internal audit's report."
        ),
        Requirement(
            "VI-7",
            "Work of external parties is understood, evaluated and controlled.",
            (),
            "Contracts and reviews, where there are any.",
        ),
        Requirement(
            "VI-8",
            "An inventory has purpose, inputs, outputs, status, restrictions, dates and owners of each model.",
            ("declaration", "champion", "releases"),
            "Models that are not declared here.",
        ),
        Requirement(
            "VI-9",
            "Documentation lets parties who do not know the model understand it.",
            ("model_card", "data_card", "documentation.intended_use"),
        ),
        Requirement(
            "VI-10",
            "Documentation is kept up to date, and changes are tracked.",
            ("model_card", "declaration_history", "ledger"),
        ),
        Requirement(
            "VI-11",
            "Findings of validation and monitoring are tracked until they are resolved.",
            ("defects", "audit", "alerts"),
        ),
        Requirement(
            "VI-12",
            "Exceptions to policy are approved, documented and temporary.",
            ("exceptions", "overrides"),
            "Exceptions outside Steward.",
        ),
    ),
)

SR_11_7 = Framework(
    name="sr-11-7",
    title="SR 11-7: guidance on model risk management",
    source="SR letter 11-7 of the Federal Reserve and OCC Bulletin 2011-12, 4 April 2011",
    scope="Sections III to VI. The letter numbers sections alone: the numbers within them are ours.",
    groups=(_OVERVIEW, _DEVELOPMENT, _VALIDATION, _GOVERNANCE),
)
