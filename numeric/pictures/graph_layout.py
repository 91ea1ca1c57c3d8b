"""Where admissible graphs are drawn: positions of the vertices and curves of the edges, without crossings.

A cactus of cycles is outer-planar, so it is drawn without crossings, and so that it can be read: whoever follows the
outline anticlockwise, from edge 0 on, walks along the polygon's edges 0, 1, 2, ... in turn. A cycle is a regular
polygon with sides of length 1 (two edges make a lens, one edge a loop), and the cycles that meet at a vertex share the
angle that they leave free there. Where this would bring parts too close, hinges are bent, and then sizes reduced with
the distance from the middle, until the drawing is clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import pi, sin, tan

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.derive.graphs.admissible_graphs import AdmissibleGraph

MOST_EDGES = 60
"""The largest number of edges of a graph that is drawn."""

_GAP = pi / 9  # the angle that two cycles at one vertex leave between them, unless there are very many
_LENS, _LOOP, _SLIMMEST = 0.62, 0.78, 0.45  # half the angle at the tip of a lens and of a loop; how slim they may get
_BEND = 0.4  # how far a hinge may bend, as a part of the free angle beside it
_SIZES = tuple(0.85**step for step in range(24))


@dataclass(frozen=True, eq=False)
class GraphLayout:
    """Where a graph is drawn, in the complex plane x + iy; a side has length 1, unless sizes had to be reduced.

    Attributes:
        graph: the graph.
        positions: the point of each vertex.
        curves: for each edge p of the polygon the four control points of the cubic Bezier curve that is drawn for it,
            from the vertex of p to the vertex of p + 1; three equal steps for a straight side.
    """

    graph: AdmissibleGraph
    positions: np.ndarray
    curves: np.ndarray

    def points(self, number: int = 16) -> np.ndarray:
        """That many points and the end point on each edge: an array of shape (edges, number + 1)."""
        return _sampled(self.curves, number)

    @property
    def box(self) -> tuple[float, float]:
        """Width and height of the smallest upright rectangle around the edges."""
        points = self.points()
        return float(np.ptp(points.real)), float(np.ptp(points.imag))


def graph_layout(graph: AdmissibleGraph) -> GraphLayout:
    """Positions and curves for a graph, without crossings, the middle of its box at 0.

    >>> layout = graph_layout(AdmissibleGraph((4, 0, 0, 0), 2))
    >>> [round(side, 9) for side in layout.box]
    [1.0, 1.0]

    Raises `ParameterError` for more than `MOST_EDGES` edges, and where no clear drawing was found.
    """
    if len(graph.code) > MOST_EDGES:
        raise ParameterError(
            f"graphs of at most {MOST_EDGES} edges can be drawn; this one has {len(graph.code)}", graph=graph
        )
    shape = _Shape.of(graph)
    straight = np.zeros(len(shape.blocks))
    for size in _SIZES:
        curves = shape.grow(size, straight)
        if not shape.is_clear(curves):
            curves = shape.grow(size, shape.bends(size))
        if shape.is_clear(curves):
            return _turned(graph, curves, shape)
    raise ParameterError(f"a graph with {len(shape.walk)} edges has no clear drawing", graph=graph)


@dataclass(frozen=True, eq=False)
class _Shape:
    """What the layout needs to know of a graph.

    Attributes:
        walk: the vertex at which each edge begins.
        owners: the block of each edge.
        blocks: the edges of each block, anticlockwise.
        around: for each vertex the edges that begin there; anticlockwise, one for each block at the vertex.
        order: the blocks as they are placed, each with its depth and the edge of it at whose beginning it hangs.
        gap: the angle to be left free between blocks.
    """

    walk: np.ndarray
    owners: np.ndarray
    blocks: tuple[tuple[int, ...], ...]
    around: tuple[tuple[int, ...], ...]
    order: tuple[tuple[int, int], ...]
    gap: float

    @classmethod
    def of(cls, graph: AdmissibleGraph) -> _Shape:
        walk, blocks = graph.vertices, graph.blocks
        owners = np.zeros(len(walk), dtype=int)
        for number, block in enumerate(blocks):
            owners[list(block)] = number
        visits: list[list[int]] = [[] for _ in range(max(walk) + 1)]
        for edge, vertex in enumerate(walk):
            visits[vertex].append(edge)
        most = max(map(len, visits))
        root = next(edges for edges in visits if len(edges) == most)
        order = [(edge, 0) for edge in root]
        for first, depth in order:  # grows on the way
            for edge in blocks[owners[first]]:
                if edge != first:
                    begin = visits[walk[edge]].index(edge)
                    behind = visits[walk[edge]][begin + 1 :] + visits[walk[edge]][:begin]
                    order += [(other, depth + 1) for other in behind]
        around = tuple(map(tuple, visits))
        return cls(np.array(walk), owners, blocks, around, tuple(order), min(_GAP, pi / 2 / most))

    @property
    def loops(self) -> list[int]:
        """The edges that are blocks by themselves."""
        return [block[0] for block in self.blocks if len(block) == 1]

    def grow(self, size: float, bends: np.ndarray) -> np.ndarray:
        """The curves with blocks of side size^depth; ``bends`` turns each block, in units of the free angle."""
        curves = np.zeros((len(self.walk), 4), dtype=complex)
        placed = np.zeros(len(self.blocks), dtype=bool)
        for first, depth in self.order:
            number = self.owners[first]
            if placed[number]:
                continue
            edges = self.around[self.walk[first]]
            others = [e for e in edges if not placed[self.owners[e]]]
            here, start, taken = 0j, 0.0, 0.0
            if len(others) < len(edges):  # one block is there already; the others follow behind it
                at = next(i for i, e in enumerate(edges) if placed[self.owners[e]])
                others = [*edges[at + 1 :], *edges[:at]]
                block = self.blocks[self.owners[edges[at]]]
                back = block[block.index(edges[at]) - 1]
                here = curves[edges[at], 0]
                start = float(np.angle(curves[back, 2] - here))
                taken = (start - float(np.angle(curves[edges[at], 1] - here))) % (2 * pi)
            angles = _fitted([len(self.blocks[self.owners[e]]) for e in others], 2 * pi - taken - self.gap * len(edges))
            free = (2 * pi - taken - angles.sum()) / len(edges)
            for edge, angle in zip(others, angles, strict=True):
                number = self.owners[edge]
                block = self.blocks[number]
                at = block.index(edge)
                axis = start + free + angle / 2 + bends[number] * free
                start += free + angle
                turn = size**depth * np.exp(1j * axis)
                curves[[*block[at:], *block[:at]]] = here + turn * _block(len(block), round(float(angle), 12))
                placed[number] = True
        return curves

    def bends(self, size: float) -> np.ndarray:
        """Bends that drive the parts of the drawing away from each other: a search by coordinates."""

        def energy(bends: np.ndarray) -> float:
            curves = self.grow(size, bends)
            points = np.concatenate([curves[:, 0], curves[:, 1:3].mean(axis=1)])
            apart = np.abs(points[:, None] - points)
            return float(np.sum(1 / (apart + 0.02) ** 2))

        best = np.zeros(len(self.blocks))
        least, step = energy(best), _BEND / 2
        while step > 0.02:
            before = least
            for number in range(len(best)):
                for sign in (1, -1):
                    trial = best.copy()
                    trial[number] = np.clip(trial[number] + sign * step, -_BEND, _BEND)
                    found = energy(trial)
                    if found < least * (1 - 1e-9):
                        best, least = trial, found
            if least == before:
                step /= 2
        return best

    def is_clear(self, curves: np.ndarray) -> bool:
        """Whether vertices and edges of different blocks keep their distance, and no two edges cross."""
        begins, ends = curves[:, 0], curves[:, 3]
        lengths = np.maximum(np.abs(ends - begins), np.abs(curves[:, 1] - begins) / 2)  # of a loop, its size
        near = np.full(len(self.around), np.inf)
        np.minimum.at(near, self.walk, lengths)
        np.minimum.at(near, np.roll(self.walk, -1), lengths)
        member = np.zeros((len(self.around), len(self.blocks)), dtype=bool)
        member[self.walk, self.owners] = True
        vertices = np.zeros(len(self.around), dtype=complex)
        vertices[self.walk] = begins
        samples = _sampled(curves, 4)[:, 1:-1]
        meets = member.T.astype(int) @ member > 0  # blocks that share a vertex
        share = 0.8 * sin(self.gap)

        def apart(p: np.ndarray, q: np.ndarray, p_near: np.ndarray, q_near: np.ndarray, close: np.ndarray) -> bool:
            least = share * np.minimum(p_near[:, None], q_near)
            return bool(np.all((np.abs(p[:, None] - q) >= least) | close))

        wide = np.repeat(lengths, samples.shape[1])
        owner = np.repeat(self.owners, samples.shape[1])
        flat = samples.ravel()
        return (
            apart(vertices, vertices, near, near, member.astype(int) @ member.T > 0)
            and apart(vertices, flat, near, wide, member[:, owner])
            and apart(flat, flat, wide, wide, meets[np.ix_(owner, owner)])
            and not self._crosses(curves)
        )

    def _crosses(self, curves: np.ndarray) -> bool:
        lines = _sampled(curves, 8)
        a, b = lines[:, :-1].ravel(), lines[:, 1:].ravel()
        owner = np.repeat(self.owners, lines.shape[1] - 1)

        def side(p: np.ndarray) -> np.ndarray:
            return np.imag(np.conj(b - a)[:, None] * (p - a[:, None]))

        splits = side(a) * side(b) < -1e-18
        return bool(np.any(splits & splits.T & (owner[:, None] != owner)))


def _sampled(curves: np.ndarray, number: int) -> np.ndarray:
    t = np.linspace(0, 1, number + 1)[:, None]
    basis = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return np.asarray(curves @ basis.T)


def _tip(edges: int) -> float:
    """The angle of a block at each of its vertices."""
    return {1: 2 * _LOOP, 2: 2 * _LENS}.get(edges, pi * (1 - 2 / edges))


def _fitted(blocks: Sequence[int], room: float) -> np.ndarray:
    """Angles for blocks of these sizes that share the room: lenses and loops give way before polygons are squeezed."""
    angles = np.array([_tip(edges) for edges in blocks])
    soft = np.array(blocks) <= 2
    if soft.any() and angles.sum() > room:
        angles[soft] *= max(_SLIMMEST, (room - angles[~soft].sum()) / angles[soft].sum())
    return np.asarray(angles * min(1.0, room / angles.sum()))


@lru_cache(maxsize=256)
def _block(edges: int, angle: float) -> np.ndarray:
    """The curves of a block that hangs at 0 along the positive axis, anticlockwise; squeezed to the angle at 0."""
    if edges == 1:
        arm = 1.35 * np.exp(1j * _LOOP)
        curves = np.array([[0, arm.conjugate(), arm, 0]])
    elif edges == 2:
        arm = 2 / 3 * tan(_LENS / 2) / sin(_LENS) * np.exp(1j * _LENS)  # a circle's arc, nearly
        curves = np.array([[0, arm.conjugate(), 1 - arm, 1], [1, 1 - arm.conjugate(), arm, 0]])
    else:
        corners = (1 - np.exp(2j * pi * np.arange(edges + 1) / edges)) / (2 * sin(pi / edges))
        corners[-1] = 0
        curves = corners[:-1, None] + np.outer(np.diff(corners), np.arange(4) / 3)
    squeeze = tan(angle / 2) / tan(_tip(edges) / 2)
    return curves.real + (1j * squeeze if abs(squeeze - 1) > 1e-9 else 1j) * curves.imag


def _turned(graph: AdmissibleGraph, curves: np.ndarray, shape: _Shape) -> GraphLayout:
    """The drawing turned into the smallest box, wider than high, heavy parts below."""
    vertices = np.zeros(len(shape.around), dtype=complex)
    vertices[shape.walk] = curves[:, 0]
    points = _sampled(curves, 8).ravel()
    sides = curves[:, 3] - curves[:, 0]
    chords = (vertices[:, None] - vertices).ravel() if len(vertices) <= 30 else sides
    chords = chords[np.abs(chords) > 1e-9]
    loops = curves[shape.loops].sum(axis=1) - 4 * curves[shape.loops, 0]
    angles = np.angle(np.concatenate([chords, loops])) % (pi / 2)
    angles = angles[np.unique(np.round(angles, 6), return_index=True)[1]]
    angles = (angles[:, None] + np.arange(4) * pi / 2).ravel()
    turns = np.exp(-1j * angles)[:, None]
    turned = points * turns
    low, high = turned.imag.min(axis=1), turned.imag.max(axis=1)
    width, height = np.ptp(turned.real, axis=1), high - low
    level = np.abs(np.imag(sides * turns)) < 1e-5
    heavy = turned.imag.mean(axis=1) - (low + high) / 2
    scores = (width * height, height - width, -level.sum(axis=1), heavy, turned.real.mean(axis=1), angles)
    turn = turns[np.lexsort([np.round(score, 3) for score in reversed(scores)])[0], 0]
    points = _sampled(curves, 16).ravel() * turn
    middle = complex((points.real.min() + points.real.max()) / 2, (points.imag.min() + points.imag.max()) / 2)
    return GraphLayout(graph, vertices * turn - middle, curves * turn - middle)
