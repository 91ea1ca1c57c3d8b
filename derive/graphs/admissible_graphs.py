"""Admissible graphs: what is left of a polygon when vertices of one colour are identified and only cycles remain.

A moment (1/n) E tr M^k is a sum over closed walks; a walk is a polygon whose vertices are the indices and whose edges
are the matrix entries. Identifying equal indices folds the polygon into a graph, and in the limit of large matrices
only those graphs count whose blocks (maximal 2-connected parts) are simple cycles: cacti of cycles, which are
outer-planar. With L colours of indices the polygon has Lk vertices, coloured 0, 1, ..., L-1 in turn:

    L = 1   Hermitian matrices: the blocks are the non-crossing partitions of the k edges
    L = 2   Gram matrices Y Y^T: rows (colour 0) and columns (colour 1) of Y alternate along the 2k-cycle
    L > 2   cyclic products Y_1 ... Y_L of rectangular matrices

The blocks are then cycles of length L j, whose edges form an L-divisible non-crossing partition of the Lk edges; there
are binom((L+1)k, k)/(Lk+1) of these. Each is coded by the lengths of its cycles, written down at their first edges.

References: Pennington, Worah, NeurIPS 2017 (two colours); Speicher, Math. Ann. 298 (1994) (one colour); Edelman,
Discrete Math. 31 (1980) (divisible non-crossing partitions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb, log10
from typing import Any

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError

MOST_GRAPHS = 2_000_000
"""The number of graphs that are enumerated without an explicit go-ahead."""

_MOST_EDGES = 100_000  # of a polygon; even the number of its graphs takes long to compute beyond


@checked
@dataclass(frozen=True, slots=True)
class AdmissibleGraph:
    """One admissible identification of the vertices of the polygon, in canonical form.

    Attributes:
        code: for each edge the length of the cycle that begins there, 0 where none does. Two identifications are
            equal if and only if their codes are; the code is the canonical form.
        colours: the number L of colours; vertex p of the polygon has colour p mod L, edge p joins vertices p, p+1.

    >>> graph = AdmissibleGraph((2, 4, 0, 0, 0, 0), 2)
    >>> graph.vertices
    (0, 1, 2, 3, 4, 1)
    """

    code: tuple[int, ...]
    colours: int = 2

    @property
    def k(self) -> int:
        """The order of the moment: the polygon has ``colours`` * k edges."""
        return len(self.code) // self.colours

    @property
    def vertices(self) -> tuple[int, ...]:
        """For each vertex of the polygon the vertex of the graph it becomes, numbered in order of appearance.

        >>> [g.vertices for g in admissible_graphs(2)]
        [(0, 1, 0, 2), (0, 1, 2, 1), (0, 1, 2, 3)]
        """
        return self._folded()[0]

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """The cycles, each as the tuple of the polygon's edges in it, in order of their first edges.

        >>> AdmissibleGraph((2, 4, 0, 0, 0, 0), 2).blocks
        ((0, 5), (1, 2, 3, 4))
        """
        return self._folded()[1]

    @property
    def cycle_lengths(self) -> tuple[int, ...]:
        """The lengths of the cycles in units of ``colours``, sorted: j for a cycle with j vertices of each colour."""
        return tuple(sorted(length // self.colours for length in self.code if length))

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of vertices of each colour.

        >>> [g.counts for g in admissible_graphs(2)]
        [(1, 2), (2, 1), (2, 2)]
        """
        found = [0] * self.colours
        found[0] = 1
        open_cycles: list[int] = []
        for p, length in enumerate(self.code, start=1):
            if length:
                open_cycles.append(length)
            if open_cycles[-1] == 1:
                open_cycles.pop()
            else:
                open_cycles[-1] -= 1
                found[p % self.colours] += 1
        return tuple(found)

    def _folded(self) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
        """Walk around the polygon: a cycle's last edge leads back to where it began, any other to a new vertex."""
        here, fresh = 0, 1
        walk = [0]
        blocks: list[list[int]] = []
        open_cycles: list[tuple[int, int, list[int]]] = []  # length, first vertex, edges so far
        for edge, length in enumerate(self.code):
            if length:
                block: list[int] = []
                blocks.append(block)
                open_cycles.append((length, here, block))
            size, start, edges = open_cycles[-1]
            edges.append(edge)
            if len(edges) == size:
                open_cycles.pop()
                here = start
            else:
                here, fresh = fresh, fresh + 1
            walk.append(here)
        return tuple(walk[:-1]), tuple(map(tuple, blocks))

    def to_networkx(self) -> Any:
        """The graph as a `networkx.MultiGraph`: nodes with ``colour``, edges with their number ``edge`` and ``block``.

        >>> sorted(dict(AdmissibleGraph((2, 0, 2, 0), 2).to_networkx().degree()).values())
        [2, 2, 4]
        """
        import networkx

        vertices, blocks = self._folded()
        graph = networkx.MultiGraph()
        for place, vertex in enumerate(vertices):
            graph.add_node(vertex, colour=place % self.colours)
        for number, block in enumerate(blocks):
            for edge in block:
                ends = vertices[edge], vertices[(edge + 1) % len(vertices)]
                graph.add_edge(*ends, edge=edge, block=number)
        return graph

    # -- symmetry ------------------------------------------------------------------------------------------

    def images(self) -> set[AdmissibleGraph]:
        """The graphs that the polygon's symmetries make of this one; all have the same weight.

        The symmetries are the rotations by whole turns of the colours and, for one or two colours, the reflections
        that keep the colours (real symmetric matrices do not tell a walk from its reverse).

        >>> sorted(len(g.images()) for g in admissible_graphs(2))
        [1, 1, 1]
        """
        owners = [0] * len(self.code)
        for number, block in enumerate(self.blocks):
            for edge in block:
                owners[edge] = number
        turned = [owners[r:] + owners[:r] for r in range(0, len(owners), self.colours)]
        if self.colours <= 2:
            turned += [t[::-1] for t in turned]
        return {AdmissibleGraph(_code(t), self.colours) for t in turned}


