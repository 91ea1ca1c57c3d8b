r"""Realisations: a rational expression as C^* Q^{-1} B, with Q affine in the letters, and the smallest such Q.

A state has a dimension. Q maps the states' columns to their rows; it is a table of constant matrices, one for each
letter, one for each transposed letter, and one for 1 and for z. The parts of an expression are put together as

    letter x    Q = [[1, -x], [0, 1]]         product   Q = [[Q_1, -B_1 C_2^*], [0, Q_2]]
    sum         Q = diag(Q_1, Q_2)            inverse   Q = [[Q_1, B_1], [C_1^*, 0]], the last block of -Q^{-1}

The smallest subspace W that holds B and goes to itself under Q_x Q(a)^{-1}, a a point where Q is regular, comes with
U = Q(a)^{-1} W: Q maps U into W, so Q is block triangular, and its first block is a smaller realisation (reachability;
the same from the left is observability). W is the only smallest such space, so it is the sum of its parts in the
several dimensions, although the point a need not respect them.

Source: Berstel, Reutenauer, Noncommutative Rational Series (2011), chapter 2; Helton, Mai, Speicher, J. Funct. Anal.
274 (2018), section 4.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.derive.expressions.radical import Radical, cost
from resolvent.derive.expressions.scaling import conjugate

Vector = dict[int, Any]
"""A sparse vector: places and their entries, none of them zero."""

Symbol = tuple[str, bool]
"""A letter by name and whether it is transposed; ("", False) is 1, ("z", False) the spectral variable."""

ONE: Symbol = ("", False)
SPECTRAL: Symbol = ("z", False)
_ATTEMPTS = 6


@dataclass(frozen=True, eq=False)
class Realisation:
    """C^* Q^{-1} B.

    Attributes:
        rows, columns: the dimension of every row and column of Q.
        table: for each symbol the columns of its coefficient matrix, sparse.
        left, right: the vectors of C (in the columns) and of B (in the rows), one for each block.
    """

    rows: tuple[SymbolicSize, ...]
    columns: tuple[SymbolicSize, ...]
    table: dict[Symbol, list[Vector]]
    left: tuple[Vector, ...]
    right: tuple[Vector, ...]

    @property
    def size(self) -> int:
        """The number of states."""
        return len(self.columns)

    def adjoint(self) -> Realisation:
        """The realisation of the adjoint expression, B^* (Q^*)^{-1} C."""
        table = {(n, not t if n not in ("", "z") else t): _adjoint(c, self.size) for (n, t), c in self.table.items()}
        return Realisation(self.columns, self.rows, table, self.right, self.left)


def add(target: Vector, other: Vector, factor: Any = 1) -> None:
    """target += factor * other, in place."""
    for k, value in other.items():
        new = target[k] + value * factor if k in target else value * factor
        if new:
            target[k] = new
        else:
            target.pop(k, None)


def _adjoint(columns: Sequence[Vector], size: int) -> list[Vector]:
    out: list[Vector] = [{} for _ in range(size)]
    for j, column in enumerate(columns):
        for i, value in column.items():
            out[i][j] = conjugated(value)
    return out


def applied(columns: Sequence[Vector], vector: Vector) -> Vector:
    """A matrix, by columns, times a vector."""
    out: Vector = {}
    for j, value in vector.items():
        add(out, columns[j], value)
    return out


class Basis:
    """A subspace by its reduced row echelon basis: every vector has a one at its pivot, where the others vanish."""

    def __init__(self) -> None:
        self.vectors: dict[int, Vector] = {}

    def insert(self, vector: Vector) -> bool:
        """Add a vector; False when it lies in the space already."""
        rest = dict(vector)
        for pivot in [p for p in rest if p in self.vectors]:
            add(rest, self.vectors[pivot], -vector[pivot])
        if not rest:
            return False
        pivot = min(rest, key=lambda k: (cost(rest[k]), k))
        unit = 1 / rest[pivot]
        rest = {k: value * unit for k, value in rest.items()}
        for other in self.vectors.values():
            if pivot in other:
                add(other, rest, -other[pivot])
        self.vectors[pivot] = rest
        return True

    def ordered(self) -> list[tuple[int, Vector]]:
        """Pivots and vectors, by pivot."""
        return sorted(self.vectors.items())


class Solver:
    """The inverse of a square matrix, given by columns: a sparse Gauss-Jordan elimination, once."""

    def __init__(self, columns: Sequence[Vector]) -> None:
        size = len(columns)
        rows: list[Vector] = [{} for _ in range(size)]
        for j, column in enumerate(columns):
            for i, value in column.items():
                rows[i][j] = value
        inverse: list[Vector] = [{i: fmpq(1)} for i in range(size)]
        waiting = set(range(size))
        pivots: dict[int, int] = {}
        for _ in range(size):
            found = min(((len(rows[i]) - 1, cost(v), i, j) for i in waiting for j, v in rows[i].items()), default=None)
            if found is None:
                raise ZeroDivisionError("the matrix is singular")
            _, _, i, j = found
            unit = 1 / rows[i][j]
            rows[i] = {k: v * unit for k, v in rows[i].items()}
            inverse[i] = {k: v * unit for k, v in inverse[i].items()}
            for k in range(size):
                if k != i and j in rows[k]:
                    factor = -rows[k][j]
                    add(rows[k], rows[i], factor)
                    add(inverse[k], inverse[i], factor)
            waiting.discard(i)
            pivots[j] = i
        self.columns: list[Vector] = [{} for _ in range(size)]
        for j, i in pivots.items():
            for k, value in inverse[i].items():
                self.columns[k][j] = value

    def __call__(self, vector: Vector) -> Vector:
        """The solution of Q x = vector."""
        return applied(self.columns, vector)


@dataclass(frozen=True, eq=False)
class Point:
    """A value of Q that is regular: every letter a matrix of small sizes (of size one, if that is enough).

    Attributes:
        sizes: the size that stands for each dimension.
        values: the matrices of the letters, by rows; the transposed letters' are transposed.
        columns: the inverse of Q there, by columns, and where each row and column of Q begins in it.
    """

    sizes: Mapping[SymbolicSize, int]
    values: Mapping[Symbol, Sequence[Sequence[int]]]
    inverse: Solver
    rows: tuple[tuple[int, SymbolicSize], ...]
    columns: tuple[tuple[int, SymbolicSize], ...]

    @property
    def is_scalar(self) -> bool:
        """Whether all sizes are one."""
        return all(size == 1 for size in self.sizes.values())

    def images(self, vector: Vector) -> list[Vector]:
        """The smallest space of constant vectors that Q^{-1} (vector x anything) lies in, as a list that spans it.

        The vector must lie in the rows of one dimension unless the point is scalar. The list is empty for no vector and
        in an order that depends on the point only, so that two realisations can be followed in parallel.
        """
        if self.is_scalar:
            return [self.inverse(vector)]
        size = self.sizes[self.rows[next(iter(vector))][1]]
        out: list[Vector] = []
        for a in range(size):
            solution = self.inverse({self.rows[k][0] + a: value for k, value in vector.items()})
            for d in sorted(self.sizes, key=str):
                for b in range(self.sizes[d]):
                    part = {k: solution[start + b] for k, (start, e) in enumerate(self.columns) if e == d
                            and start + b in solution}  # fmt: skip
                    out.append(part)
        return out


def point_at(of: Realisation, sizes: Mapping[SymbolicSize, int], values: Mapping[Symbol, Any]) -> Point:
    """Q at matrices of the letters; raises ZeroDivisionError where it is singular."""
    rows, columns = _starts(of.rows, sizes), _starts(of.columns, sizes)
    total: list[Vector] = [{} for _ in range(sum(sizes[d] for d in of.columns))]
    for symbol, table in of.table.items():
        value = values.get(symbol)
        for j, column in enumerate(table):
            start, d = columns[j]
            for i, x in column.items():
                for b in range(sizes[d]):
                    if value is None or symbol in (ONE, SPECTRAL):
                        scale = 1 if symbol == ONE else values[SPECTRAL][0][0]
                        add(total[start + b], {rows[i][0] + b: x * scale})
                    else:
                        add(total[start + b], {rows[i][0] + a: x * r[b] for a, r in enumerate(value) if r[b]})
    if len(total) != sum(sizes[d] for d in of.rows):
        raise ZeroDivisionError("the matrix is not square")
    return Point(dict(sizes), dict(values), Solver(total), rows, columns)


def _starts(
    dimensions: Sequence[SymbolicSize], sizes: Mapping[SymbolicSize, int]
) -> tuple[tuple[int, SymbolicSize], ...]:
    out, start = [], 0
    for d in dimensions:
        out.append((start, d))
        start += sizes[d]
    return tuple(out)


def regular_point(of: Realisation, *, scalar: bool = True) -> Point:
    """Values of the letters at which Q is regular, numbers if possible, or else (or unless ``scalar``) matrices.

    Raises `DerivationError` when none is found: an inverse in the expression does not exist.
    """
    rng = random.Random(1970)
    dimensions = sorted({*of.rows, *of.columns}, key=str)
    shapes: dict[str, tuple[SymbolicSize, SymbolicSize]] = {}
    for (name, transposed), table in of.table.items():
        for j, column in enumerate(table):
            for i in column:
                pair = (of.rows[i], of.columns[j])
                shapes[name] = pair[::-1] if transposed else pair
    unequal = _ATTEMPTS + 6 * len(dimensions)  # until then sizes differ: X^T (X X^T)^{-1} X is 1 where they do not
    for attempt in range(unequal + 6 * len(dimensions)):
        sizes = dict.fromkeys(dimensions, 1)
        if _ATTEMPTS <= attempt < unequal:
            sizes = dict(zip(dimensions, rng.sample(range(1, len(dimensions) + 2), len(dimensions)), strict=True))
        elif attempt >= unequal:
            sizes = {d: rng.randint(1, 3) for d in dimensions}
        if not scalar and all(size == 1 for size in sizes.values()):
            continue
        values: dict[Symbol, list[list[int]]] = {ONE: [[1]], SPECTRAL: [[7 + attempt if attempt else 1]]}
        reach = 0 if not attempt else 3 if attempt < 3 else 99
        for name in sorted(shapes):
            if name not in ("", "z"):
                a, b = shapes[name]
                drawn = [[rng.randint(-reach, reach) for _ in range(sizes[b])] for _ in range(sizes[a])]
                if (name, True) not in of.table and a == b:
                    drawn = [[drawn[max(i, j)][min(i, j)] for j in range(sizes[b])] for i in range(sizes[a])]
                values[name, False] = drawn
                values[name, True] = [list(row) for row in zip(*drawn, strict=True)]
        try:
            return point_at(of, sizes, values)
        except ZeroDivisionError:
            continue
    raise DerivationError("an inverse in the expression does not exist, or exists only for matrices of larger size")


def reachable(of: Realisation) -> Realisation:
    """The part of a realisation that B reaches; the same expression with fewer states.

    Numbers in place of matrices say too much where an inverse exists for rectangular matrices only; the space that
    they give is kept when rows and columns agree dimension by dimension, and sought with matrices otherwise.
    """
    found = _reached(of, regular_point(of))
    if found is None:
        try:
            found = _reached(of, regular_point(of, scalar=False))
        except DerivationError:
            found = None
    return of if found is None else found


def _reached(of: Realisation, point: Point) -> Realisation | None:
    """The reachable part as this point gives it; None when its rows and columns do not agree."""
    space, images = Basis(), Basis()
    waiting = list(of.right)
    while waiting:
        vector = waiting.pop()
        if space.insert(vector):
            for inner in point.images(vector):
                if inner and images.insert(inner):
                    waiting += [applied(columns, inner) for symbol, columns in of.table.items()
                                if symbol != ONE or not point.is_scalar]  # fmt: skip
            if len(space.vectors) == of.size:
                return of
    domain, target = images.ordered(), space.ordered()
    rows = tuple(of.rows[k] for k, _ in target)
    columns = tuple(of.columns[k] for k, _ in domain)
    if sorted(map(str, rows)) != sorted(map(str, columns)):
        return None
    places = {pivot: k for k, (pivot, _) in enumerate(target)}

    def inside(vector: Vector) -> Vector:
        return {places[k]: value for k, value in vector.items() if k in places}

    table = {s: [inside(applied(c, vector)) for _, vector in domain] for s, c in of.table.items()}
    left = tuple(
        {j: conjugated(total) for j, (_, v) in enumerate(domain) if (total := paired(functional, v))}
        for functional in of.left
    )
    return Realisation(rows, columns, {s: c for s, c in table.items() if any(c)}, left, tuple(map(inside, of.right)))


def conjugated(value: Any) -> Any:
    """The complex conjugate of an entry."""
    if isinstance(value, Radical):
        return value.conjugate()
    return conjugate(value) if isinstance(value, Element) else value


def paired(functional: Vector, vector: Vector) -> Any:
    """The sum of the products of conj(functional) and vector."""
    total: Any = fmpq(0)
    for k, value in vector.items():
        if k in functional:
            total = value * conjugated(functional[k]) + total
    return total


def minimal(of: Realisation) -> Realisation:
    """The smallest realisation of the same expression: the reachable part of the observable part."""
    return reachable(reachable(of).adjoint()).adjoint()
