"""The commands of `steward`, in the panels in which its help shows them."""

from steward.cli.lazy import Entry

PANELS = {
    "Without a deployment": (
        Entry(
            "compare",
            "compare:compare_tables",
            "Test whether one table has drifted from another.",
            "steward compare reference.parquet current.csv --fail-on-drift",
        ),
        Entry(
            "suggest",
            "suggest:suggest",
            "Infer a declaration from reference data.",
            "steward suggest reference.csv --model loans --owner risk-team --output loans.yaml",
        ),
        Entry(
            "backtest",
            "backtest:rehearse_policies",
            "Rehearse retraining policies on a model's own past.",
            "steward backtest loans.csv --files --spec loans.yaml --reference-until 2019-01-01 --policy monthly.yaml",
        ),
        Entry(
            "validate",
            "validate:validate",
            "Validate declarations without uploading them.",
            "steward validate loans.yaml",
        ),
        Entry(
            "import-sagemaker",
            "sagemaker:import_from_sagemaker",
            "Convert baselines of SageMaker Model Monitor and Clarify to a declaration.",
            "steward import-sagemaker statistics.json constraints.json --model loans --owner risk-team "
            "--capture captures/",
        ),
        Entry(
            "import",
            "version_registries:import_version",
            "Convert a version of MLflow or the SageMaker Model Registry to a declaration.",
            "steward import mlflow-model/ --model loans --owner risk-team --output loans.yaml",
        ),
        Entry(
            "plan-experiment",
            "plan_experiment:plan_experiment",
            "Work out the users and days that an experiment takes.",
            "steward plan-experiment --rate 0.12 --smallest 0.01 --per-day 5000",
        ),
    ),
    "Data": (
        Entry(
            "push",
            "push:upload_files",
            "Upload declarations or records, and wait for the result.",
            "steward push march.csv --model loans --kind predictions",
        ),
        Entry("quarantine", "quarantine:app", "List, show and release rejected rows and files."),
        Entry(
            "subject-report",
            "subjects:subject_report",
            "Show what is held of a subject.",
            "steward subject-report --subject customer-17 --to report",
        ),
        Entry(
            "defects",
            "defects:show_defects",
            "List the defects in a model's data.",
            "steward defects loans",
        ),
    ),
    "Monitoring": (
        Entry(
            "status",
            "status:show_status",
            "Show champions, alerts and the newest runs.",
            "steward status loans",
        ),
        Entry(
            "watch",
            "watch:watch",
            "Follow the decisions about a model as they are made.",
            "steward watch loans --patience 60",
        ),
        Entry(
            "report",
            "report:report",
            "Download a model's newest report.",
            "steward report loans --out reports --open",
        ),
        Entry(
            "explain",
            "explain:explain_check",
            "Show the evidence of a check, and recompute its results.",
            "steward explain loans 20190408T000000Z_1w",
        ),
        Entry(
            "decisions",
            "decisions:show_decisions",
            "Show what the retraining policy decided, by which rules and inputs.",
            "steward decisions loans",
        ),
        Entry(
            "audit",
            "audit:audit",
            "Audit a model's invariants now, or pack the evidence for an auditor.",
            "steward audit loans",
        ),
        Entry(
            "docs",
            "docs:write_documents",
            "Write technical files, and show the documents kept of a model.",
            "steward docs loans --format annex-iv --to files",
        ),
    ),
    "The deployment": (
        Entry(
            "doctor",
            "doctor:show_diagnosis",
            "Find problems of the deployment, with the command that fixes each.",
            "steward doctor",
        ),
        Entry(
            "resend",
            "resend:resend",
            "List uploads that were never answered, or have them taken in.",
            "steward resend --since 2026-11-28T09:00Z --send",
        ),
        Entry(
            "redrive",
            "redrive:redrive",
            "List dead-lettered messages with the error, or send them again.",
            "steward redrive ingest_records --send",
        ),
        Entry(
            "cost",
            "cost:cost",
            "Estimate the monthly cost at list prices.",
            "steward cost loans",
        ),
    ),
    "Signed commands": (
        Entry(
            "acknowledge",
            "signed_commands:acknowledge",
            "Acknowledge an alert, so that it does not escalate.",
            'steward acknowledge loans --monitor feature_drift --note "on it"',
        ),
        Entry(
            "mute",
            "signed_commands:mute",
            "Mute notifications for a time.",
            'steward mute loans --for 2d --reason "new branch opens"',
        ),
        Entry("check", "signed_commands:check", "Check windows now.", "steward check loans"),
        Entry(
            "erase",
            "subjects:erase",
            "Erase all rows of a subject, and print the statement.",
            'steward erase --subject customer-17 --reason "request 2026-113"',
        ),
        Entry(
            "retrain",
            "signed_commands:retrain",
            "Request a retraining, subject to the policy.",
            'steward retrain loans --reason "new product line"',
        ),
        Entry(
            "freeze",
            "signed_commands:freeze",
            "Stop promotions until a time.",
            'steward freeze loans --until 2026-12-27 --reason "holidays"',
        ),
        Entry("thaw", "signed_commands:thaw", "End a freeze.", 'steward thaw loans --reason "holidays are over"'),
        Entry(
            "release",
            "release:release",
            "Show, move or end the gradual release of a version.",
            'steward release loans abort --reason "complaints since Tuesday"',
        ),
        Entry("guardrails", "guardrails:guardrails", "Show or approve guardrails.", "steward guardrails loans"),
        Entry("review", "release:review", "Review an emergency override.", 'steward review loans --reason "checked"'),
        Entry(
            "roll-back",
            "signed_commands:roll_back",
            "Make the previous champion the champion again.",
            'steward roll-back loans --reason "complaints since Tuesday"',
        ),
        Entry(
            "open-defect",
            "signed_commands:open_defect",
            "Report an error in a model's data.",
            'steward open-defect loans "income is in cents since March"',
        ),
        Entry(
            "change-defect",
            "signed_commands:change_defect",
            "Confirm, assign, correct, verify or close a defect.",
            "steward change-defect loans 5f0c2a7d assign --owner ana",
        ),
        Entry(
            "except",
            "exceptions:except_invariant",
            "Except an invariant of audits for a time.",
            'steward except loans licence_known --owner ana --for 90d --reason "the contract is being renewed"',
        ),
        Entry(
            "remove",
            "signed_commands:remove",
            "Remove a model permanently.",
            'steward remove loans --reason "declared with the wrong window; loans-2 takes its place"',
        ),
    ),
    "Versions": (
        Entry("log", "versions:log", "Show the history of a model, newest first.", "steward log loans --last 10"),
        Entry(
            "show",
            "versions:show",
            "Show a spec revision, dataset, version, baseline, run, check or release.",
            "steward show loans 20190408",
        ),
        Entry(
            "diff",
            "versions:diff",
            "Compare two revisions, versions or datasets.",
            "steward diff loans 20181105 20190408",
        ),
        Entry(
            "checkout",
            "versions:checkout",
            "Download a version's artifact, dataset and baseline.",
            "steward checkout loans 20190408 --to loans-april",
        ),
        Entry(
            "export",
            "version_onnx:export",
            "Write a version as an ONNX model, or for MLflow or SageMaker.",
            "steward export loans champion --format onnx",
        ),
        Entry(
            "predict",
            "predict:predict",
            "Ask for predictions of a file's rows.",
            "steward predict loans april.csv --output april-scored.jsonl",
        ),
        Entry(
            "reproduce",
            "reproduce:reproduce",
            "Train a version again, and compare the artifacts.",
            "steward reproduce loans 20190408",
        ),
        Entry(
            "lineage",
            "trace:trace_lineage",
            "Show what a version, a prediction or a file came from, and what came of it.",
            "steward lineage champion --model loans",
        ),
        Entry("outcome", "promotion:outcome", "Wait for the newest run to end.", "steward outcome loans"),
        Entry(
            "promote",
            "promotion:promote",
            "Promote a version to another deployment.",
            "steward promote loans champion --from steward@staging --to steward@production",
        ),
    ),
}
