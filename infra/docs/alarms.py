"""The CloudWatch alarms on Steward itself."""

from infra.docs import template
from steward.selfcheck.runbooks import RUNBOOKS


def table() -> str:
    """Every alarm with the metric that it watches, and what its notification says."""
    lines = ["| alarm | metric | what it means, and what to do |", "| --- | --- | --- |"]
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        metric = f"`{alarm['MetricName'].replace('${AWS::StackName}', '<stack>')}` of {alarm['Namespace']}"
        meaning = alarm["AlarmDescription"].removesuffix(f" See {RUNBOOKS}#{name.lower()}")
        lines.append(f"| [`{name}`](runbooks.md#{name.lower()}) | {metric} | {meaning} |")
    return "\n".join(lines)
