"""The self-adjoint pencil of an expression: L(z) with (z - E)^{-1} as its first block of the inverse.

L = z J + L_0 + sum_x (A_x x + A_x^* x^T), J the projection on the first states. It comes from a minimal realisation
C^* Q^{-1} B of the resolvent: that of a self-adjoint expression is similar to its adjoint through exactly one matrix
S, S Q = Q^* S^*, S B = C, and L = S Q. That S is found is the proof that the expression is self-adjoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Element
from resolvent.derive.expressions.expression import MatrixExpression, NotSelfAdjoint
from resolvent.derive.expressions.letter import Letter, SymbolicSize
from resolvent.derive.expressions.radical import Roots, plain
from resolvent.derive.expressions.realisation import (
    ONE,
    SPECTRAL,
    Basis,
    Point,
    Realisation,
    Solver,
    Symbol,
    Vector,
    add,
    applied,
    conjugated,
    minimal,
    paired,
    point_at,
    regular_point,
)
from resolvent.derive.expressions.scaling import Scaled, Scales, power_of_size

Entry = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Pencil:
    """L(z) = z J + sum of coefficient matrices times letters.

    Attributes:
        states: the dimension of every state; the first ``blocks`` are those of the expression.
        table: for 1 and every letter (not its transpose) the entries of its coefficient matrix.
        letters: the letters by name, Gaussian ones with entries of variance ``variances[name]``/N.
        scales: the ratios of the dimensions and the square roots in the entries.
        spectral: whether z J is part of it, so that the first block of the inverse is the resolvent; it is the
            expression itself otherwise.
        copies: of a real form (`resolvent.derive.expressions.square_roots`) pairs of the states of both parts.
    """

    states: tuple[SymbolicSize, ...]
    blocks: int
    table: Mapping[str, Mapping[Entry, Element]]
    letters: Mapping[str, Letter]
    variances: Mapping[str, Element]
    scales: Scales
    spectral: bool = True
    copies: tuple[Entry, ...] = ()

    @property
    def size(self) -> int:
        """The number of states."""
        return len(self.states)

    def matrix(self) -> sympy.Matrix:
        """The pencil as a SymPy matrix in z and in symbols with the letters' names, transposes as ``x^T``."""
        out = sympy.zeros(self.size, self.size)
        for k in range(self.blocks if self.spectral else 0):
            out[k, k] += sympy.Symbol("z")
        table = {**self.scales.symbols, **self._roots()}
        for name, entries in self.table.items():
            for (i, j), value in entries.items():
                factor = value.to_sympy(table)
                if not name:
                    out[i, j] += factor
                    continue
                out[i, j] += factor * sympy.Symbol(name, commutative=True)
                if not self.letters[name].is_symmetric:
                    out[j, i] += factor.subs(sympy.I, -sympy.I) * sympy.Symbol(f"{name}^T", commutative=True)
        return out

    def claim(self) -> tuple[sympy.Basic, ...]:
        """The formula L = its matrix."""
        return (sympy.Eq(sympy.Symbol("L"), sympy.ImmutableMatrix(self.matrix()), evaluate=False),)

    def _roots(self) -> dict[str, sympy.Expr]:
        return {name: sympy.sqrt(square.to_sympy(self.scales.symbols)) for name, square in self.scales.roots.items()}


def pencil_of(expression: MatrixExpression, scales: Scales, *, spectral: bool = True) -> Pencil:
    """The minimal self-adjoint pencil of the resolvent of a square, self-adjoint expression, or of itself.

    Raises `ParameterError` for an expression that is not square, not self-adjoint or grows with the sizes, saying
    where; `DerivationError` for an inverse that does not exist.
    """
    if not expression.is_square:
        raise ParameterError(f"only a square matrix has a spectrum; {expression} is {expression.shape}", of=expression)
    letters = expression.letters()
    direct = affine_pencil(expression, scales) if spectral else None
    if direct is not None:
        return direct
    built, order = _Builder(scales, letters).build(expression)
    if order > 0:
        raise ParameterError(
            f"{expression} grows like N**{order} with the sizes; divide it by that, {power_of_size(order)} say",
            of=expression,
        )
    if order < 0:
        raise ParameterError(f"{expression} tends to zero like N**({order}); multiply it by that power", of=expression)
    symmetric = {n for n, x in letters.items() if x.is_symmetric}
    smallest = minimal(_merged(_resolvent(built, expression) if spectral else built, symmetric))
    table, states = _self_adjoint(smallest, expression)
    variances = _variances(letters, scales)
    return Pencil(states, len(expression.rows), table, letters, variances, scales, spectral)


