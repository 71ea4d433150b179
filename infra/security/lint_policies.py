"""Lint IAM policies with parliament, by the Python of `make security`.

The argument is a file of `[[template, resource], document]`. Prints one line for each finding: template, resource,
issue, and what it is, with tabs between them. The caller knows which are to be left.
"""

import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", category=UserWarning)  # of pkg_resources, which parliament imports

from parliament import analyze_policy_string  # noqa: E402 - once the warning is off


def main(path: Path) -> None:
    """Print the findings."""
    for (template, resource), document in json.loads(path.read_text(encoding="utf-8")):
        for finding in analyze_policy_string(json.dumps(document), ignore_private_auditors=True).findings:
            print(template, resource, finding.issue, f"{finding.detail}", sep="\t")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