def _code(owners: list[int]) -> tuple[int, ...]:
    """The code of the graph whose edge p lies in the block ``owners[p]``."""
    sizes = Counter(owners)
    return tuple(sizes.pop(owner, 0) for owner in owners)


def number_of_graphs(k: int, colours: int = 2) -> int:
    """How many admissible graphs the moment of order k has: the Fuss-Catalan number binom((L+1)k, k)/(Lk + 1).

    >>> [number_of_graphs(k) for k in range(7)]
    [1, 1, 3, 12, 55, 273, 1428]

    Raises `ParameterError` unless k >= 0 and colours >= 1 are integers, and for polygons of more than 100 000 edges.
    """
    order, number = _whole("k", k, 0), _whole("colours", colours, 1)
    if order * number > _MOST_EDGES:
        raise ParameterError(f"a polygon of {order * number} edges has more than {_MOST_EDGES}; take a smaller k", k=k)
    return comb((number + 1) * order, order) // (number * order + 1)


@checked
def admissible_graphs(k: int, colours: int = 2, *, limit: int | None = MOST_GRAPHS) -> Iterator[AdmissibleGraph]:
    """All admissible graphs of the polygon with ``colours`` * k edges, each once, by increasing code.

    A stream: one graph is held at a time, whatever their number.

    >>> sum(1 for _ in admissible_graphs(6))
    1428
    >>> [graph.code for graph in admissible_graphs(3, colours=1)]
    [(1, 1, 1), (1, 2, 0), (2, 0, 1), (2, 1, 0), (3, 0, 0)]

    Args:
        k: the order of the moment, at least 1.
        colours: L, the number of colours.
        limit: the largest number of graphs to enumerate; None for no limit.

    Raises `ParameterError`, when called and not later, for impossible arguments and beyond the limit.
    """
    check_number(k, colours, limit)
    return _stream(k, colours)


@checked
def symmetry_classes(
    k: int, colours: int = 2, *, limit: int | None = MOST_GRAPHS
) -> Iterator[tuple[AdmissibleGraph, int]]:
    """One graph of each symmetry class with the number of graphs in it (see `AdmissibleGraph.images`).

    >>> [(graph.code, multiplicity) for graph, multiplicity in symmetry_classes(2)]
    [((2, 0, 2, 0), 1), ((2, 2, 0, 0), 1), ((4, 0, 0, 0), 1)]

    The representative has the smallest code of its class. Raises as `admissible_graphs` does.
    """
    check_number(k, colours, limit)
    return _classes(k, colours)


def number_text(number: int) -> str:
    """A number for a message: digits, unless there are too many of them.

    >>> number_text(273), number_text(7**100)
    ('273', 'about 10^85')
    """
    return str(number) if number < 10**15 else f"about 10^{round(log10(number))}"


def check_number(k: int, colours: int, limit: int | None) -> None:
    """Raise `ParameterError` for orders below 1, and where there are more graphs than the limit."""
    _whole("k", k, 1)
    number = number_of_graphs(k, colours)
    if limit is not None and number > _whole("limit", limit, 1):
        raise ParameterError(
            f"the moment of order {k} has {number_text(number)} admissible graphs with {colours} "
            f"colour{'s' if colours > 1 else ''}, more than the limit of {limit}; pass a larger limit to go ahead, or "
            "take moment_polynomials, which needs no enumeration",
            k=k,
            number=number,
        )


def _stream(k: int, colours: int) -> Iterator[AdmissibleGraph]:
    """The codes in increasing order.

    A code is a word of multiples of L with partial sums s_1 + ... + s_p >= p and total n = Lk. Its successor grows the
    entry before the last cycle by L, which has then L fewer edges to share out behind, in the smallest way.
    """
    n, step = colours * k, colours
    code = ([step] + [0] * (step - 1)) * k
    last = n - step  # where the last cycle begins
    while True:
        yield AdmissibleGraph(tuple(code), colours)
        if last == 0:
            return
        left = code[last] - step
        code[last] = 0
        last -= 1
        code[last] += step
        if left:
            code[n - left :: step] = [step] * (left // step)
            last = n - step


def _classes(k: int, colours: int) -> Iterator[tuple[AdmissibleGraph, int]]:
    for graph in _stream(k, colours):
        images = graph.images()
        if all(graph.code <= other.code for other in images):
            yield graph, len(images)


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise ParameterError(f"{name} must be an integer, at least {least}; got {value!r}", name=name, value=value)
    return int(value)
