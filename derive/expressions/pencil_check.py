"""A second proof that a pencil is a linearisation: both sides at random matrices modulo a prime."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import sympy
from flint import nmod_mat

from resolvent.derive.exact.field import Element
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.derive.expressions.pencil import Pencil
from resolvent.derive.expressions.scaling import Scales

_SIZES = ((2, 3, 4, 3, 5, 2), (3,), (4, 3, 2, 5))


@dataclass(frozen=True)
class Point:
    """Residues modulo a prime for the parameters and the square roots."""

    prime: int
    values: dict[str, int]

    def residue(self, element: Element) -> int:
        """An element at the point."""
        values = [self.values[n] for n in element.field.names]
        top, bottom = (
            sum(int(c) * math.prod(pow(v, int(e), self.prime) for v, e in zip(values, exponents, strict=True))
                for exponents, c in p.to_dict().items()) % self.prime
            for p in (element.numerator, element.denominator)
        )  # fmt: skip
        return top * pow(bottom, -1, self.prime) % self.prime

    def identity(self, size: int) -> nmod_mat:
        """The identity matrix."""
        return nmod_mat([[int(i == j) for j in range(size)] for i in range(size)], self.prime)


def is_linearisation(model: MatrixExpression, pencil: Pencil, trials: int = 2) -> bool:
    """Whether the first blocks of L^{-1} and (z - E)^{-1} agree at random matrices modulo a prime.

    A wrong pencil passes with a probability below 1e-6 per trial.
    """
    rng = random.Random(2005)
    done = 0
    for attempt in range(12):
        sizes = _SIZES[attempt % len(_SIZES)]
        dimensions = {d: sizes[k % len(sizes)] for k, d in enumerate(model.dimensions())}
        point = drawn_point(pencil.scales, rng)
        if point is None:
            continue
        try:
            if not _agrees(model, pencil, dimensions, point, rng):
                return False
        except ZeroDivisionError:
            continue
        done += 1
        if done == trials:
            return True
    return False


def drawn_point(scales: Scales, rng: random.Random) -> Point | None:
    """Residues for the parameters and, consistently, for the square roots; None when no such residues were found.

    Whether a number has a root depends on the prime, so that several are tried; -1 has one modulo each of them.
    """
    prime = 2**30 + 4 * rng.randrange(2**20) + 1
    for _ in range(400):
        prime = int(sympy.nextprime(prime))
        if prime % 4 != 1:
            continue
        point = Point(prime, {name: rng.randrange(2, prime) ** 2 % prime for name in scales.symbols})
        squares = {name: point.residue(x) for name, x in scales.roots.items()}
        if all(pow(x, (prime - 1) // 2, prime) in (0, 1) for x in squares.values()):
            return Point(prime, point.values | {name: int(sympy.sqrt_mod(x, prime)) for name, x in squares.items()})
    return None


def _agrees(
    model: MatrixExpression,
    pencil: Pencil,
    dimensions: dict[SymbolicSize, int],
    point: Point,
    rng: random.Random,
) -> bool:
    drawn: dict[str, nmod_mat] = {}
    for name, letter in model.letters().items():
        rows, columns = dimensions[letter.rows], dimensions[letter.columns]
        table = [[rng.randrange(point.prime) for _ in range(columns)] for _ in range(rows)]
        if letter.is_symmetric:
            table = [[table[max(i, j)][min(i, j)] for j in range(columns)] for i in range(rows)]
        drawn[name] = nmod_mat(table, point.prime)
    value = _value(model, drawn, dimensions, pencil, point)
    z = rng.randrange(2, point.prime)
    size = value.nrows()
    resolvent = (point.identity(size) * z - value).inv()
    inverse = _pencil_value(pencil, drawn, dimensions, point, z).inv()
    return all(resolvent[i, j] == inverse[i, j] for i in range(size) for j in range(size))


def _pencil_value(
    pencil: Pencil, drawn: dict[str, nmod_mat], dimensions: dict[SymbolicSize, int], point: Point, z: int
) -> nmod_mat:
    starts = [0]
    for d in pencil.states:
        starts.append(starts[-1] + dimensions[d])
    total = [[0] * starts[-1] for _ in range(starts[-1])]

    def put(i: int, j: int, factor: int, matrix: nmod_mat) -> None:
        for a in range(matrix.nrows()):
            for b in range(matrix.ncols()):
                total[starts[i] + a][starts[j] + b] += factor * int(matrix[a, b])

    for k in range(pencil.blocks):
        put(k, k, z, point.identity(dimensions[pencil.states[k]]))
    for name, entries in pencil.table.items():
        for (i, j), x in entries.items():
            factor = point.residue(x)
            if not name:
                put(i, j, factor, point.identity(dimensions[pencil.states[i]]))
                continue
            put(i, j, factor, drawn[name])
            if not pencil.letters[name].is_symmetric:
                mirrored = {**point.values}
                if "i_" in mirrored:
                    mirrored["i_"] = point.prime - mirrored["i_"]
                put(j, i, Point(point.prime, mirrored).residue(x), drawn[name].transpose())
    return nmod_mat([[x % point.prime for x in row] for row in total], point.prime)


def _value(
    model: MatrixExpression,
    drawn: dict[str, nmod_mat],
    dimensions: dict[SymbolicSize, int],
    pencil: Pencil,
    point: Point,
) -> nmod_mat:
    """The expression at matrices, dimensions in scalars standing for their ratios."""

    def read(scalar: sympy.Expr) -> Element:
        return pencil.scales.read(scalar).value

    done: dict[int, nmod_mat] = {}
    for node in model.nodes():
        rows, columns = (sum(dimensions[d] for d in shape) for shape in (node.rows, node.columns))
        parts = [done[id(p)] for p in node.parts]
        done[id(node)] = drawn[node.letter.name] if node.letter else value_of(node, parts, (rows, columns), read, point)
    return done[id(model)]


def value_of(
    node: MatrixExpression,
    parts: list[nmod_mat],
    shape: tuple[int, int],
    read: Callable[[sympy.Expr], Element],
    point: Point,
) -> nmod_mat:
    """What an operation makes of matrices; ``read`` reads the factor of a "scale".

    Raises ZeroDivisionError for the inverse of a singular matrix.
    """
    if node.head == "identity":
        return point.identity(shape[0])
    if node.head == "zero":
        return nmod_mat(*shape, point.prime)
    if node.head == "scale":
        return parts[0] * point.residue(read(node.scalar))
    if node.head == "sum":
        return parts[0] + parts[1]
    if node.head == "product":
        return parts[0] * parts[1]
    if node.head == "transpose":
        return parts[0].transpose()
    if node.head == "inverse":
        return parts[0].inv()
    return _blocks(parts, node.width, point.prime)


def _blocks(parts: list[nmod_mat], width: int, prime: int) -> nmod_mat:
    table: list[list[int]] = []
    for start in range(0, len(parts), width):
        row = parts[start : start + width]
        for a in range(row[0].nrows()):
            table.append([int(p[a, b]) for p in row for b in range(p.ncols())])
    return nmod_mat(table, prime)
