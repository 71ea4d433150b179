"""The functions MEASURE and MANAGE of the NIST AI Risk Management Framework 1.0.

Source: NIST AI 100-1 (2023), tables 3 and 4.
"""

from steward.governance.frameworks.requirement import Requirement, RequirementGroup

MEASURE = (
    RequirementGroup(
        "MEASURE 1: methods and metrics are identified and applied",
        (
            Requirement(
                "MEASURE 1.1",
                "Metrics for the most significant risks are chosen; what cannot be measured is documented.",
                ("monitors", "validation_policy"),
                "Risks that are not measured.",
            ),
            Requirement(
                "MEASURE 1.2",
                "Appropriateness of metrics and effectiveness of controls are assessed regularly.",
                ("documentation.metric_choice", "champion_tests"),
                "The regular assessment.",
            ),
            Requirement(
                "MEASURE 1.3",
                "Experts who did not develop it, or independent assessors, take part in assessments.",
                ("documentation.validation",),
                "Who they were.",
            ),
        ),
    ),
    RequirementGroup(
        "MEASURE 2: systems are evaluated for trustworthy characteristics",
        (
            Requirement(
                "MEASURE 2.1", "Test sets, metrics and tools are documented.", ("evaluation", "dataset", "libraries")
            ),
            Requirement(
                "MEASURE 2.2",
                "Evaluations with human subjects meet requirements and represent the population.",
                ("gradual_release",),
                "Approval and consent, where people take part.",
            ),
            Requirement(
                "MEASURE 2.3",
                "Performance is measured for conditions like those of deployment.",
                ("evaluation", "checks"),
            ),
            Requirement(
                "MEASURE 2.4", "Functionality and behaviour are monitored in production.", ("monitors", "checks")
            ),
            Requirement(
                "MEASURE 2.5",
                "It is demonstrated to be valid and reliable; limits of generalisation are documented.",
                ("gates", "metrics", "documentation.limitations"),
            ),
            Requirement(
                "MEASURE 2.6",
                "It is evaluated regularly for safety risks, and fails safely.",
                ("rollback", "robustness"),
                "Safety risks of the use.",
            ),
            Requirement(
                "MEASURE 2.7",
                "Security and resilience are evaluated and documented.",
                ("documentation.security", "robustness", "provenance"),
            ),
            Requirement(
                "MEASURE 2.8",
                "Risks of transparency and accountability are examined.",
                ("ledger", "model_card", "audit"),
            ),
            Requirement(
                "MEASURE 2.9",
                "The model is explained, validated and documented, and outputs are interpreted in context.",
                ("importances", "attributions", "model_card"),
            ),
            Requirement(
                "MEASURE 2.10",
                "Privacy risk is examined and documented.",
                ("data.contains_personal_data", "data.legal_basis", "retention"),
                "The assessment.",
            ),
            Requirement(
                "MEASURE 2.11",
                "Fairness and bias are evaluated, and results are documented.",
                ("fairness", "segments", "data.biases"),
            ),
            Requirement(
                "MEASURE 2.12",
                "Environmental impact and sustainability are assessed.",
                ("training_cost",),
                "The assessment; what is stored is the price of processor time.",
            ),
            Requirement(
                "MEASURE 2.13",
                "Effectiveness of metrics and processes of measurement is evaluated.",
                ("champion_tests", "reproduction"),
                "The evaluation.",
            ),
        ),
    ),
    RequirementGroup(
        "MEASURE 3: risks are tracked over time",
        (
            Requirement(
                "MEASURE 3.1",
                "Existing, unanticipated and emergent risks are identified and tracked.",
                ("alerts", "defects", "monitors"),
            ),
            Requirement(
                "MEASURE 3.2",
                "Tracking is considered where risks are hard to assess or no metric exists.",
                ("estimated_performance",),
                "Risks without a metric.",
            ),
            Requirement(
                "MEASURE 3.3",
                "End users and communities can report problems and appeal outcomes.",
                ("documentation.contact", "defects"),
                "The way to appeal.",
            ),
        ),
    ),
    RequirementGroup(
        "MEASURE 4: feedback on the efficacy of measurement is gathered",
        (
            Requirement(
                "MEASURE 4.1",
                "Measurement is connected to the context of deployment, informed by experts and users.",
                ("documentation.factors", "documentation.metric_choice"),
                "Who informed it.",
            ),
            Requirement(
                "MEASURE 4.2",
                "Results on trustworthiness in deployment are informed by experts and users.",
                ("checks",),
                "Whom they were put before.",
            ),
            Requirement(
                "MEASURE 4.3",
                "Improvements or declines of performance are identified and documented.",
                ("history", "releases"),
            ),
        ),
    ),
)

MANAGE = (
    RequirementGroup(
        "MANAGE 1: risks are prioritised, responded to and managed",
        (
            Requirement(
                "MANAGE 1.1",
                "It is determined whether the system achieves its purpose and should proceed.",
                ("gates", "releases"),
                "The decision on the purpose.",
            ),
            Requirement(
                "MANAGE 1.2",
                "Treatment of risks is prioritised by impact, likelihood and resources.",
                ("alert_policy", "defects"),
                "Priorities among risks.",
            ),
            Requirement(
                "MANAGE 1.3",
                "Responses to high-priority risks are developed, planned and documented.",
                ("documentation.risk_controls", "actions"),
            ),
            Requirement(
                "MANAGE 1.4",
                "Residual risks to acquirers and end users are documented.",
                ("documentation.risk_controls", "documentation.limitations"),
            ),
        ),
    ),
    RequirementGroup(
        "MANAGE 2: strategies maximise benefits and minimise negative impacts",
        (
            Requirement(
                "MANAGE 2.1",
                "Resources are considered along with alternatives that are no AI systems.",
                ("documentation.design_choice", "training_cost"),
                "The alternatives.",
            ),
            Requirement(
                "MANAGE 2.2",
                "Mechanisms sustain the value of deployed systems.",
                ("retraining_policy", "monitors", "checks"),
            ),
            Requirement(
                "MANAGE 2.3",
                "Procedures respond to and recover from a risk that was unknown.",
                ("rollback", "commands", "alerts"),
            ),
            Requirement(
                "MANAGE 2.4",
                "Mechanisms supersede, disengage or deactivate systems that do not behave as intended.",
                ("rollback", "commands"),
                "Switching off the system around the model.",
            ),
        ),
    ),
    RequirementGroup(
        "MANAGE 3: risks from third parties are managed",
        (
            Requirement(
                "MANAGE 3.1",
                "Risks and benefits from third-party resources are monitored, and controls applied.",
                ("bill_of_materials", "locks"),
                "Their monitoring.",
            ),
            Requirement(
                "MANAGE 3.2", "Pre-trained models are monitored as part of regular monitoring.", ("monitors", "recipe")
            ),
        ),
    ),
    RequirementGroup(
        "MANAGE 4: treatments, response, recovery and communication are documented and monitored",
        (
            Requirement(
                "MANAGE 4.1",
                "Monitoring plans are carried out: feedback, appeal, override, decommissioning, incidents, change.",
                ("documentation.monitoring_plan", "checks", "alerts", "releases", "overrides"),
            ),
            Requirement(
                "MANAGE 4.2",
                "Measurable continual improvement is part of updates, with regular engagement.",
                ("releases", "gates"),
            ),
            Requirement(
                "MANAGE 4.3",
                "Incidents and errors are communicated; tracking, response and recovery are documented.",
                ("alerts", "defects", "ledger"),
                "Communication to affected communities.",
            ),
        ),
    ),
)
