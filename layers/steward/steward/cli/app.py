"""The command `steward`: every command with its place, and what happens when one fails."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from steward.cli.lazy import Entry, lazy_group
from steward.errors import SpecInvalid, StewardError

PANELS = {
    "Without a deployment": (
        Entry(
            "compare",
            "compare:compare_tables",
            "Say whether one table has drifted from another.",
            "steward compare reference.parquet current.csv --fail-on-drift",
        ),
        Entry(
            "suggest",
            "suggest:suggest",
            "Write a declaration that fits reference data.",
            "steward suggest reference.csv --model loans --owner risk-team --output loans.yaml",
        ),
        Entry(
            "validate",
            "validate:validate",
            "Read declarations, and upload nothing.",
            "steward validate loans.yaml",
        ),
        Entry(
            "import-sagemaker",
            "sagemaker:import_from_sagemaker",
            "Write a declaration from what SageMaker Model Monitor and Clarify left behind.",
            "steward import-sagemaker statistics.json constraints.json --model loans --owner risk-team "
            "--capture captures/",
        ),
    ),
    "Data": (
        Entry(
            "push",
            "push:upload_files",
            "Upload declarations or records, and show what became of them.",
            "steward push march.csv --model loans --kind predictions",
        ),
        Entry("quarantine", "quarantine:app", "Rejected rows and files: list, show, and release after a fix."),
        Entry(
            "defects",
            "defects:show_defects",
            "List the errors found in a model's data.",
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
            "Show every decision on a model as it is taken.",
            "steward watch loans --patience 60",
        ),
        Entry(
            "report",
            "report:report",
            "Bring a model's newest report to a folder.",
            "steward report loans --out reports --open",
        ),
        Entry(
            "explain",
            "explain:explain_check",
            "Show how a check's decisions came about, and work them out again.",
            "steward explain loans 20190408T000000Z_1w",
        ),
        Entry(
            "audit",
            "audit:audit",
            "Have every governance invariant of a model checked now.",
            "steward audit loans",
        ),
    ),
    "The deployment": (
        Entry(
            "doctor",
            "doctor:examine_deployment",
            "Say what is wrong with the deployment and how to mend it.",
            "steward doctor",
        ),
        Entry(
            "redrive",
            "redrive:send_round_again",
            "Show what failed too often, or send it round again.",
            "steward redrive ingest_records --send",
        ),
        Entry(
            "cost",
            "cost:cost",
            "Show what is stored and what a month takes, at list prices.",
            "steward cost loans",
        ),
    ),
    "Commands that are signed": (
        Entry(
            "acknowledge",
            "people:acknowledge",
            "Say that an alert was seen, so that it does not escalate.",
            'steward acknowledge loans --monitor feature_drift --note "on it"',
        ),
        Entry(
            "mute",
            "people:mute",
            "Have no notifications for a while.",
            'steward mute loans --for 2d --reason "new branch opens"',
        ),
        Entry("check", "people:check", "Have windows checked now.", "steward check loans"),
        Entry(
            "retrain",
            "people:retrain",
            "Ask the retraining policy for a run.",
            'steward retrain loans --reason "new product line"',
        ),
        Entry(
            "freeze",
            "people:freeze",
            "Have promotions wait.",
            'steward freeze loans --until 2026-12-27 --reason "nobody is here to look"',
        ),
        Entry("thaw", "people:thaw", "End a freeze.", 'steward thaw loans --reason "all are back"'),
        Entry(
            "roll-back",
            "people:roll_back",
            "Put the champion before in charge again.",
            'steward roll-back loans --reason "complaints since Tuesday"',
        ),
        Entry(
            "open-defect",
            "people:open_defect",
            "Report an error in a model's data.",
            'steward open-defect loans "income is in cents since March"',
        ),
        Entry(
            "change-defect",
            "people:change_defect",
            "Confirm, assign, correct, verify or close a defect.",
            "steward change-defect loans 5f0c2a7d assign --owner ana",
        ),
        Entry(
            "remove",
            "people:remove",
            "Stop looking after a model, for good.",
            'steward remove loans --reason "declared with the wrong window; loans-2 takes its place"',
        ),
    ),
    "Versions": (
        Entry("log", "versions:log", "Show what happened to a model, the newest first.", "steward log loans --last 10"),
        Entry(
            "show",
            "versions:show",
            "Show a spec revision, dataset, version, baseline, run, check or release.",
            "steward show loans 20190408",
        ),
        Entry("diff", "versions:diff", "Show how two of them differ.", "steward diff loans 20181105 20190408"),
        Entry(
            "checkout",
            "versions:checkout",
            "Bring a version's artifact, dataset and baseline to a folder.",
            "steward checkout loans 20190408 --to loans-april",
        ),
        Entry("outcome", "promotion:outcome", "Wait until the newest run has ended.", "steward outcome loans"),
        Entry(
            "promote",
            "promotion:promote",
            "Send a version with its evidence to another deployment.",
            "steward promote loans champion --from steward@staging --to steward@production",
        ),
    ),
}
"""Every command, under the headings of the help."""

app = typer.Typer(cls=lazy_group(PANELS), no_args_is_help=True, pretty_exceptions_enable=False)


def show_version(asked: bool) -> None:
    """Print the version, and leave."""
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - no command needs it

        typer.echo(f"steward {version('model-steward')}")
        raise typer.Exit


@app.callback()
def steward(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Look after machine-learning models in production."""


def main() -> None:
    """Run the command; what is wrong is said in words, with exit code 2."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would read the metadata of every package for them
    try:
        app()
    except StewardError as error:
        _fail(error, error.problems if isinstance(error, SpecInvalid) else [str(error)])
    except Exception as error:
        if not type(error).__module__.startswith("botocore."):  # which is not imported where nothing needs AWS
            raise
        from steward.store.access import describe_failure  # noqa: PLC0415

        _fail(error, [describe_failure(error)])  # type: ignore[arg-type]


def _fail(error: Exception, problems: list[str]) -> NoReturn:
    """Say what is wrong, to programs too where they asked for JSON, and leave."""
    from steward.cli.terminal import errors, print_json  # noqa: PLC0415 - Rich is not needed before

    if "--json" in sys.argv:
        print_json({"error": {"kind": type(error).__name__, "problems": problems}})
    for problem in problems:
        errors.print(problem, style="red", markup=False)
    sys.exit(2)


if __name__ == "__main__":
    main()
