"""Exact scalars of expressions: rational functions of parameters, with a bound on what writing them out would take."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import sympy

MOST_DIGITS = 400
MOST_TERMS = 20_000
MOST_DEGREE = 200


class Refusal(Exception):
    """What is wrong with a scalar; the parser adds the place and makes it a `ParseError`."""


@dataclass(frozen=True)
class _Polynomial:
    """Upper bounds for a polynomial: its terms, its degree, and the bits of its coefficients."""

    terms: int = 1
    degree: int = 0
    bits: int = 1

    def __add__(self, other: _Polynomial) -> _Polynomial:
        bits = max(self.bits, other.bits) + 1
        return _Polynomial(self.terms + other.terms, max(self.degree, other.degree), bits)

    def __mul__(self, other: _Polynomial) -> _Polynomial:
        bits = self.bits + other.bits + min(self.terms, other.terms).bit_length() - 1
        return _Polynomial(self.terms * other.terms, self.degree + other.degree, bits)

    def __pow__(self, k: int) -> _Polynomial:
        terms = comb(self.terms + k - 1, k) if self.terms > 1 else 1
        return _Polynomial(terms, self.degree * k, (self.bits + self.terms.bit_length() - 1) * k)

    @property
    def is_too_large(self) -> bool:
        return self.terms > MOST_TERMS or self.degree > MOST_DEGREE or self.bits > 4 * MOST_DIGITS


@dataclass(frozen=True)
class Scalar:
    """A SymPy expression built from rational numbers and symbols, and the sizes of its numerator and denominator.

    The expression is never expanded here. The bound is what keeps a short text, ((a + b)**99)**99 say, from standing
    for a polynomial that fills the memory later.

    >>> half = Scalar.number(Fraction(1, 2))
    >>> (half + Scalar.symbol(sympy.Symbol("c"))).expr
    c + 1/2
    """

    expr: sympy.Expr
    _top: _Polynomial = _Polynomial()
    _bottom: _Polynomial = _Polynomial()

    @classmethod
    def number(cls, value: Fraction) -> Scalar:
        """A rational number; raises `Refusal` beyond 400 digits."""
        top, bottom = abs(value.numerator), value.denominator
        return _checked(
            cls(
                sympy.Rational(value.numerator, value.denominator),
                _Polynomial(bits=max(top.bit_length(), 1)),
                _Polynomial(bits=bottom.bit_length()),
            )
        )

    @classmethod
    def symbol(cls, symbol: sympy.Symbol) -> Scalar:
        """A parameter or a variable."""
        return cls(symbol, _Polynomial(degree=1))

    @property
    def integer(self) -> int | None:
        """The value as an integer, None for anything else."""
        return int(self.expr) if isinstance(self.expr, sympy.Integer) else None

    def __neg__(self) -> Scalar:
        return Scalar(-self.expr, self._top, self._bottom)

    def __add__(self, other: Scalar) -> Scalar:
        return _checked(Scalar(self.expr + other.expr, *self._sum(other)))

    def __sub__(self, other: Scalar) -> Scalar:
        return _checked(Scalar(self.expr - other.expr, *self._sum(other)))

    def _sum(self, other: Scalar) -> tuple[_Polynomial, _Polynomial]:
        if self._bottom.degree == other._bottom.degree == 0:  # numbers below: no product of numerators grows
            return self._top + other._top, self._bottom * other._bottom
        return self._top * other._bottom + other._top * self._bottom, self._bottom * other._bottom

    def __mul__(self, other: Scalar) -> Scalar:
        _checked(Scalar(sympy.S.One, self._top * other._top, self._bottom * other._bottom))
        return Scalar(self.expr * other.expr, self._top * other._top, self._bottom * other._bottom)

    def __truediv__(self, other: Scalar) -> Scalar:
        return self * other**-1

    def __pow__(self, k: int) -> Scalar:
        if abs(k) > 10 * MOST_DEGREE:
            raise Refusal(f"the exponent {k} is too large")
        top, bottom = self._top ** abs(k), self._bottom ** abs(k)
        if k < 0:
            top, bottom = bottom, top
            if self.expr.is_zero:
                raise Refusal("division by zero")
        _checked(Scalar(sympy.S.One, top, bottom))  # before SymPy multiplies the numbers out
        return Scalar(self.expr**k, top, bottom)

    @property
    def root(self) -> Scalar:
        """The square root."""
        return Scalar(sympy.sqrt(self.expr), self._top, self._bottom)


def _checked(scalar: Scalar) -> Scalar:
    if scalar._top.is_too_large or scalar._bottom.is_too_large:
        raise Refusal(
            f"written out, this exceeds {MOST_DIGITS} digits, {MOST_TERMS} terms or degree {MOST_DEGREE}; "
            "give it a name (a parameter) and substitute later"
        )
    return scalar