def growth(expression: MatrixExpression, scales: Scales) -> Fraction:
    """The power of the sizes that an expression grows with.

    Raises `ParameterError` where the parts of a sum grow differently.
    """
    return _Builder(scales, expression.letters()).build(expression)[1]


def fewest_states(expression: MatrixExpression, scales: Scales) -> int:
    """The size of the smallest realisation of an expression, symmetric or not.

    Raises `ParameterError` and `DerivationError` as `pencil_of` does.
    """
    symmetric = {n for n, x in expression.letters().items() if x.is_symmetric}
    return minimal(_merged(_Builder(scales, expression.letters()).build(expression)[0], symmetric)).size


def affine_pencil(expression: MatrixExpression, scales: Scales) -> Pencil | None:
    """z - E for a block matrix of multiples of letters and their transposes, each block at once; None for another.

    This is what the general construction gives, and the only way for hundreds of blocks.
    """
    if expression.head == "scale" and expression.parts[0].head == "block":
        inner, factor = expression.parts[0], scales.read(expression.scalar)
    elif expression.head == "block":
        inner, factor = expression, scales.read(sympy.S.One)
    else:
        return None
    letters = expression.letters()
    width = len(inner.columns)
    if len(inner.parts) != width * len(inner.rows):
        return None
    table: dict[str, dict[Entry, Element]] = {}
    for k, part in enumerate(inner.parts):
        scalar, node = (part.scalar, part.parts[0]) if part.head == "scale" else (sympy.S.One, part)
        transposed, node = (True, node.parts[0]) if node.head == "transpose" else (False, node)
        if node.head == "zero":
            continue
        read = scales.read(scalar)
        order = read.order + factor.order
        if node.head == "identity" and not order:
            name = ""
        elif node.letter is not None:
            name = node.letter.name
            order += (1 + scales.read(node.letter.variance).order) / 2 if node.letter.kind == "gaussian" else 0
        else:
            return None
        if order:
            return None
        entry = (k // width, k % width)
        key = f"^T{name}" if transposed else name
        table.setdefault(key, {})[entry] = -read.value * factor.value
    symmetric = {n for n, x in letters.items() if x.is_symmetric}
    for name in [n for n in letters if n not in symmetric]:
        one, other = table.setdefault(name, {}), table.setdefault(f"^T{name}", {})
        if {(j, i): conjugated(x) for (i, j), x in one.items()} != other:
            return None
    for name in ("", *symmetric):
        one = table.get(name, {})
        if {(j, i): conjugated(x) for (i, j), x in one.items()} != one:
            return None
    kept = {n: t for n, t in table.items() if t and not n.startswith("^T")}
    return Pencil(expression.rows, len(expression.rows), kept, letters, _variances(letters, scales), scales)


def _variances(letters: Mapping[str, Letter], scales: Scales) -> dict[str, Element]:
    """The variances without their powers of N; that of a Wigner matrix must have none."""
    read = {n: scales.read(x.variance) for n, x in letters.items()}
    for name, letter in letters.items():
        if letter.kind == "wigner" and read[name].order:
            raise ParameterError(f"the variance of {name} is its semicircle's; leave the size out of it", of=letter)
    return {n: x.value for n, x in read.items()}


class _Builder:
    """Puts the realisation of an expression together, node by node, and keeps the power of N of each."""

    def __init__(self, scales: Scales, letters: Mapping[str, Letter]) -> None:
        self.scales = scales
        self.letters = letters

    def build(self, expression: MatrixExpression) -> tuple[Realisation, Fraction]:
        scalars = {id(node): self.scales.read(node.scalar) for node in expression.nodes()}
        names = {n for s in scalars.values() for n in s.value.field.names}
        self.roots = Roots.among(names, self.scales)
        done: dict[int, tuple[Realisation, Fraction]] = {}
        for node in expression.nodes():
            done[id(node)] = self._node(node, [done[id(p)] for p in node.parts], scalars[id(node)])
        return done[id(expression)]

    def _node(
        self, node: MatrixExpression, parts: list[tuple[Realisation, Fraction]], scalar: Scaled
    ) -> tuple[Realisation, Fraction]:
        if node.letter is not None:
            order = Fraction(0)
            if node.letter.kind == "gaussian":
                order = (1 + self.scales.read(node.letter.variance).order) / 2
            return _letter(node.letter), order
        if node.head == "identity":
            return _identity(node.rows), Fraction(0)
        if node.head == "zero":
            return _none(node), Fraction(0)
        if node.head == "scale":
            value = self.roots.constant(scalar.value)
            if not value:
                return _none(node), parts[0][1]
            right = tuple({k: v * value for k, v in vector.items()} for vector in parts[0][0].right)
            of = parts[0][0]
            return Realisation(of.rows, of.columns, of.table, of.left, right), parts[0][1] + scalar.order
        if node.head == "transpose":
            return _transposed(parts[0][0]), parts[0][1]
        if node.head == "inverse":
            return _inverse(parts[0][0], node), -parts[0][1]
        if node.head == "product":
            return _product(parts[0][0], parts[1][0]), parts[0][1] + parts[1][1]
        orders = {order for part, order in parts if part.size}
        if len(orders) > 1:
            growing, excess = max(orders), max(orders) - min(orders)
            largest = next(p for p, (_, o) in zip(node.parts, parts, strict=True) if o == growing)
            raise ParameterError(
                f"in {node} the part {largest} grows faster with the sizes than the rest, by N**{excess}; divide it by "
                f"that, {power_of_size(excess)} say, or drop the rest",
                of=largest,
            )
        order = next(iter(orders), Fraction(0))
        if node.head == "sum":
            return _sum([p for p, _ in parts]), order
        return _block([p for p, _ in parts], node), order


def _letter(letter: Letter) -> Realisation:
    one = fmpq(1)
    sizes = (letter.rows, letter.columns)
    return Realisation(
        sizes, sizes, {ONE: [{0: one}, {1: one}], (letter.name, False): [{}, {0: -one}]}, ({0: one},), ({1: one},)
    )


def _identity(rows: tuple[SymbolicSize, ...]) -> Realisation:
    units: list[Vector] = [{k: fmpq(1)} for k in range(len(rows))]
    return Realisation(rows, rows, {ONE: units}, tuple(dict(u) for u in units), tuple(dict(u) for u in units))


def _none(node: MatrixExpression) -> Realisation:
    return Realisation((), (), {ONE: []}, ({},) * len(node.rows), ({},) * len(node.columns))


def _moved(vector: Vector, by: int) -> Vector:
    return {k + by: value for k, value in vector.items()}


def _joined(parts: list[Realisation]) -> dict[Symbol, list[Vector]]:
    """The block diagonal of several pencils."""
    table: dict[Symbol, list[Vector]] = {s: [] for p in parts for s in p.table}
    start = 0
    for part in parts:
        for symbol, columns in table.items():
            columns += [_moved(c, start) for c in part.table.get(symbol, [{}] * part.size)]
        start += part.size
    return table


def _sum(parts: list[Realisation]) -> Realisation:
    start, left, right = 0, [{} for _ in parts[0].left], [{} for _ in parts[0].right]  # type: ignore[var-annotated]
    for part in parts:
        for target, source in ((left, part.left), (right, part.right)):
            for vector, more in zip(target, source, strict=True):
                vector.update(_moved(more, start))
        start += part.size
    return _stacked(parts, left, right)


def _stacked(parts: list[Realisation], left: list[Vector], right: list[Vector]) -> Realisation:
    rows = tuple(d for p in parts for d in p.rows)
    columns = tuple(d for p in parts for d in p.columns)
    return Realisation(rows, columns, _joined(parts), tuple(left), tuple(right))


def _block(parts: list[Realisation], node: MatrixExpression) -> Realisation:
    """The blocks side by side; a block may have block rows and columns of its own."""
    width = node.width
    left: list[Vector] = [{} for _ in node.rows]
    right: list[Vector] = [{} for _ in node.columns]
    start, row = 0, 0
    for first in range(0, len(parts), width):
        column = 0
        for part in parts[first : first + width]:
            for k, vector in enumerate(part.left):
                left[row + k].update(_moved(vector, start))
            for k, vector in enumerate(part.right):
                right[column + k].update(_moved(vector, start))
            column += len(part.right)
            start += part.size
        row += len(parts[first].left)
    return _stacked(parts, left, right)


def _product(a: Realisation, b: Realisation) -> Realisation:
    table = _joined([a, b])
    for end, begin in zip(a.right, b.left, strict=True):
        for j, value in begin.items():
            factor = conjugated(value)
            add(table[ONE][j + a.size], end, -factor)
    right = tuple(_moved(v, a.size) for v in b.right)
    return Realisation((*a.rows, *b.rows), (*a.columns, *b.columns), table, a.left, right)


def _transposed(of: Realisation) -> Realisation:
    adjoint = of.adjoint()

    def plain(vector: Vector) -> Vector:
        return {k: conjugated(v) for k, v in vector.items()}

    table = {s: [plain(c) for c in columns] for s, columns in adjoint.table.items()}
    return Realisation(
        adjoint.rows, adjoint.columns, table, tuple(map(plain, adjoint.left)), tuple(map(plain, adjoint.right))
    )


def _bordered(of: Realisation, sizes: tuple[SymbolicSize, ...]) -> dict[Symbol, list[Vector]]:
    """[[Q, B], [C^*, 0]] by columns."""
    table = {s: [dict(c) for c in columns] + [{} for _ in sizes] for s, columns in of.table.items()}
    for k, vector in enumerate(of.left):
        for j, value in vector.items():
            table[ONE][j][of.size + k] = conjugated(value)
    for k, vector in enumerate(of.right):
        table[ONE][of.size + k].update(vector)
    return table


def _inverse(of: Realisation, node: MatrixExpression) -> Realisation:
    table = _bordered(of, node.rows)
    last = range(of.size, of.size + len(node.rows))
    try:
        made = Realisation(
            (*of.rows, *node.rows),
            (*of.columns, *node.columns),
            table,
            tuple({k: fmpq(1)} for k in last),
            tuple({k: fmpq(-1)} for k in last),
        )
        regular_point(made)
    except DerivationError as error:
        raise DerivationError(f"{node} does not exist: {node.parts[0]} is singular at every point that was tried",
                              of=node) from error  # fmt: skip
    return made


def _resolvent(of: Realisation, expression: MatrixExpression) -> Realisation:
    """(z - E)^{-1}: the last block of the inverse of [[Q, B], [C^*, z]]."""
    sizes = expression.rows
    table = _bordered(of, sizes)
    last = range(of.size, of.size + len(sizes))
    table[SPECTRAL] = [{k: fmpq(1)} if k in last else {} for k in range(of.size + len(sizes))]
    ends: tuple[Vector, ...] = tuple({k: fmpq(1)} for k in last)
    return Realisation((*of.rows, *sizes), (*of.columns, *sizes), table, ends, tuple(dict(e) for e in ends))


def _self_adjoint(
    of: Realisation, expression: MatrixExpression
) -> tuple[dict[str, dict[Entry, Element]], tuple[SymbolicSize, ...]]:
    """The coefficient matrices of L = S Q in a basis of the states that begins with the blocks of the expression."""
    if not all(of.left):
        raise ParameterError(f"{expression} is 0, or one of its block rows is; leave that out", of=expression)
    symmetric = {n for n, x in expression.letters().items() if x.is_symmetric}
    of = _merged(of, symmetric)
    adjoint = _merged(of.adjoint(), symmetric)
    failed = NotSelfAdjoint(
        f"{expression} is not self-adjoint; a spectrum needs a symmetric matrix (E + E.T, or E @ E.T); where E.T "
        "is -E, I * E is Hermitian, I the imaginary unit (sympy.I)",
        of=expression,
    )
    if set(adjoint.table) != set(of.table):
        raise failed
    pairs = _followed(of, adjoint, regular_point(of))
    if len(pairs) < of.size:
        pairs = _followed(of, adjoint, regular_point(of, scalar=False))
    if len(pairs) < of.size:
        raise failed
    backwards = Solver([a for a, _ in pairs])
    images = [b for _, b in pairs]

    def similar(vector: Vector) -> Vector:
        return applied(images, backwards(vector))

    table = {s: [similar(c) for c in columns] for s, columns in of.table.items()}
    if any(similar(b) != c for b, c in zip(of.right, of.left, strict=True)):
        raise failed
    basis = _adapted(of.left, of.columns, of.size)
    out: dict[str, dict[Entry, Element]] = {}
    for symbol, columns in table.items():
        images_ = [applied(columns, v) for v in basis]
        entries = {(i, j): x for j, w in enumerate(images_) for i, v in enumerate(basis) if (x := paired(v, w))}
        out["^T".join(("", symbol[0])) if symbol[1] else symbol[0]] = entries
    _check_adjoint(out, symmetric, failed)
    blocks = len(of.left)
    if out.pop("z", expected := {(k, k): 1 for k in range(blocks)}) != expected:
        raise DerivationError("the pencil of the resolvent is not monic in z", of=expression)
    kept = {n: {e: plain(x) for e, x in entries.items()} for n, entries in out.items() if not n.startswith("^T")}
    first = [next(iter(v)) for v in basis]
    return kept, tuple(of.columns[k] for k in first)


def _followed(of: Realisation, adjoint: Realisation, point: Point) -> list[tuple[Vector, Vector]]:
    """A basis of the rows of Q, reached from B, with the vectors reached in the same way from C in those of Q^*."""
    mirrored = point_at(adjoint, point.sizes, point.values)
    pairs: list[tuple[Vector, Vector]] = []
    space = Basis()
    waiting = list(zip(of.right, adjoint.right, strict=True))
    while waiting and len(pairs) < of.size:
        a, b = waiting.pop(0)
        if not space.insert(a):
            continue
        pairs.append((a, b))
        symbols = [s for s in of.table if s != ONE or not point.is_scalar]
        for x, y in zip(point.images(a), mirrored.images(b) if b else [], strict=False):
            waiting += [(applied(of.table[s], x), applied(adjoint.table[s], y)) for s in symbols]
    return pairs


def _check_adjoint(table: Mapping[str, Mapping[Entry, Any]], symmetric: set[str], failed: ParameterError) -> None:
    for name, entries in table.items():
        partner = (
            name if name in ("", "z") or name in symmetric else (name[2:] if name.startswith("^T") else f"^T{name}")
        )
        mirrored = {(j, i): conjugated(x) for (i, j), x in entries.items()}
        if table.get(partner) != mirrored:
            raise failed


def _merged(of: Realisation, symmetric: set[str]) -> Realisation:
    """The same with the transposes of symmetric letters written as the letters."""
    table: dict[Symbol, list[Vector]] = {}
    for (name, transposed), columns in of.table.items():
        symbol = (name, transposed and name not in symmetric)
        if symbol in table:
            for target, column in zip(table[symbol], columns, strict=True):
                add(target, column)
        else:
            table[symbol] = [dict(c) for c in columns]
    return Realisation(of.rows, of.columns, {s: c for s, c in table.items() if any(c)}, of.left, of.right)


def _adapted(left: tuple[Vector, ...], columns: tuple[SymbolicSize, ...], size: int) -> list[Vector]:
    """A basis u_j of the states with C^*_i u_j = 1 for i = j, else 0; every vector of one dimension."""
    functionals = [{k: conjugated(x) for k, x in v.items()} for v in left]
    pivots: list[int] = []
    rows = [dict(f) for f in functionals]
    combination: list[Vector] = [{k: fmpq(1)} for k in range(len(rows))]
    for k, row in enumerate(rows):
        pivot = min(row, key=lambda j: (len(str(row[j])), j))
        unit = 1 / row[pivot]
        rows[k] = {j: x * unit for j, x in row.items()}
        combination[k] = {j: x * unit for j, x in combination[k].items()}
        for other in range(len(rows)):
            if other != k and pivot in rows[other]:
                factor = -rows[other][pivot]
                add(rows[other], rows[k], factor)
                add(combination[other], combination[k], factor)
        pivots.append(pivot)
    first: list[Vector] = [{} for _ in left]
    for k, pivot in enumerate(pivots):
        for j, x in combination[k].items():
            add(first[j], {pivot: x})
    rest: list[Vector] = []
    for j in range(size):
        if j not in pivots:
            vector: Vector = {j: fmpq(1)}
            for k, pivot in enumerate(pivots):
                if j in rows[k]:
                    add(vector, {pivot: -rows[k][j]})
            rest.append({j: vector[j], **vector})
    return first + rest
