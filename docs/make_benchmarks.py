"""Make the picture of the benchmarks from benchmarks/RESULTS.md: `make pictures`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from resolvent.numeric.style import LINES, QUIET, finish, legend, set_title

HERE = Path(__file__).parent
RESULTS = HERE.parent / "benchmarks" / "RESULTS.md"
COLOURS = {"rmtool": LINES[0], "freealg": LINES[1], "scikit-rmt": LINES[2]}


class Bar(NamedTuple):
    """How many times longer another package takes for the same."""

    task: str
    package: str
    ratio: float
    errors: tuple[float, float] | None = None  # there and here, where they differ much


def bars(text: str) -> list[Bar]:
    """The comparisons with other packages in the tables of the results."""
    tables = {tuple(rows[0][:2]): rows[1:] for rows in _tables(text)}
    found = []
    for name, _, _, ratio, *_ in tables["case", "rmtool, s"]:
        found.append(Bar(name if "moments" in name else f"law of {name}", "rmtool", float(ratio.replace(",", ""))))
    for name, against, ratio, *_ in tables["values", "against"]:
        if against.startswith("rmtool's"):
            found.append(Bar(f"density at {name.removesuffix(', after construction')}", "rmtool", float(ratio)))
    side_by_side = tables["on the same input", "package"]
    measured = [(task, package, float(ms), float(error)) for task, package, ms, error in side_by_side]
    own = {task: (ms, error) for task, package, ms, error in measured if package == "resolvent"}
    for task, package, ms, error in measured:
        if package in COLOURS:
            is_worse = error > 1e3 * own[task][1]
            found.append(Bar(task, package, ms / own[task][0], (error, own[task][1]) if is_worse else None))
    return found


def _tables(text: str) -> Iterator[list[list[str]]]:
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        lines = [line.strip("|\n ").split(" | ") for line in table.splitlines()]
        yield [[cell.strip(" |") for cell in line] for line in lines if not line[0].startswith("---")]


def benchmarks() -> Figure:
    """All ratios on one axis, those in which the other package is faster among them."""
    found = bars(RESULTS.read_text())
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    axes = figure.add_subplot()
    for place, bar in enumerate(reversed(found)):
        axes.barh(place, bar.ratio - 1, left=1, height=0.6, color=COLOURS[bar.package])
        words = f"{bar.ratio:,.0f}" if bar.ratio >= 10 else f"{bar.ratio:.2g}"
        if bar.errors:
            words += ", with an error of {:.0e} there and of {:.0e} here".format(*bar.errors)
        offset, side = ((4, 0), "left") if bar.ratio >= 1 or bar.errors else ((-4, 0), "right")
        at = max(bar.ratio, 1.0) if side == "left" else bar.ratio
        axes.annotate(words, (at, place), xytext=offset, textcoords="offset points", ha=side, va="center", fontsize=8)
    axes.set_yticks(range(len(found)), [re.sub(r"10\^5|F_\d", r"$\g<0>$", b.task) for b in reversed(found)], fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(0.01, 3e4)
    axes.axvline(1, color=QUIET, linewidth=0.8)
    axes.set_xlabel("time of the other package over ours: to the right of 1 resolvent is faster")
    set_title(axes, "The same task, in one process")
    handles = [axes.barh(0, 0, color=colour, label=name) for name, colour in COLOURS.items()]
    legend(axes, handles=handles, loc="lower right")
    finish(axes)
    return figure


if __name__ == "__main__":
    benchmarks().savefig(HERE / "pictures" / "benchmarks.png", dpi=110)
