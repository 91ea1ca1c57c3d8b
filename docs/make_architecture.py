"""Make the drawing and the table of docs/architecture.md from docs/wings.toml and the imports: `make pictures`."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import networkx
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.imports import LAYERS, ROOT, WINGS, Module, graph, sources

PAGE = Path(__file__).with_name("architecture.md")
PICTURE = Path(__file__).with_name("pictures") / "architecture.png"
COLOURS = {"derive": "#dfe9f3", "numeric": "#e3efdf", "catalog": "#f6ecd9", "resolvent": "#efe2ec"}
WIDTH, ROW = 10.5, 0.66
_CROWD = 5  # wings of one level


def wing_of(name: str) -> tuple[str, str]:
    """Package and wing of a module; the package's own module, its front door, is the wing of no name."""
    parts = name.split(".")[1:]
    package = parts.pop(0) if parts and parts[0] in LAYERS[:-1] else "resolvent"
    return package, parts[0] if parts else ""


def wing_graph(modules: dict[str, Module]) -> networkx.DiGraph:
    """The imports between wings of one package, front doors left out."""
    arrows = networkx.DiGraph()
    arrows.add_nodes_from((package, wing) for package in LAYERS for wing in WINGS[package])
    for start, end in graph(modules).edges:
        a, b = wing_of(start), wing_of(end)
        if a != b and a[0] == b[0] and a[1] and b[1]:
            arrows.add_edge(a, b)
    return arrows


def drawing(modules: dict[str, Module]) -> Figure:
    """The packages as bands, bottom up, in each its wings by level, with the arrows that others do not imply."""
    arrows = wing_graph(modules)
    levels = {wing: k for k, row in enumerate(networkx.topological_generations(arrows.reverse())) for wing in row}
    places: dict[tuple[str, str], tuple[float, float]] = {}
    bands, bottom = [], 0.0
    for package in LAYERS:
        rows: dict[int, list[tuple[str, str]]] = {}
        for wing in WINGS[package]:
            rows.setdefault(levels[package, wing], []).append((package, wing))
        for k, level in enumerate(sorted(rows)):
            offset = 0.38 if len(rows[level]) > _CROWD else 0.5 if k % 2 else 0.62  # arrows pass between the boxes
            for j, node in enumerate(rows[level]):
                x = 1.9 + (WIDTH - 1.9) * (j + offset) / len(rows[level])
                places[node] = (min(x, WIDTH - 0.9), bottom + 0.45 + ROW * k)
        height = 0.3 + ROW * len(rows)
        bands.append((package, bottom, height))
        bottom += height + 0.12
    figure = Figure(figsize=(WIDTH, bottom), layout="constrained")
    axes = figure.add_subplot(xlim=(0, WIDTH), ylim=(-0.05, bottom))
    axes.set_axis_off()
    for package, start, height in bands:
        axes.add_patch(FancyBboxPatch((0.1, start), WIDTH - 0.2, height, "round,pad=0,rounding_size=.12",
                                      facecolor=COLOURS[package], edgecolor="none"))  # fmt: skip
        axes.text(0.3, start + height / 2, package, va="center", fontsize=15, fontweight="bold", color="#333333")
    boxes = {
        node: axes.text(x, y, node[1].strip("_"), ha="center", va="center", fontsize=11, zorder=3,
                        bbox={"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "#6f6f6f"})
        for node, (x, y) in places.items()
    }  # fmt: skip
    figure.draw_without_rendering()  # the boxes have their sizes from here on
    for a, b in networkx.transitive_reduction(arrows).edges:
        axes.add_patch(FancyArrowPatch(places[a], places[b], arrowstyle="-|>", mutation_scale=11, color="#777777",
                                       patchA=boxes[a].get_bbox_patch(), patchB=boxes[b].get_bbox_patch(),
                                       shrinkA=0, shrinkB=2, zorder=2))  # fmt: skip
    return figure


def table(modules: dict[str, Module]) -> str:
    """Every wing with the first paragraph of its docstring, from the top down."""
    lines = ["| wing | what is in it |", "|---|---|"]
    for package in reversed(LAYERS):
        for wing in reversed(WINGS[package]):
            name = f"resolvent.{wing}" if package == "resolvent" else f"resolvent.{package}.{wing}"
            summary = (ast.get_docstring(modules[name].tree) or "").split("\n\n")[0].replace("\n", " ")
            lines.append(f"| `{name.removeprefix('resolvent.')}` | {summary} |")
    return "\n".join(lines) + "\n"


def page(modules: dict[str, Module]) -> str:
    """The page with its table made again."""
    text = PAGE.read_text(encoding="utf-8")
    return re.sub(r"(<!-- wings -->\n).*?(<!-- /wings -->)", lambda m: m[1] + table(modules) + m[2], text, flags=re.S)


if __name__ == "__main__":
    found = sources(ROOT)
    PAGE.write_text(page(found), encoding="utf-8")
    drawing(found).savefig(PICTURE, dpi=110)
