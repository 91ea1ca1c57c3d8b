"""Sheets of graphs: what is drawn and written on them, read back from the figure, against formulas without graphs."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from math import comb
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import sympy
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from resolvent.derive.errors import ParameterError
from resolvent.derive.graphs.admissible_graphs import admissible_graphs, symmetry_classes
from resolvent.derive.graphs.moment_polynomials import moment_polynomials
from resolvent.numeric.pictures.graph_picture import MOST_DRAWINGS, _chosen, _mark, _tint, graph_sheet, weight_text

CASES = [(1, 1), (4, 1), (1, 2), (2, 2), (3, 2), (4, 2), (3, 3), (2, 5)]


@lru_cache
def sheet(k: int, colours: int = 2, classes: bool = True) -> Figure:
    return graph_sheet(k, colours, classes=classes)


def fuss_catalan(k: int, colours: int) -> int:
    return comb((colours + 1) * k, k) // (colours * k + 1)


def weights(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def drawn(figure: Figure, gid: str) -> Any:
    """The collection of that name."""
    (found,) = (c for c in figure.axes[0].collections if c.get_gid() == gid)
    return found


def value(text: str) -> sympy.Expr:
    """A weight as an expression."""
    factors = [re.fullmatch(r"(phi\d*|psi|w\d+)(?:\^(\d+))?", factor) for factor in text.split("*")]
    assert all(factors), text
    return sympy.prod(sympy.Symbol(f[1]) ** int(f[2] or 1) for f in factors if f)


# -- weights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "colours"), [(3, 1), (5, 1), (1, 2), (3, 2), (5, 2), (3, 3), (3, 4)])
def test_weights_add_up_to_the_moment_polynomial(k: int, colours: int) -> None:
    """The other side comes from Lagrange's inversion, without graphs."""
    names = {1: ["1"], 2: ["psi", "phi"]}.get(colours, [f"phi{level}" for level in range(colours)])
    ratios = [sympy.Integer(1) if name == "1" else sympy.Symbol(name) for name in names]
    w = [sympy.Symbol(f"w{j}") for j in range(1, k + 1)]
    total = sum(value(weight_text(graph)) for graph in admissible_graphs(k, colours))
    assert sympy.expand(total - moment_polynomials(k, w, ratios)[-1]) == 0


@pytest.mark.parametrize(("k", "colours"), [(4, 1), (4, 2), (3, 3), (2, 12)])
def test_latex_and_plain_weights_agree(k: int, colours: int) -> None:
    for graph in admissible_graphs(k, colours):
        latex = weight_text(graph, latex=True)
        plain = re.sub(r"\\(phi|psi)", r"\1", latex.replace(r"\,", "*"))
        assert re.sub(r"[_{}]", "", plain) == weight_text(graph)


# -- the drawings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "colours"), CASES)
def test_every_graph_is_drawn_once(k: int, colours: int) -> None:
    figure = sheet(k, colours, False)
    assert len(weights(figure)) == len(drawn(figure, "arrows").get_paths()) == fuss_catalan(k, colours)


@pytest.mark.parametrize(("k", "colours"), CASES)
def test_multiplicities_add_up_to_the_number_of_graphs(k: int, colours: int) -> None:
    found = [re.match(r"\$(\d+)\\times\$  \$", text) for text in weights(sheet(k, colours))]
    assert sum(int(f[1]) for f in found if f) == fuss_catalan(k, colours)
    assert all(found)


def test_no_multiplicity_where_every_graph_is_drawn() -> None:
    assert not any("times" in text for text in weights(sheet(3, 2, False)))


@pytest.mark.parametrize(("k", "colours"), CASES)
def test_weights_are_those_of_the_graphs(k: int, colours: int) -> None:
    expected = [f"${weight_text(graph, latex=True)}$" for graph in admissible_graphs(k, colours)]
    assert weights(sheet(k, colours, False)) == expected


@pytest.mark.parametrize(("k", "colours"), CASES)
def test_every_cycle_is_drawn(k: int, colours: int) -> None:
    """Cycles of one length have one colour, those of different lengths different ones."""
    tints = Counter(to_hex(tint) for tint in drawn(sheet(k, colours), "cycles").get_edgecolors())
    lengths = Counter(j for graph, _ in symmetry_classes(k, colours) for j in graph.cycle_lengths)
    assert {to_hex(_tint(j)): number for j, number in lengths.items()} == dict(tints)


@pytest.mark.parametrize(("k", "colours"), CASES)
def test_every_vertex_is_drawn_in_its_colour(k: int, colours: int) -> None:
    figure = sheet(k, colours)
    found = [len(drawn(figure, f"vertices-{colour}").get_offsets()) for colour in range(colours)]
    assert found == [sum(graph.counts[c] for graph, _ in symmetry_classes(k, colours)) for c in range(colours)]


