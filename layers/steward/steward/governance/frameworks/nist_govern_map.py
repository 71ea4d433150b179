"""The functions GOVERN and MAP of the NIST AI Risk Management Framework 1.0.

Source: NIST AI 100-1 (2023), tables 1 and 2.
"""

from steward.governance.frameworks.requirement import Requirement, RequirementGroup

GOVERN = (
    RequirementGroup(
        "GOVERN 1: policies, processes and practices are in place, transparent and effective",
        (
            Requirement(
                "GOVERN 1.1",
                "Legal and regulatory requirements are understood, managed and documented.",
                ("documentation.standards",),
                "Which laws apply.",
            ),
            Requirement(
                "GOVERN 1.2",
                "Characteristics of trustworthy AI are part of policies and practices.",
                ("validation_policy", "audit"),
                "The organisation's policies.",
            ),
            Requirement(
                "GOVERN 1.3",
                "Processes determine how much risk management is needed, by risk tolerance.",
                (),
                "The risk tolerance, and the process.",
            ),
            Requirement(
                "GOVERN 1.4",
                "The risk management process and its outcomes are established by transparent policies and controls.",
                ("declaration", "ledger"),
                "The risk management process.",
            ),
            Requirement(
                "GOVERN 1.5",
                "Monitoring and periodic review are planned, with roles and frequencies.",
                ("schedules", "documentation.monitoring_plan"),
            ),
            Requirement(
                "GOVERN 1.6",
                "There is an inventory of AI systems.",
                ("declaration",),
                "Systems that are not declared here.",
            ),
            Requirement(
                "GOVERN 1.7",
                "Systems can be decommissioned safely.",
                ("commands", "retention"),
                "The plan to do without the system.",
            ),
        ),
    ),
    RequirementGroup(
        "GOVERN 2: people are accountable, empowered and trained",
        (
            Requirement(
                "GOVERN 2.1",
                "Roles, responsibilities and lines of communication are documented and clear.",
                ("declaration", "command_policy"),
                "Roles beyond owner and those who may give commands.",
            ),
            Requirement("GOVERN 2.2", "Personnel and partners are trained in AI risk management.", (), "The training."),
            Requirement(
                "GOVERN 2.3", "Executive leadership takes responsibility for decisions about risks.", (), "Who does."
            ),
        ),
    ),
    RequirementGroup(
        "GOVERN 3: diversity, equity, inclusion and accessibility have priority",
        (
            Requirement("GOVERN 3.1", "Decisions are informed by a diverse team.", (), "The team."),
            Requirement(
                "GOVERN 3.2",
                "Policies define roles in human-AI configurations and in oversight.",
                ("documentation.human_oversight", "command_policy", "approval_policy"),
            ),
        ),
    ),
    RequirementGroup(
        "GOVERN 4: teams are committed to a culture that considers and communicates risk",
        (
            Requirement("GOVERN 4.1", "Policies foster critical thinking and safety first.", (), "These policies."),
            Requirement(
                "GOVERN 4.2",
                "Teams document risks and impacts, and communicate them.",
                ("documentation.risks", "documentation.ethics", "model_card"),
            ),
            Requirement(
                "GOVERN 4.3",
                "Testing, identification of incidents and sharing of information are enabled.",
                ("alerts", "defects", "evaluation"),
            ),
        ),
    ),
    RequirementGroup(
        "GOVERN 5: relevant AI actors are engaged",
        (
            Requirement(
                "GOVERN 5.1",
                "Feedback from outside the team is collected, considered and prioritised.",
                ("documentation.contact",),
                "What came of it.",
            ),
            Requirement(
                "GOVERN 5.2",
                "Adjudicated feedback is regularly worked into design and implementation.",
                ("defects",),
                "Feedback that is no defect of data.",
            ),
        ),
    ),
    RequirementGroup(
        "GOVERN 6: risks of third-party software, data and supply chains are addressed",
        (
            Requirement(
                "GOVERN 6.1",
                "Policies address risks of third parties, infringement of rights included.",
                ("data.licence", "bill_of_materials"),
                "These policies.",
            ),
            Requirement(
                "GOVERN 6.2",
                "Contingency processes handle failures of high-risk third-party data or systems.",
                ("rollback",),
                "Contingencies beyond going back to the version before.",
            ),
        ),
    ),
)

