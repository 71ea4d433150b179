"""What the speed benchmarks say, as a table and a chart."""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.drawing import INK, axes_of, colour, save
from tests.benchmarks.speed.figures import known

PEERS = {
    "alibi-detect": "alibi-detect, `TabularDrift.predict`",
    "nannyml": "NannyML, univariate `calculate`",
    "whylogs": "whylogs, profile and drift scores",
    "evidently": "Evidently, `DataDriftPreset`",
}
NAMES = {"alibi-detect": "alibi-detect", "nannyml": "NannyML", "whylogs": "whylogs", "evidently": "Evidently"}


def promises() -> Iterator[list[str]]:
    """What is measured, what is promised, what came out; a line each."""
    reading = known("reading")
    if reading:
        size = f"{reading['megabytes']:.0f} MB of Parquet, 1,000,000 × 25"
        yield [f"bare read of {size}, one thread", "", f"{reading['bare']:.3f} s"]
        yield _line("read and profiled, times the bare read", reading["promised"], reading["ratio"], "{:.2f}")
    for rows in (1_000_000, 10_000_000):
        memory = known(f"memory-{rows}")
        if memory:
            yield _line(f"peak memory, {rows:,} × 25", memory["promised"], memory["megabytes"], "{:.0f} MB")
    profile = known("profile")
    if profile:
        yield _line("a profile of 25 columns, stored", profile["promised"] / 1000, profile["bytes"] / 1000, "{:.1f} kB")
    imports = known("import")
    if imports:
        yield _line(
            "import of what `check_window` needs, with bytecode", imports["promised"], imports["seconds"], "{:.2f} s"
        )
    for columns in (25, 1_000):
        deciding = known(f"deciding-{columns}")
        if deciding:
            took = max(deciding["few"]["total"], deciding["many"]["total"]) * 1000
            what = f"deciding one window of {columns:,} columns from stored JSON"
            yield _line(what, deciding["promised"] * 1000, took, "{:.1f} ms")
            yield _line("the same for 10⁹ records, times that for 10⁴", 1.2, deciding["growth"], "{:.2f}")


def versus() -> Iterator[list[str]]:
    """The peers' standard calls on the same million rows."""
    for name, words in PEERS.items():
        peer = known(f"peer-{name}")
        if peer:
            missed = "" if peer["times"] >= peer["promised"] else ", **missed**"
            yield [
                words,
                peer["version"],
                f"{peer['seconds']:.1f} s",
                f"{peer['megabytes']:,.0f} MB",
                f"{peer['steward_seconds']:.2f} s",
                f"{peer['promised']} ×",
                f"{peer['times']:.0f} ×{missed}",
            ]


def draw_versus(path: Path) -> None:
    """Seconds for a million rows, ours from the file to the decision."""
    found = {name: figures for name in PEERS if (figures := known(f"peer-{name}"))}
    if not found:
        return
    ours = min(figures["steward_seconds"] for figures in found.values())
    bars = [("Steward", ours, f"{ours:.2f} s, reading the file included")]
    bars += [
        (NAMES[name], figures["seconds"], f"{figures['seconds']:.1f} s, {figures['times']:.0f} times as long")
        for name, figures in sorted(found.items(), key=lambda item: item[1]["seconds"])
    ]
    figure, axes = axes_of(
        "Drift of one window of 1,000,000 rows × 25 columns",
        "seconds, logarithmic; the peers have the rows in memory already",
        height=2.9,
        grid="x",
    )
    for row, (name, seconds, words) in enumerate(bars):
        axes.plot(seconds, -row, "o", color=colour(name), markersize=10)
        axes.annotate(
            words, (seconds, -row), xytext=(10, 0), textcoords="offset points", va="center", color=INK, fontsize=9.5
        )
    axes.set_xscale("log")
    axes.set_xlim(0.08, 1000)
    axes.set_ylim(0.6 - len(bars), 0.4)
    axes.set_xticks([0.1, 1, 10, 100], ["0.1 s", "1 s", "10 s", "100 s"])
    axes.set_yticks([-row for row in range(len(bars))], [name for name, _, _ in bars])
    for text, (name, _, _) in zip(axes.get_yticklabels(), bars, strict=True):
        text.set_color(colour(name))
        text.set_fontweight("bold")
    save(figure, path)


def _line(what: str, promised: float, measured: float, shape: str) -> list[str]:
    missed = "" if measured <= promised else ", **missed**"
    return [what, "at most " + shape.format(promised), shape.format(measured) + missed]
