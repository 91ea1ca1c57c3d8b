"""A second proof that a pencil is a linearisation: both sides at random matrices modulo a prime."""

from __future__ import annotations

import random

import sympy
from flint import nmod_mat

from resolvent.derive.exact.field import Element
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.derive.expressions.pencil import Pencil

PRIME = 998244353  # -1 is a square modulo it
_SIZES = ((2, 3, 4, 3, 5, 2), (3,), (4, 3, 2, 5))


def is_linearisation(model: MatrixExpression, pencil: Pencil, trials: int = 2) -> bool:
    """Whether the first blocks of L^{-1} and (z - E)^{-1} agree at random matrices modulo a prime.

    A wrong pencil passes with a probability below 1e-6 per trial.
    """
    rng = random.Random(2005)
    done = 0
    for attempt in range(12):
        sizes = _SIZES[attempt % len(_SIZES)]
        dimensions = {d: sizes[k % len(sizes)] for k, d in enumerate(model.dimensions())}
        point = _scalars(pencil, rng)
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


def _scalars(pencil: Pencil, rng: random.Random) -> dict[str, int] | None:
    """Residues for the parameters and, consistently, for the square roots; None when no such residues were found."""
    for _ in range(400):
        point = {name: rng.randrange(2, PRIME) ** 2 % PRIME for name in pencil.scales.symbols}
        roots = {name: sympy.sqrt_mod(_residue(x, point), PRIME) for name, x in pencil.scales.roots.items()}
        if None not in roots.values():
            return point | {name: int(root) for name, root in roots.items()}
    return None


def _residue(element: Element, point: dict[str, int]) -> int:
    names = element.field.names
    values = [point[n] for n in names]
    top, bottom = (
        sum(int(c) * _product(pow(v, int(e), PRIME) for v, e in zip(values, exponents, strict=True)) for exponents, c in
            p.to_dict().items()) % PRIME
        for p in (element.numerator, element.denominator)
    )  # fmt: skip
    return top * pow(bottom, -1, PRIME) % PRIME


def _product(factors: object) -> int:
    out = 1
    for f in factors:  # type: ignore[attr-defined]
        out = out * f % PRIME
    return out


def _agrees(
    model: MatrixExpression,
    pencil: Pencil,
    dimensions: dict[SymbolicSize, int],
    point: dict[str, int],
    rng: random.Random,
) -> bool:
    drawn: dict[str, nmod_mat] = {}
    for name, letter in model.letters().items():
        rows, columns = dimensions[letter.rows], dimensions[letter.columns]
        table = [[rng.randrange(PRIME) for _ in range(columns)] for _ in range(rows)]
        if letter.is_symmetric:
            table = [[table[max(i, j)][min(i, j)] for j in range(columns)] for i in range(rows)]
        drawn[name] = nmod_mat(table, PRIME)
    value = _value(model, drawn, dimensions, pencil, point)
    z = rng.randrange(2, PRIME)
    size = value.nrows()
    resolvent = (_identity(size) * z - value).inv()
    inverse = _pencil_value(pencil, drawn, dimensions, point, z).inv()
    return all(resolvent[i, j] == inverse[i, j] for i in range(size) for j in range(size))


def _identity(size: int) -> nmod_mat:
    return nmod_mat([[int(i == j) for j in range(size)] for i in range(size)], PRIME)


def _pencil_value(
    pencil: Pencil, drawn: dict[str, nmod_mat], dimensions: dict[SymbolicSize, int], point: dict[str, int], z: int
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
        put(k, k, z, _identity(dimensions[pencil.states[k]]))
    for name, entries in pencil.table.items():
        for (i, j), x in entries.items():
            factor = _residue(x, point)
            if not name:
                put(i, j, factor, _identity(dimensions[pencil.states[i]]))
                continue
            put(i, j, factor, drawn[name])
            if not pencil.letters[name].is_symmetric:
                mirrored = {**point}
                if "i_" in mirrored:
                    mirrored["i_"] = PRIME - mirrored["i_"]
                put(j, i, _residue(x, mirrored), drawn[name].transpose())
    return nmod_mat([[x % PRIME for x in row] for row in total], PRIME)


def _value(
    model: MatrixExpression,
    drawn: dict[str, nmod_mat],
    dimensions: dict[SymbolicSize, int],
    pencil: Pencil,
    point: dict[str, int],
) -> nmod_mat:
    """The expression at matrices, dimensions in scalars standing for their ratios."""
    done: dict[int, nmod_mat] = {}
    for node in model.nodes():
        parts = [done[id(p)] for p in node.parts]
        rows, columns = (sum(dimensions[d] for d in shape) for shape in (node.rows, node.columns))
        if node.letter is not None:
            value = drawn[node.letter.name]
        elif node.head == "identity":
            value = _identity(rows)
        elif node.head == "zero":
            value = nmod_mat(rows, columns, PRIME)
        elif node.head == "scale":
            value = parts[0] * _residue(pencil.scales.read(node.scalar).value, point)
        elif node.head == "sum":
            value = parts[0] + parts[1]
        elif node.head == "product":
            value = parts[0] * parts[1]
        elif node.head == "transpose":
            value = parts[0].transpose()
        elif node.head == "inverse":
            value = parts[0].inv()
        else:
            value = _blocks(parts, node.width)
        done[id(node)] = value
    return done[id(model)]


def _blocks(parts: list[nmod_mat], width: int) -> nmod_mat:
    table: list[list[int]] = []
    for start in range(0, len(parts), width):
        row = parts[start : start + width]
        for a in range(row[0].nrows()):
            table.append([int(p[a, b]) for p in row for b in range(p.ncols())])
    return nmod_mat(table, PRIME)
