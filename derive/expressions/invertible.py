"""Whether the inverses in an expression exist in the limit, by ranks at random matrices modulo a prime.

At random matrices modulo a prime the rank is that of almost all matrices of these sizes, and at k times the sizes it is
k times as large or larger (take k blocks). So what is regular at some sizes is so at all their multiples; what is
inverted has a kernel in the limit where the shares of dependent rows go on as the sizes grow. This tells inverses that
do not exist, as that of a projection, from those of large norm, as that of a Wigner matrix, which an expression may
hold: inv(1 + inv(S @ S)) is S @ S @ inv(1 + S @ S).

Sources: Mai, Speicher, Yin, J. Funct. Anal. 285 (2023), 110016, and Arizmendi, Cebron, Speicher, Yin, Adv. Math. 443
(2024), 109595, for the kernel in the limit; Derksen, Makam, Adv. Math. 310 (2017), for the sizes that decide.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import sympy
from flint import nmod_mat

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Element, Field, to_fmpq, to_sympy_rational
from resolvent.derive.exact.trees import parts_first
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import Letter, Ratios, SymbolicSize
from resolvent.derive.expressions.pencil_check import Point, drawn_point, value_of
from resolvent.derive.expressions.pointing import pointing
from resolvent.derive.expressions.positivity import is_positive
from resolvent.derive.expressions.scaling import Scales, scales_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.irrational import has_numbers
from resolvent.derive.phases.known_atoms import known_atoms

_FEW, _MOST = 24, 150  # rows of the largest matrix: few where the denominators of the ratios are small, or else up to
_LEAST = 6  # rows of every matrix at the sizes that show a kernel


def require_inverses(model: MatrixExpression, ratios: Ratios, values: Mapping[str, Any] | None = None) -> None:
    """Refuse an expression with the inverse of a matrix that is singular in the limit.

    inv(1 + inv(P)) has a continuation to projections P, which no matrix has. Nothing is said of an inverse where a
    ratio of sizes or the weights of a spectrum are parameters without ``values``.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian, inv
    >>> p, n = dimension("p"), dimension("n")
    >>> X = gaussian("X", p, n)
    >>> require_inverses(inv(1 + inv(X @ X.T / n)), {(p, n): "1/2"})
    >>> require_inverses(inv(1 + inv(X @ X.T / n)), {(p, n): 2})
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.DerivationError: inv(X @ X.T / n) does not exist in the limit: X @ X.T / n is singular, ...

    Raises `DerivationError` where what is inverted has eigenvalues 0 in the limit, a positive share of all.
    """
    if all(is_positive(node.parts[0]) for node in model.nodes() if node.head == "inverse"):
        return
    if values:
        model, ratios = at_numbers(model, ratios, values)
    sizes = _Sizes(scales_of(model.dimensions(), ratios), model)
    doubtful = [node for node in model.nodes() if node.head == "inverse" and sizes.are_numbers(node)]
    if not doubtful:
        return
    unit, rows = sizes.unit(doubtful)
    if sizes.kernel(doubtful, unit) is None:
        return
    first, second = (sizes.kernel(doubtful, k * unit) for k in ((2, 6) if rows < 3 * _FEW else (1, 2)))
    if first is None or second is None or second.node is not first.node or 2 * second.share < first.share:
        return
    if min(second.sizes.values()) < _LEAST:
        return
    told = " and ".join(f"{d} = {k}" for d, k in second.sizes.items())
    with pointing(model):
        raise DerivationError(
            f"{second.node} does not exist in the limit: {second.node.parts[0]} is singular, at {told} say "
            f"{second.rank} of its {second.rows} rows are independent; change the ratios or spectra, or add a multiple "
            "of the identity to what is inverted",
            of=second.node,
        )


def at_numbers(model: MatrixExpression, ratios: Ratios, values: Mapping[str, Any]) -> tuple[MatrixExpression, Ratios]:
    """The expression and the ratios at numbers for some parameters.

    Raises `ParameterError` for anything but rational numbers.
    """

    def put(scalar: sympy.Expr) -> sympy.Expr:
        return scalar.xreplace({s: numbers[s.name] for s in scalar.free_symbols if s.name in numbers})

    numbers = {name: to_sympy_rational(to_fmpq(value)) for name, value in values.items()}
    laws = [
        None if law is None else law.at({s.name: numbers[s.name] for s in law.parameters if s.name in numbers})
        for law in model.laws()
    ]
    found = {pair: put(as_scalar(value)) for pair, value in ratios.items()}
    return model.rebuilt([put(s) for s in model.scalars()], laws), found


@dataclass(frozen=True)
class _Kernel:
    """An inverse, and the rank of what is inverted at sizes."""

    node: MatrixExpression
    rank: int
    rows: int
    sizes: Mapping[SymbolicSize, int]

    @property
    def share(self) -> float:
        """The share of dependent rows."""
        return 1 - self.rank / self.rows


class _Undecided(Exception):
    """A matrix depends on a parameter that decides its rank."""


@dataclass(eq=False)
class _Drawn:
    """Random matrices modulo a prime, and by how many rows they miss the ratios and weights."""

    point: Point
    read: Callable[[sympy.Expr], Element]
    rows: Mapping[SymbolicSize, int]
    off: Mapping[SymbolicSize, float]
    rng: random.Random
    bases: dict[str, nmod_mat] = field(default_factory=dict)
    letters: dict[str, tuple[nmod_mat, float]] = field(default_factory=dict)

    def letter(self, letter: Letter) -> tuple[nmod_mat, float]:
        """The matrix, and by how many rows its sizes and spectrum are off."""
        if letter.name not in self.letters:
            self.letters[letter.name] = self._letter(letter)
        return self.letters[letter.name]

    def _letter(self, letter: Letter) -> tuple[nmod_mat, float]:
        rows, columns = self.rows[letter.rows], self.rows[letter.columns]
        off, prime = self.off[letter.rows] + self.off[letter.columns], self.point.prime
        if letter.variance == 0:
            return nmod_mat(rows, columns, prime), off
        if letter.kind == "gaussian":
            return self._random(rows, columns), off
        if letter.kind == "wigner":
            half = self._random(rows, rows)
            return half + half.transpose(), off
        if letter.kind == "haar":
            return self._rotation(rows), off
        group = letter.group or letter.name
        basis = self.bases[group] = self.bases.get(group) or self._rotation(rows)
        eigenvalues, more = self._eigenvalues(letter, rows)
        diagonal = nmod_mat(rows, rows, [x * (i == j) for i, x in enumerate(eigenvalues) for j in range(rows)], prime)
        return basis * diagonal * basis.transpose(), off + more

    def _random(self, rows: int, columns: int) -> nmod_mat:
        draw, prime = self.rng.randrange, self.point.prime
        return nmod_mat(rows, columns, [draw(prime) for _ in range(rows * columns)], prime)

    def _rotation(self, size: int) -> nmod_mat:
        """An orthogonal matrix, (1 - K)/(1 + K) with K = -K^T."""
        half, one = self._random(size, size), self.point.identity(size)
        skew = half - half.transpose()
        return (one - skew) * (one + skew).inv()

    def _eigenvalues(self, letter: Letter, size: int) -> tuple[list[int], float]:
        """Eigenvalues with the multiplicities of the atoms, and others; and how far the multiplicities are off."""
        values: list[int] = []
        off = 0.0
        for place, total in self._atoms(letter):
            count = max(0, min(size, round(total * size)) - len(values))
            off += 2 * abs(total * size - round(total * size))
            values += [place] * count
        rest = size - len(values)
        return values + [self.rng.randrange(self.point.prime) for _ in range(rest)], off

    def _atoms(self, letter: Letter) -> list[tuple[int, float]]:
        """The places of atoms, and the weights up to them, added."""
        if letter.group:
            found = [(point, [weight]) for point, weight in zip(letter.points, letter.weights, strict=True)]
        else:
            found = [] if letter.law is None else _atoms_of(letter.law)
        shares = accumulate(max(0.0, *map(_number, weights)) for _, weights in found)
        return [(self.point.residue(self.read(place)), share) for (place, _), share in zip(found, shares, strict=True)]


def _atoms_of(law: AlgebraicLaw) -> list[tuple[sympy.Expr, list[sympy.Expr]]]:
    """The atoms that are known from how a law was made: places, and weights of which the largest is the mass."""
    numbers: dict[sympy.Symbol, sympy.Expr] = {}
    if has_numbers(law):
        law, *named = law.recipe.arguments
        numbers = dict(zip(*named, strict=True))
    table = {s.name: numbers.get(s, s) for s in law.parameters}
    return [
        (place.to_sympy(table), [w.to_sympy(table) for w in weights])
        for place, weights in (known_atoms(law) or {}).items()
    ]


def _number(value: sympy.Expr) -> float:
    if value.free_symbols:
        raise _Undecided
    return float(value)


@dataclass(frozen=True, eq=False)
class _Sizes:
    """An expression at sizes of given ratios."""

    scales: Scales
    model: MatrixExpression
    known: dict[sympy.Expr, Element] = field(default_factory=dict)

    def read(self, scalar: sympy.Expr) -> Element:
        """A scalar without its power of the sizes; a new parameter for one that is not read, as cbrt(2)."""
        if scalar not in self.known:
            try:
                self.known[scalar] = self.scales.read(scalar).value
            except ParameterError:
                name = f"scalar_{len(self.known)}_"
                self.scales.symbols[name] = sympy.Symbol(name)
                self.known[scalar] = Field((name,)).generator(name)
        return self.known[scalar]

    def are_numbers(self, node: MatrixExpression) -> bool:
        """Whether the ratios of all sizes in it are numbers."""
        return not any(self.scales.ratios[d].free_symbols for d in node.dimensions())

    def unit(self, inverses: list[MatrixExpression]) -> tuple[float, float]:
        """A size of ratio 1 at which the others are integers, or nearly, and the rows of the largest matrix there."""
        nodes = list(parts_first(inverses, lambda node: node.parts))
        ratios = {d: self.scales.ratios[d] for node in nodes for d in (*node.rows, *node.columns)}
        largest = max(sum(float(ratios[d]) for d in shape) for node in nodes for shape in (node.rows, node.columns))
        whole = math.lcm(*(int(r.q) for r in ratios.values() if r.is_Rational))
        unit = whole * max(1.0, round(_FEW / (whole * largest)))
        if unit * largest > _MOST or not all(r.is_Rational for r in ratios.values()):
            unit = _MOST / largest
        return unit, unit * largest

    def kernel(self, inverses: list[MatrixExpression], unit: float) -> _Kernel | None:
        """The first of the inverses that does not exist at a size, if one does not."""
        drawn = self._drawn(inverses, unit)
        if drawn is None:
            return None
        done: dict[int, tuple[nmod_mat, float]] = {}
        for node in parts_first(inverses, lambda node: node.parts):
            if any(id(part) not in done for part in node.parts):
                continue
            try:
                done[id(node)] = self._at(node, [done[id(part)] for part in node.parts], drawn)
            except _Undecided:
                continue
            except ZeroDivisionError:  # of an inverse
                matrix, off = done[id(node.parts[0])]
                rank, rows = matrix.rank(), matrix.nrows()
                told = {d: drawn.rows[d] for d in node.dimensions()}
                return _Kernel(node, rank, rows, told) if rows - rank > off else None
        return None

    def _at(self, node: MatrixExpression, parts: list[tuple[nmod_mat, float]], drawn: _Drawn) -> tuple[nmod_mat, float]:
        """The matrix of a node, and by how much its rank may be off for its sizes."""
        if node.letter is not None:
            return drawn.letter(node.letter)
        rows, columns = (sum(drawn.rows[d] for d in shape) for shape in (node.rows, node.columns))
        off = sum(drawn.off[d] for d in (*node.rows, *node.columns)) + sum(more for _, more in parts)
        return value_of(node, [m for m, _ in parts], (rows, columns), self.read, drawn.point), off

    def _drawn(self, inverses: list[MatrixExpression], unit: float) -> _Drawn | None:
        """Matrices at a size; None where there is no prime for all square roots."""
        ratios = {d: self.scales.ratios[d] for node in inverses for d in node.dimensions()}
        rows = {d: max(1, round(unit * float(r))) for d, r in ratios.items()}
        off = {d: abs(rows[d] - unit * float(r)) for d, r in ratios.items()}
        letters = self.model.letters().values()
        laws = [x.law for x in letters if x.law is not None and not x.group]
        for scalar in (*self.model.scalars(), *(place for law in laws for place, _ in _atoms_of(law))):
            self.read(scalar)
        rng = random.Random(1970)
        point = drawn_point(self.scales, rng)
        return None if point is None else _Drawn(point, self.read, rows, off, rng)
