"""Draws `tests/benchmarks/serving.svg` from `answers.json`: `python -m tests.benchmarks.serving.picture`."""

import json
from pathlib import Path

from tests.benchmarks.drawing import COLOURS, INK, axes_of

FOLDER = Path(__file__).parent


def main() -> None:
    """Draw each figure as a share of what was promised."""
    figures = json.loads((FOLDER / "answers.json").read_text(encoding="utf-8"))["figures"][::-1]
    figure, axes = axes_of(
        "Answers take less than half of what was promised",
        "milliseconds as a share of the promise",
        height=3.2,
        grid="x",
    )
    axes.barh([name for name, _, _ in figures], [found / most for _, found, most in figures], color=COLOURS["Steward"])
    for at, (_, found, most) in enumerate(figures):
        axes.text(found / most + 0.01, at, f"{found:g} of {most:g} ms", va="center", color=INK, fontsize=9)
    axes.axvline(1, color=INK, linewidth=1, linestyle=":")
    figure.savefig(FOLDER.parent / "serving.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
