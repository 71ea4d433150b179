"""Count what Lambda unpacks for each function, and fail with less than 5 % of its limit to spare.

`python -m infra.deploy.sizes` looks at what `make build` made in `.aws-sam/build`.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

LIMIT = 262_144_000
"""Bytes of a function with all its layers, unzipped (Lambda Developer Guide, "Lambda quotas")."""

SPARE = 0.05


def unpacked(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def function_sizes(built: Path, template: Mapping[str, Any]) -> dict[str, int]:
    """The unzipped size in bytes of each function with its layers, by logical id.

    Args:
        built: folder of `sam build`, which has one folder for each function and layer.
        template: what it built.
    """
    resources = template["Resources"]
    layers = {name: unpacked(built / name) for name, one in resources.items() if one["Type"].endswith("LayerVersion")}
    return {
        name: unpacked(built / name) + sum(layers[layer["Ref"]] for layer in one["Properties"]["Layers"])
        for name, one in resources.items()
        if one["Type"] == "AWS::Serverless::Function"
    }


def too_large(sizes: Mapping[str, int]) -> list[str]:
    """The functions that leave too little of the limit."""
    return [name for name, size in sizes.items() if size > (1 - SPARE) * LIMIT]


def main(arguments: list[str] | None = None) -> None:
    """Print every function's size; exit with 1 if one is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("built", nargs="?", type=Path, default=Path(".aws-sam/build"), help="folder of sam build")
    built: Path = parser.parse_args(arguments).built
    sizes = function_sizes(built, yaml.safe_load((built / "template.yaml").read_text(encoding="utf-8")))
    for name, size in sorted(sizes.items(), key=lambda one: one[1]):
        print(f"{name:<18} {size:>11,} bytes, {1 - size / LIMIT:6.1%} of {LIMIT:,} to spare")
    found = too_large(sizes)
    if found:
        sys.exit(
            f"less than {SPARE:.0%} to spare: {', '.join(found)}; drop what nobody imports in the layers' makefiles"
        )


if __name__ == "__main__":
    main()
