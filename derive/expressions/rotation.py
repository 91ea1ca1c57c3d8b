"""Haar matrices in a Dyson equation: what one adds to M, by its free cumulants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from resolvent.derive.exact.field import Element
from resolvent.derive.expressions.pencil import Entry, Pencil
from resolvent.derive.expressions.scaling import conjugate

Vector = Mapping[int, Element]


@dataclass(frozen=True, eq=False)
class Rotation:
    """A Haar matrix U with the coefficient B C^*: it adds -(B h beta B^* + C alpha h C^*) to M.

    alpha = B^* g B, beta = C^* g C, and h = sum_n (-1)^n C_n (beta alpha)^n with the Catalan numbers C_n solves
    beta alpha h^2 + h = 1: the free cumulants of U, U^T, U, U^T, ... are the signed Catalan numbers.

    Attributes:
        left, right: the columns of B and of C, as many as the rank.
        pattern: the places of h where it does not vanish.
    """

    name: str
    left: tuple[Vector, ...]
    right: tuple[Vector, ...]
    pattern: frozenset[Entry] = frozenset()

    @property
    def rank(self) -> int:
        """The rank of the coefficient, the size of h."""
        return len(self.left)

    def place(self, number: int, i: int, j: int) -> Entry:
        """The key of the unknown h_ij of the Haar matrix of that number."""
        return -1000 - number, i * self.rank + j


def rotations_of(pencil: Pencil) -> tuple[Rotation, ...]:
    """The Haar matrices, their coefficients as sums of products of a column and a row."""
    out, settled = [], pencil.scales.without_roots
    for name, letter in pencil.letters.items():
        if letter.kind != "haar" or name not in pencil.table:
            continue
        rest = {e: y for e, x in pencil.table[name].items() if (y := settled(x))}
        left: list[Vector] = []
        right: list[Vector] = []
        while rest:
            i, j = min(rest)
            column = {k: x for (k, end), x in rest.items() if end == j}
            row = {end: settled(x / rest[i, j]) for (k, end), x in rest.items() if k == i}
            for k, x in column.items():
                for end, y in row.items():
                    value = rest[k, end] - x * y if (k, end) in rest else -x * y
                    rest[k, end] = settled(value)
            rest = {e: x for e, x in rest.items() if x}
            left.append(column)
            right.append({end: conjugate(x) for end, x in row.items()})
        out.append(Rotation(name, tuple(left), tuple(right)))
    return tuple(out)


def pattern_of(rotation: Rotation, meet: Callable[[int, int], bool]) -> tuple[frozenset[Entry], set[Entry], set[Entry]]:
    """The places where h, h beta and alpha h may not vanish, if g_ij vanishes unless i and j ``meet``."""
    places = range(rotation.rank)
    alpha, beta = ({(a, b) for a in places for b in places if any(meet(i, j) for i in side[a] for j in side[b])}
                   for side in (rotation.left, rotation.right))  # fmt: skip

    def product(one: set[Entry], other: set[Entry]) -> set[Entry]:
        return {(a, b) for a, k in one for end, b in other if k == end}

    h = {(a, a) for a in places}
    step = product(beta, alpha)
    while not (more := product(h, step)) <= h:
        h |= more
    return frozenset(h), product(h, beta), product(alpha, h)
