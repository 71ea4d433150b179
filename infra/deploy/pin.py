"""Have a built template allow the processor architecture that it was built for, and no other.

`python -m infra.deploy.pin .aws-sam/build/template.yaml arm64`: whoever answers otherwise in a guided deployment is
refused at once. The stack would be created, and every function would fail at its first import.
"""

import argparse
from pathlib import Path
from typing import Any

import yaml


def pin(template: dict[str, Any], architecture: str) -> None:
    """Leave one value for the parameter `Architecture`, in place."""
    template["Parameters"]["Architecture"] |= {"Default": architecture, "AllowedValues": [architecture]}


def main(arguments: list[str] | None = None) -> None:
    """Rewrite the built template."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("built", type=Path, help="the template that `sam build` wrote")
    parser.add_argument("architecture", choices=["arm64", "x86_64"])
    given = parser.parse_args(arguments)
    template = yaml.safe_load(given.built.read_text(encoding="utf-8"))
    pin(template, given.architecture)
    given.built.write_text(yaml.safe_dump(template, sort_keys=False, width=120), encoding="utf-8")


if __name__ == "__main__":
    main()
