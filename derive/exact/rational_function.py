"""Rational functions of one variable over Q, and the linear relations between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

import sympy
from flint import fmpq, fmpq_mat, fmpq_poly

from resolvent.derive.exact.field import to_sympy_rational

X = sympy.Symbol("x")
ONE, x = fmpq_poly([1]), fmpq_poly([0, 1])


@dataclass(frozen=True)
class Rational:
    """A rational function over Q in lowest terms, the denominator monic.

    >>> (Rational.of(ONE, x) + Rational.constant(Fraction(1, 2))).to_sympy()
    (x + 2)/(2*x)
    """

    top: fmpq_poly
    bottom: fmpq_poly

    @classmethod
    def of(cls, top: fmpq_poly, bottom: fmpq_poly = ONE) -> Rational:
        """The quotient, reduced."""
        common = top.gcd(bottom)
        top, bottom = top // common, bottom // common
        lead = bottom[bottom.degree()]
        return cls(top / lead, bottom / lead)

    @classmethod
    def constant(cls, value: Fraction | fmpq | int) -> Rational:
        """A constant."""
        number = fmpq(value.numerator, value.denominator) if isinstance(value, Fraction) else fmpq(value)
        return cls(fmpq_poly([number]), ONE)

    def __add__(self, other: Rational) -> Rational:
        return Rational.of(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)

    def __sub__(self, other: Rational) -> Rational:
        return self + Rational(-other.top, other.bottom)

    def __mul__(self, other: Rational) -> Rational:
        return Rational.of(self.top * other.top, self.bottom * other.bottom)

    def __truediv__(self, other: Rational) -> Rational:
        return Rational.of(self.top * other.bottom, self.bottom * other.top)

    def __call__(self, point: fmpq) -> fmpq:
        """The value at a point that is no pole."""
        return self.top(point) / self.bottom(point)

    @property
    def degree(self) -> int:
        """How often the function takes a value, on the complex sphere."""
        return max(int(self.top.degree()), int(self.bottom.degree()))

    def derivative(self) -> Rational:
        """The derivative."""
        return Rational.of(
            self.top.derivative() * self.bottom - self.top * self.bottom.derivative(), self.bottom * self.bottom
        )

    def to_sympy(self, symbol: sympy.Symbol = X) -> sympy.Expr:
        """The function as a factored SymPy expression."""
        top, bottom = (
            sympy.Add(*(to_sympy_rational(c) * symbol**k for k, c in enumerate(p.coeffs())))
            for p in (self.top, self.bottom)
        )
        return sympy.factor(top / bottom)


def null_space(rows: Sequence[Sequence[fmpq]], width: int) -> list[list[fmpq]]:
    """A basis of the vectors of that width on which all rows vanish; each ends with its own free entry, 1.

    >>> null_space([[fmpq(1), fmpq(2), fmpq(3)]], 3)
    [[-2, 1, 0], [-3, 0, 1]]
    """
    matrix = fmpq_mat(len(rows), width, [entry for row in rows for entry in row])
    reduced, rank = matrix.rref()
    pivots = [next(k for k in range(width) if reduced[i, k] != 0) for i in range(rank)]
    found = []
    for free in sorted(set(range(width)) - set(pivots)):
        vector = [fmpq(int(k == free)) for k in range(width)]
        for i, pivot in enumerate(pivots):
            vector[pivot] = -reduced[i, free]
        found.append(vector)
    return found


def relations(columns: Sequence[Sequence[Rational]]) -> list[list[fmpq]]:
    """A basis of the constants that combine tuples of functions to zero.

    >>> relations([[Rational.of(ONE, x)], [Rational.of(x)], [Rational.of(x * x + 1, x)]])
    [[-1, -1, 1]]
    """
    rows: list[list[fmpq]] = []
    for parts in zip(*columns, strict=True):
        common = reduce(lambda u, v: u * (v // u.gcd(v)), (p.bottom for p in parts), ONE)
        tops = [p.top * (common // p.bottom) for p in parts]
        rows += [[t[k] for t in tops] for k in range(max(int(t.degree()) for t in tops) + 1)]
    return null_space(rows, len(columns))