MAP = (
    RequirementGroup(
        "MAP 1: context is established and understood",
        (
            Requirement(
                "MAP 1.1",
                "Purposes, beneficial uses, laws, norms, settings, users, and assumptions and limits are documented.",
                (
                    "documentation.intended_use",
                    "documentation.intended_users",
                    "documentation.limitations",
                    "documentation.out_of_scope",
                ),
            ),
            Requirement(
                "MAP 1.2",
                "Interdisciplinary actors take part, and their diversity is documented.",
                (),
                "Who took part.",
            ),
            Requirement(
                "MAP 1.3",
                "The organisation's mission and goals for the technology are documented.",
                (),
                "Mission and goals.",
            ),
            Requirement(
                "MAP 1.4",
                "Business value or context of use is defined.",
                ("business_value", "documentation.intended_use"),
            ),
            Requirement(
                "MAP 1.5",
                "Risk tolerances are determined and documented.",
                ("validation_policy", "guardrails", "monitors"),
                "Tolerances that no limit of the declaration expresses.",
            ),
            Requirement(
                "MAP 1.6",
                "System requirements are elicited and understood, socio-technical implications included.",
                ("documentation.design_choice", "declaration"),
                "Requirements that are not of the model.",
            ),
        ),
    ),
    RequirementGroup(
        "MAP 2: the system is categorised",
        (
            Requirement("MAP 2.1", "Tasks and methods are defined.", ("declaration", "recipe")),
            Requirement(
                "MAP 2.2",
                "Limits of knowledge, and how outputs are used and overseen, are documented.",
                ("documentation.limitations", "documentation.human_oversight"),
            ),
            Requirement(
                "MAP 2.3",
                "Scientific integrity and test considerations are documented: design, data, validity of constructs.",
                ("evaluation", "dataset_split", "documentation.metric_choice", "data.collection"),
            ),
        ),
    ),
    RequirementGroup(
        "MAP 3: capabilities, usage, goals, benefits and costs are understood",
        (
            Requirement(
                "MAP 3.1",
                "Potential benefits are examined and documented.",
                ("documentation.intended_use", "business_value"),
            ),
            Requirement(
                "MAP 3.2",
                "Potential costs of errors, monetary or not, are examined and documented.",
                ("business_value", "documentation.risks"),
            ),
            Requirement(
                "MAP 3.3",
                "The targeted scope of application is specified.",
                ("documentation.intended_use", "documentation.out_of_scope"),
            ),
            Requirement(
                "MAP 3.4",
                "Proficiency of operators and practitioners is defined, assessed and documented.",
                ("documentation.intended_users",),
                "The assessment.",
            ),
            Requirement(
                "MAP 3.5",
                "Processes of human oversight are defined, assessed and documented.",
                ("documentation.human_oversight", "approval_policy", "approval"),
                "The assessment.",
            ),
        ),
    ),
    RequirementGroup(
        "MAP 4: risks and benefits of all components are mapped",
        (
            Requirement(
                "MAP 4.1",
                "Technology and legal risks of components, third-party data and software included, are mapped.",
                ("bill_of_materials", "data.licence"),
                "The legal assessment.",
            ),
            Requirement(
                "MAP 4.2",
                "Internal controls for components, third-party ones included, are identified.",
                ("provenance", "locks"),
            ),
        ),
    ),
    RequirementGroup(
        "MAP 5: impacts on individuals, groups, communities, organisations and society are characterised",
        (
            Requirement(
                "MAP 5.1",
                "Likelihood and magnitude of impacts are identified and documented.",
                ("documentation.risks", "data.social_impact"),
            ),
            Requirement(
                "MAP 5.2",
                "Practices and personnel engage regularly with relevant actors about impacts.",
                ("documentation.contact",),
                "The practice.",
            ),
        ),
    ),
)
