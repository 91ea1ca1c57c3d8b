"""Pictures of admissible graphs: every graph of a moment on one sheet, with its weight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.graphs.admissible_graphs import (
    AdmissibleGraph,
    admissible_graphs,
    number_of_graphs,
    number_text,
    symmetry_classes,
)
from resolvent.numeric.pictures.graph_layout import GraphLayout, graph_layout
from resolvent.numeric.style import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

MOST_DRAWINGS = 300
"""The number of graphs that are drawn without an explicit go-ahead."""

_FONT = 10  # points
_BELOW = 0.4  # inches for the weight
_SMALLEST = 0.8  # of the sheet's scale, for drawings wider than the others
_INK = "#1f3a5f"
_CYCLES = (
    "#3f6ea8", "#c8742f", "#4c8c5c", "#8a5fa8", "#c2a12d", "#3f9c9c", "#b5537a", "#7a6146", "#7d8a2e", "#5b6b7f"
)  # fmt: skip
_MARKERS = "osD^vhp"
_FACES = (_INK, "white", "#9fb3cc")


# -- weights ---------------------------------------------------------------------------------------------------


def weight_text(graph: AdmissibleGraph, *, latex: bool = False) -> str:
    r"""What the graph contributes to the moment polynomial: its ratios' powers times its cycles' weights.

    With a and b vertices of the first and the second colour, \phi^{k-b} \psi^{k-a} times the product of w_j over the
    cycles of length 2j; for more colours \prod \phi_l^{k - v_l}, for one colour no ratio.

    >>> graph = AdmissibleGraph((2, 0, 2, 0, 2, 0), 2)
    >>> print(weight_text(graph), weight_text(graph, latex=True))
    psi^2*w1^3 \psi^{2}\,w_{1}^{3}
    """
    factors: list[tuple[str, str, int]] = []  # name, index, power
    if graph.colours == 2:
        factors += [("phi", "", graph.k - graph.counts[1]), ("psi", "", graph.k - graph.counts[0])]
    elif graph.colours > 2:
        factors += [("phi", str(colour), graph.k - count) for colour, count in enumerate(graph.counts)]
    factors += [("w", str(j), power) for j, power in sorted(Counter(graph.cycle_lengths).items())]
    if not latex:
        return "*".join(f"{name}{index}{f'^{p}' if p > 1 else ''}" for name, index, p in factors if p)
    return r"\,".join(
        f"{'' if name == 'w' else chr(92)}{name}{f'_{{{index}}}' if index else ''}{f'^{{{p}}}' if p > 1 else ''}"
        for name, index, p in factors
        if p
    )


# -- the sheet -------------------------------------------------------------------------------------------------


@checked
def graph_sheet(k: int, colours: int = 2, *, classes: bool = True, limit: int | None = MOST_DRAWINGS) -> Figure:
    """All admissible graphs of the moment of order k on one sheet, each with its weight.

    Cycles of equal length, and so of equal weight w_j, have one colour; the vertices' marks tell the colours of the
    polygon's indices apart, and an arrow marks the polygon's first edge.

    Args:
        k: the order of the moment, at least 1.
        colours: L, the number of colours (see `resolvent.derive.graphs.admissible_graphs`).
        classes: draw one graph of each symmetry class, with the number of graphs in it; otherwise draw every graph.
        limit: the largest number of drawings; None for no limit.

    >>> graph_sheet(3).get_suptitle()
    'k = 3: 12 admissible graphs in 6 classes'

    Raises `ParameterError` for impossible arguments and beyond the limit.
    """
    chosen = _chosen(k, colours, classes, limit)
    drawings = [graph_layout(graph) for graph, _ in chosen]
    weights = [f"${weight_text(graph, latex=True)}$" for graph, _ in chosen]
    if classes:
        weights = [rf"${number}\times$  {weight}" for (_, number), weight in zip(chosen, weights, strict=True)]
    title = f"k = {k}: {counted(number_of_graphs(k, colours), 'admissible graph')}"
    if colours != 2:
        title = f"L = {colours}, {title}"
    if classes:
        title += f" in {counted(len(chosen), 'class')}"
    return _Sheet.of(drawings, weights).drawn(title)


def _chosen(k: int, colours: int, classes: bool, limit: int | None) -> list[tuple[AdmissibleGraph, int]]:
    """The graphs to be drawn, each with the number of graphs it stands for."""
    number = number_of_graphs(k, colours)
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise ParameterError(f"limit must be a positive integer or None; got {limit!r}", limit=limit)
    if not classes:
        if limit is not None and number > limit:
            raise _too_many(k, f"{number_text(number)} graphs", number, limit, "draw symmetry classes, ")
        return [(graph, 1) for graph in admissible_graphs(k, colours, limit=None)]
    least = -(-number // max((2 if colours <= 2 else 1) * k, 1))  # a class has no more graphs than there are symmetries
    if limit is not None and least > limit:
        raise _too_many(k, f"at least {number_text(least)} symmetry classes", least, limit)
    found = list(symmetry_classes(k, colours, limit=None))
    if limit is not None and len(found) > limit:
        raise _too_many(k, f"{len(found)} symmetry classes", len(found), limit)
    return found


def _too_many(k: int, what: str, number: int, limit: int, advice: str = "") -> ParameterError:
    return ParameterError(
        f"the moment of order {k} has {what}, more than the limit of {limit} drawings; {advice}take a smaller k or "
        "raise the limit",
        k=k,
        number=number,
        limit=limit,
    )


def counted(number: int, noun: str) -> str:
    """Number and noun, the noun in the plural but for 1.

    >>> counted(1, "class"), counted(6, "class"), counted(2, "graph")
    ('1 class', '6 classes', '2 graphs')
    """
    return f"{number} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"


@dataclass(frozen=True)
class _Sheet:
    """A grid of drawings, measured in inches: ``unit`` is the length of a side, ``cell`` the size of a field."""

    drawings: Sequence[GraphLayout]
    texts: Sequence[str]
    columns: int
    unit: float
    cell: tuple[float, float]

    @classmethod
    def of(cls, drawings: Sequence[GraphLayout], texts: Sequence[str]) -> _Sheet:
        from matplotlib.textpath import TextPath

        wide, high = np.max([drawing.box for drawing in drawings], axis=0)
        wide = max(_SMALLEST * wide, min(wide, 3.0))  # the few very long ones are drawn smaller
        unit = float(min(0.46, 1.7 / wide, 1.4 / high))
        written = max(TextPath((0, 0), text, size=_FONT).get_extents().width / 72 for text in set(texts))
        cell = max(wide * unit + 0.36, written + 0.26), high * unit + _BELOW + 0.2
        columns = min(len(drawings), max(int(6 / cell[0]), round(sqrt(1.5 * len(drawings) * cell[1] / cell[0])), 1))
        rows = ceil(len(drawings) / columns)
        return cls(drawings, texts, ceil(len(drawings) / rows), unit, cell)

    def drawn(self, title: str) -> Figure:
        handles = self._legend()
        rows = ceil(len(self.drawings) / self.columns)
        width = max(self.columns * self.cell[0] + 0.3, 4.2)
        entries = max(1, int((width - 0.2) / 1.25))
        top, bottom = 0.46, 0.16 + 0.2 * ceil(len(handles) / entries)
        height = rows * self.cell[1] + top + bottom
        figure = new_figure((width, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        left = (width - self.columns * self.cell[0]) / 2
        middles = [
            complex(
                left + (column + 0.5) * self.cell[0], height - top - row * self.cell[1] - (self.cell[1] - _BELOW) / 2
            )
            for row, column in (divmod(i, self.columns) for i in range(len(self.drawings)))
        ]
        self._draw(axes, middles)
        for middle, text in zip(middles, self.texts, strict=True):
            foot = middle.imag - (self.cell[1] - _BELOW) / 2 - 0.16
            axes.text(middle.real, foot, text, fontsize=_FONT, ha="center", va="baseline")
        figure.suptitle(title, y=1 - 0.17 / height, fontsize=11, va="top")
        figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.06 / height), ncols=min(entries, len(handles)),
            frameon=False, fontsize=8.5, handletextpad=0.4, columnspacing=1.4, borderaxespad=0,
        )  # fmt: skip
        return figure

    def _draw(self, axes: Axes, middles: Sequence[complex]) -> None:
        """Cycles first, then the vertices in one go for each colour."""
        from matplotlib.collections import PathCollection
        from matplotlib.path import Path

        paths, tints, arrows = [], [], []
        marks: dict[int, dict[tuple[int, int], complex]] = {}
        for drawing, middle in zip(self.drawings, middles, strict=True):
            graph = drawing.graph
            scale = min(self.unit, (self.cell[0] - 0.36) / drawing.box[0])
            for block in graph.blocks:
                curves = drawing.curves[list(block)] * scale + middle
                nodes = np.concatenate([curves[:1, 0], curves[:, 1:].ravel()])
                codes = [Path.MOVETO] + [Path.CURVE4] * (len(nodes) - 1)
                paths.append(Path(np.column_stack([nodes.real, nodes.imag]), codes))
                tints.append(_tint(len(block) // graph.colours))
            points = drawing.positions * scale + middle
            arrows.append(_arrow(drawing.curves[0] * scale + middle, 0.13 * scale))
            for place, vertex in enumerate(graph.vertices):
                marks.setdefault(place % graph.colours, {})[len(arrows), vertex] = points[vertex]
        axes.add_collection(
            PathCollection(
                paths, facecolors=[(*t, 0.2) for t in tints], edgecolors=tints, linewidths=1.5, joinstyle="round",
                zorder=1, gid="cycles",
            )
        )  # fmt: skip
        size = (self.unit * 72 * 0.2) ** 2
        for colour, found in marks.items():
            where = np.array(list(found.values()))
            axes.scatter(where.real, where.imag, s=size, zorder=3, gid=f"vertices-{colour}", **_mark(colour))
        axes.add_collection(PathCollection(arrows, facecolors=_INK, edgecolors="none", zorder=2, gid="arrows"))

    def _legend(self) -> list[Any]:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        graphs = [drawing.graph for drawing in self.drawings]
        step = graphs[0].colours
        handles: list[Any] = []
        for j in sorted({j for graph in graphs for j in graph.cycle_lengths}):
            text = f"$w_{{{j}}}$: {'loop' if step * j == 1 else f'{step * j}-cycle'}"
            handles.append(Patch(facecolor=(*_tint(j), 0.2), edgecolor=_tint(j), linewidth=1.5, label=text))
        several = [rf"index {colour} ($\phi_{{{colour}}}$)" for colour in range(step)]
        names = {1: ["vertex"], 2: [r"row ($\psi$)", r"column ($\phi$)"]}.get(step, several)
        for colour, name in enumerate(names):
            mark = _mark(colour)
            handles.append(
                Line2D(
                    [], [], linestyle="", marker=mark["marker"], markersize=5.5, markerfacecolor=mark["facecolors"],
                    markeredgecolor=mark["edgecolors"], markeredgewidth=mark["linewidths"], label=name,
                )
            )  # fmt: skip
        handles.append(
            Line2D([], [], linestyle="", marker=">", markersize=5.5, markeredgecolor="none", color=_INK, label="edge 0")
        )
        return handles


def _arrow(curve: np.ndarray, size: float) -> Path:
    """A triangle in the middle of a curve, in its direction."""
    from matplotlib.path import Path

    middle, along = curve @ (1, 3, 3, 1) / 8, curve @ (-1, -1, 1, 1)
    corners = middle + size * along / abs(along) * np.array([1.1, -0.8 + 0.9j, -0.8 - 0.9j, 1.1])
    return Path(np.column_stack([corners.real, corners.imag]), closed=True)


def _tint(j: int) -> tuple[float, float, float]:
    """The colour of a cycle with weight w_j; beyond the named ones, hues in steps of the golden ratio."""
    from matplotlib.colors import hsv_to_rgb, to_rgb

    if j <= len(_CYCLES):
        return to_rgb(_CYCLES[j - 1])
    hue, strong = (0.618034 * j) % 1, j % 2
    red, green, blue = (float(part) for part in hsv_to_rgb((hue, 0.85 if strong else 0.4, 0.5 if strong else 0.8)))
    return red, green, blue


def _mark(colour: int) -> dict[str, Any]:
    """The marker of the vertices of one colour: filled, hollow, grey, in one shape after the other."""
    marker = _MARKERS[colour // len(_FACES) % len(_MARKERS)]
    return {"marker": marker, "facecolors": _FACES[colour % len(_FACES)], "edgecolors": _INK, "linewidths": 1.1}
