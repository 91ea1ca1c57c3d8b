"""Drawings of graphs: no crossings, nothing too close, readable along the outline; by brute force over segments."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from functools import lru_cache

import numpy as np
import pytest

from resolvent.derive.errors import ParameterError
from resolvent.derive.graphs.admissible_graphs import AdmissibleGraph, admissible_graphs
from resolvent.numeric.pictures import graph_layout as module
from resolvent.numeric.pictures.graph_layout import MOST_EDGES, GraphLayout, graph_layout

SMALL = [(k, colours) for colours in (1, 2, 3) for k in range(1, 6)]


@lru_cache
def layouts(k: int, colours: int) -> list[GraphLayout]:
    return [graph_layout(graph) for graph in admissible_graphs(k, colours)]


def polylines(layout: GraphLayout, pieces: int = 6) -> np.ndarray:
    """The edges as broken lines, by de Casteljau's construction."""
    t = np.linspace(0, 1, pieces + 1)
    points = [np.multiply.outer(layout.curves[:, i], np.ones(pieces + 1)) for i in range(4)]
    while len(points) > 1:
        points = [p + t * (q - p) for p, q in itertools.pairwise(points)]
    return points[0]


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The distance of each segment a[i]b[i] from each other one, 0 where they meet."""

    def cross(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.imag(np.conj(p) * q)

    ab = (b - a)[:, None]

    def from_point(p: np.ndarray) -> np.ndarray:
        along = np.real(np.conj(ab) * (p - a[:, None])) / np.abs(ab) ** 2
        return np.abs(p - a[:, None] - np.clip(along, 0, 1) * ab)

    ends = np.minimum(from_point(a), from_point(b))
    splits = cross(ab, a - a[:, None]) * cross(ab, b - a[:, None]) < -1e-20  # not rounding
    return np.where(splits & splits.T, 0.0, np.minimum(ends, ends.T))


def check_clear(layout: GraphLayout, least: float, tip: float) -> None:
    """No two edges meet but at the ends they share; different blocks keep that distance, and there that angle."""
    graph = layout.graph
    lines = polylines(layout)
    pieces = lines.shape[1] - 1
    a, b = lines[:, :-1].ravel(), lines[:, 1:].ravel()
    owner = {edge: number for number, block in enumerate(graph.blocks) for edge in block}
    edge = np.repeat(np.arange(len(lines)), pieces)
    block = np.array([owner[e] for e in edge])
    begin, end = np.array(graph.vertices)[edge], np.roll(graph.vertices, -1)[edge]
    # a segment touches a vertex if it is the first or the last of its edge
    part = np.tile(np.arange(pieces), len(lines))
    tips = [np.where(part == 0, begin, np.nan), np.where(part == pieces - 1, end, np.nan)]
    shared = np.any([np.equal.outer(p, q) for p in tips for q in tips], axis=0)
    apart = distances(a, b)
    foreign = block[:, None] != block
    consecutive = (edge[:, None] == edge) & (np.abs(part[:, None] - part) <= 1)
    assert np.all(apart[~shared & ~consecutive] > 0), graph
    corners = [set(np.array(graph.vertices)[list(edges)]) for edges in graph.blocks]
    meets = np.array([[bool(p & q) for q in corners] for p in corners])
    far = foreign & ~meets[np.ix_(block, block)]
    assert np.all(apart[far] > least), (graph, apart[far].min())
    assert np.all(apart[foreign & ~shared] > 0), graph
    # at a vertex they share, blocks touch nowhere but in the vertex: their tips stand at an angle
    at = np.argwhere(foreign & shared)
    first = [np.where(part == 0, b - a, a - b)[at[:, i]] for i in (0, 1)]
    angles = np.abs(np.angle(first[0] / first[1]))
    assert np.all(angles > tip), (graph, angles.min())


@pytest.mark.parametrize(("k", "colours"), SMALL)
def test_edges_do_not_cross_or_touch(k: int, colours: int) -> None:
    for layout in layouts(k, colours):
        check_clear(layout, 0.15, 0.1)


@pytest.mark.parametrize(("k", "colours"), SMALL)
def test_vertices_are_apart(k: int, colours: int) -> None:
    for layout in layouts(k, colours):
        apart = np.abs(layout.positions[:, None] - layout.positions) + 10 * np.eye(len(layout.positions))
        assert apart.min() > 0.25, layout.graph


@pytest.mark.parametrize(("k", "colours"), SMALL)
def test_an_edge_joins_its_vertices(k: int, colours: int) -> None:
    for layout in layouts(k, colours):
        begins = layout.positions[list(layout.graph.vertices)]
        assert layout.curves[:, 0] == pytest.approx(begins, abs=1e-12)
        assert layout.curves[:, 3] == pytest.approx(np.roll(begins, -1), abs=1e-12)


@pytest.mark.parametrize(("k", "colours"), SMALL)
def test_cycles_run_anticlockwise(k: int, colours: int) -> None:
    for layout in layouts(k, colours):
        lines = polylines(layout)
        for block in layout.graph.blocks:
            points = lines[list(block), :-1].ravel()
            assert np.sum(np.imag(np.conj(points) * np.roll(points, -1))) > 0.1


@pytest.mark.parametrize(("k", "colours"), SMALL)
def test_the_outline_is_the_polygon(k: int, colours: int) -> None:
    """Around a vertex the blocks stand in the order in which the polygon visits it."""
    for layout in layouts(k, colours):
        walk = layout.graph.vertices
        for vertex in (v for v, visits in Counter(walk).items() if visits > 1):
            leaving = [layout.curves[e, 1] - layout.curves[e, 0] for e, v in enumerate(walk) if v == vertex]
            turns = np.angle(np.roll(leaving, -1) / np.array(leaving)) % (2 * np.pi)
            assert turns.sum() == pytest.approx(2 * np.pi, abs=1e-9)


@pytest.mark.parametrize(("edges", "colours"), [(3, 1), (4, 2), (5, 1), (6, 2), (10, 2), (15, 3)])
def test_one_cycle_is_a_regular_polygon_with_sides_1(edges: int, colours: int) -> None:
    layout = graph_layout(AdmissibleGraph((edges, *[0] * (edges - 1)), colours))
    assert np.abs(np.diff(layout.positions)) == pytest.approx(1, abs=1e-12)
    assert np.abs(layout.positions - layout.positions.mean()) == pytest.approx(1 / (2 * np.sin(np.pi / edges)))


def test_the_middle_of_the_box_is_0() -> None:
    for layout in layouts(4, 2):
        points = layout.points()
        assert points.real.min() == pytest.approx(-points.real.max(), abs=1e-12)
        assert points.imag.min() == pytest.approx(-points.imag.max(), abs=1e-12)


def test_boxes_lie() -> None:
    assert all(layout.box[0] >= layout.box[1] - 2e-3 for layout in layouts(5, 2))


def test_a_chain_is_straight() -> None:
    """Five lenses one after the other."""
    chain = graph_layout(AdmissibleGraph((2, 2, 2, 2, 2, 0, 0, 0, 0, 0), 2))
    assert chain.box[0] == pytest.approx(5, abs=1e-9)
    assert chain.positions.imag == pytest.approx(np.zeros(6), abs=1e-9)


def test_layouts_repeat_themselves() -> None:
    for layout in layouts(4, 3):
        again = graph_layout(layout.graph)
        assert np.array_equal(again.curves, layout.curves)
        assert np.array_equal(again.positions, layout.positions)


def random_graph(k: int, colours: int, seed: int) -> AdmissibleGraph:
    """Any graph: by the cycle lemma one turn of any word with the right sum is a code."""
    rng = random.Random(seed)
    cuts = sorted(rng.sample(range(1, k), rng.randrange(k)))
    lengths = [colours * (q - p) for p, q in itertools.pairwise([0, *cuts, k])]
    word = lengths + [0] * (colours * k - len(lengths))
    rng.shuffle(word)
    turns = (tuple(word[r:] + word[:r]) for r in range(len(word)))
    return AdmissibleGraph(
        next(t for t in turns if all(s >= p for p, s in enumerate(itertools.accumulate(t), 1))), colours
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("k", "colours"), [(12, 1), (10, 2), (8, 3), (5, 6)])
def test_large_graphs_are_clear(k: int, colours: int, seed: int) -> None:
    check_clear(graph_layout(random_graph(k, colours, seed)), 0.02, 0.02)


def test_many_cycles_at_one_vertex_are_clear() -> None:
    for colours in (1, 2, 3, 4):
        check_clear(graph_layout(AdmissibleGraph((colours, *[0] * (colours - 1)) * 10, colours)), 0.0, 0.1)


def test_too_many_edges() -> None:
    with pytest.raises(ParameterError, match="at most 60 edges can be drawn; this one has 61"):
        graph_layout(AdmissibleGraph((MOST_EDGES + 1, *[0] * MOST_EDGES), 1))


def test_no_drawing_rather_than_a_bad_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._Shape, "is_clear", lambda self, curves: False)
    with pytest.raises(ParameterError, match="no clear drawing"):
        graph_layout(AdmissibleGraph((2, 0), 2))