def boxes(figure: Figure) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right, top of each drawing, in inches."""
    paths = iter(drawn(figure, "cycles").get_paths())
    found = []
    for graph, _ in symmetry_classes(4, 2):
        ends = np.vstack([next(paths).interpolated(4).vertices for _ in graph.blocks])
        found.append((*ends.min(axis=0), *ends.max(axis=0)))
    return found


def overlap(p: tuple[float, ...], q: tuple[float, ...]) -> bool:
    return p[0] < q[2] and q[0] < p[2] and p[1] < q[3] and q[1] < p[3]


def test_nothing_on_the_sheet_overlaps() -> None:
    figure = graph_sheet(4)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    texts = [*figure.axes[0].texts, *figure.texts, *figure.legends]
    rectangles = [tuple(t.get_window_extent(renderer).extents / figure.dpi) for t in texts]
    rectangles += boxes(figure)
    width, height = figure.get_size_inches()
    assert all(r[0] >= 0 and r[1] >= 0 and r[2] <= width and r[3] <= height for r in rectangles)
    assert not [pair for pair in itertools.combinations(rectangles, 2) if overlap(*pair)]


@pytest.mark.parametrize(("k", "colours"), [(1, 1), (1, 2), (2, 2), (3, 3), (1, 12), (4, 2)])
def test_title_and_legend_fit(k: int, colours: int) -> None:
    figure = graph_sheet(k, colours)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    width, height = figure.get_size_inches() * figure.dpi
    for artist in (*figure.legends, *figure.texts, *figure.axes[0].texts):
        left, bottom, right, top = artist.get_window_extent(renderer).extents
        assert (left >= 0, bottom >= -1, right <= width, top <= height) == (True,) * 4, artist


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        ((3, 2, True), "k = 3: 12 admissible graphs in 6 classes"),
        ((3, 2, False), "k = 3: 12 admissible graphs"),
        ((1, 2, True), "k = 1: 1 admissible graph in 1 class"),
        ((4, 1, True), "L = 1, k = 4: 14 admissible graphs in 6 classes"),
    ],
)
def test_the_title_counts(arguments: tuple[int, int, bool], title: str) -> None:
    assert sheet(*arguments).get_suptitle() == title


@pytest.mark.parametrize(
    ("k", "colours", "entries"),
    [
        (2, 1, ["$w_{1}$: loop", "$w_{2}$: 2-cycle", "vertex", "edge 0"]),
        (2, 2, ["$w_{1}$: 2-cycle", "$w_{2}$: 4-cycle", r"row ($\psi$)", r"column ($\phi$)", "edge 0"]),
        (1, 3, ["$w_{1}$: 3-cycle", *(rf"index {c} ($\phi_{{{c}}}$)" for c in range(3)), "edge 0"]),
    ],
)
def test_the_legend_names_weights_and_vertices(k: int, colours: int, entries: list[str]) -> None:
    (legend,) = sheet(k, colours).legends
    assert [text.get_text() for text in legend.get_texts()] == entries


def test_tints_of_cycles_are_distinct() -> None:
    tints = np.array([_tint(j) for j in range(1, 19)])
    apart = np.abs(tints[:, None] - tints).max(axis=2) + np.eye(len(tints))
    assert apart.min() > 0.1


def test_marks_of_vertices_are_distinct() -> None:
    assert len({(m["marker"], m["facecolors"]) for m in map(_mark, range(21))}) == 21


def test_sheets_are_well_formed_svg_and_repeat_themselves() -> None:
    files = []
    for _ in range(2):
        stream = io.BytesIO()
        graph_sheet(3).savefig(stream, format="svg", metadata={"Date": None})
        files.append(re.sub(rb"[mp][0-9a-f]{10}", b"", stream.getvalue()))  # names of marks, with a random salt
    assert ElementTree.fromstring(files[0]).tag == "{http://www.w3.org/2000/svg}svg"
    assert files[0] == files[1]


# -- bad use ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "colours", "options", "message"),
    [
        (6, 2, {"classes": False}, r"1428 graphs, more than the limit of 300 drawings; draw symmetry classes"),
        (7, 2, {}, "at least 554 symmetry classes, more than the limit of 300"),
        (3, 2, {"limit": 5}, "has 6 symmetry classes, more than the limit of 5 drawings; take a smaller k"),
        (900, 2, {}, r"at least about 10\^738 symmetry classes"),
        (3, 2, {"limit": 0}, "limit must be a positive integer or None; got 0"),
        (0, 2, {}, "k must be an integer, at least 1; got 0"),
        (0, 2, {"classes": False}, "k must be an integer, at least 1; got 0"),
        (-1, 2, {}, "k must be an integer, at least 0; got -1"),
        (2, 0, {}, "colours must be an integer, at least 1; got 0"),
        (2.5, 2, {}, "k must be an integer"),
        (1, 61, {}, "at most 60 edges can be drawn"),
    ],
)
def test_bad_use_is_refused(k: Any, colours: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        graph_sheet(k, colours, **options)


def test_the_limit_can_be_raised_and_lifted() -> None:
    assert len(weights(graph_sheet(3, limit=6))) == 6
    assert len(_chosen(9, 1, True, None)) > MOST_DRAWINGS


def test_sheets_leave_pyplot_alone() -> None:
    program = (
        "import sys; from resolvent.numeric.pictures.graph_picture import graph_sheet; "
        "assert 'matplotlib' not in sys.modules; "
        "graph_sheet(2); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
