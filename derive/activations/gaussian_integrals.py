"""Integrals against the standard Gaussian: closed forms for six families of functions.

For a function f and a scale s > 0 let ft(xi) = f(s xi) with xi ~ N(0, 1), and let h_k = He_k/sqrt(k!) be the
orthonormal Hermite polynomials. A family answers four questions, all about the coefficients a_k = E[ft h_k]:

- ``coefficient(k, s)`` = a_k and ``power(k, s)`` = a_k^2,
- ``energy(drop, s)`` = E (ft - sum_{j < drop} a_j h_j)^2 = sum_{k >= drop} a_k^2, for drop = 0, 1, 2,
- ``slope_energy(s)`` = E ft'^2 = sum_k k a_k^2, infinite for functions that jump,
- ``rational(s, digits, centred)``: a_1^2 and what remains, as rational numbers.

Closed forms are SymPy expressions in s. They rest on integration by parts, E[g He_k] = E[g' He_{k-1}], hence
E[ft He_k] = s^k E f^(k)(s xi). `resolvent.derive.activations.gaussian_quadrature` has the
families without closed forms, which give an `Estimate`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

import sympy

from resolvent.derive.errors import PrecisionError

EPSILON = 2.0**-53


@dataclass(frozen=True)
class Estimate:
    """A number found by quadrature and a bound of its error, of the kind "estimated" (not a proved enclosure).

    >>> float(Estimate(0.5, 1e-16))
    0.5
    """

    value: float
    error: float
    kind = "estimated"

    def __float__(self) -> float:
        return self.value

    def squared(self) -> Estimate:
        """The square, with the error that follows."""
        v, e = self.value, self.error
        return Estimate(v * v, 2 * abs(v) * e + e * e + 2 * EPSILON * v * v)


class Family(ABC):
    """What a family of functions knows about f(s xi); see the head of this module for the words."""

    is_exact: bool

    @abstractmethod
    def coefficient(self, k: int, s: Any) -> Any:
        """The Hermite coefficient a_k = E[f(s xi) He_k(xi)]/sqrt(k!)."""

    @abstractmethod
    def power(self, k: int, s: Any) -> Any:
        """The square of a_k."""

    @abstractmethod
    def energy(self, drop: int, s: Any) -> Any:
        """The sum of a_k^2 over k >= drop."""

    @abstractmethod
    def slope_energy(self, s: Any) -> Any:
        """The mean square of the derivative of f(s xi) with respect to xi."""

    @abstractmethod
    def rational(self, s: Any, digits: int, centred: bool) -> tuple[sympy.Rational, sympy.Rational]:
        """The power a_1^2 and the sum of the others (without a_0^2 if centred), to ``digits`` significant digits."""


# -- closed forms --------------------------------------------------------------------------------------------


class Closed(Family):
    """A family with closed forms: it gives the mean, the mean square and the derivative, and the rest follows."""

    is_exact = True

    @abstractmethod
    def mean(self, s: sympy.Expr) -> sympy.Expr:
        """E f(s xi)."""

    @abstractmethod
    def second(self, s: sympy.Expr) -> sympy.Expr:
        """E f(s xi)^2."""

    @property
    @abstractmethod
    def derivative(self) -> Closed:
        """The family's member f'."""

    def against_hermite(self, k: int, s: sympy.Expr) -> sympy.Expr:
        """E[f(s xi) He_k(xi)], without the square root of k!."""
        member: Closed = self
        for _ in range(k):
            member = member.derivative
        return s**k * member.mean(s)

    def coefficient(self, k: int, s: Any) -> Any:
        return self.tidy(self.against_hermite(k, s) / sympy.sqrt(sympy.factorial(k)))

    def power(self, k: int, s: Any) -> Any:
        return self.tidy(self.against_hermite(k, s) ** 2 / sympy.factorial(k))

    def energy(self, drop: int, s: Any) -> Any:
        return self.tidy(self.second(s) - sum((self.power(k, s) for k in range(drop)), start=sympy.Integer(0)))

    def slope_energy(self, s: Any) -> Any:
        return self.tidy(s**2 * self.derivative.second(s))

    def tidy(self, expression: sympy.Expr) -> sympy.Expr:
        """A form for the reader; sums of products by default."""
        return sympy.expand_mul(expression)

    def rational(self, s: Any, digits: int, centred: bool) -> tuple[sympy.Rational, sympy.Rational]:
        slope = self.power(1, s)
        rest = self.tidy(self.energy(int(centred), s) - slope)
        total = self.tidy(slope + rest)
        if total.is_Rational and not slope.is_Rational:
            # A rational eta stays exact; the smaller part is rounded, so the other keeps its digits too.
            first = decimal_rational(slope, digits)
            second = decimal_rational(rest, digits)
            return (total - second, second) if second < first else (first, total - first)
        return decimal_rational(slope, digits), decimal_rational(rest, digits)


@dataclass(frozen=True)
class Polynomial(Closed):
    """f(x) = sum_j coefficients[j] x^j.

    >>> Polynomial((0, 0, 1)).energy(0, sympy.Symbol("s"))
    3*s**4
    """

    coefficients: tuple[Any, ...]

    def mean(self, s: sympy.Expr) -> sympy.Expr:
        even = enumerate(self.coefficients[::2])
        return sympy.Add(*(c * s ** (2 * j) * sympy.factorial2(2 * j - 1) for j, c in even))

    def second(self, s: sympy.Expr) -> sympy.Expr:
        square: list[Any] = [sympy.Integer(0)] * (2 * len(self.coefficients))
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(self.coefficients):
                square[i + j] += a * b
        return Polynomial(tuple(square)).mean(s)

    @property
    def derivative(self) -> Polynomial:
        return Polynomial(tuple(j * c for j, c in enumerate(self.coefficients))[1:])

    def tidy(self, expression: sympy.Expr) -> sympy.Expr:
        return sympy.expand(expression)


@lru_cache(maxsize=64)
def hermite_coefficients(k: int) -> tuple[int, ...]:
    """The coefficients of the probabilists' Hermite polynomial He_k, lowest first.

    >>> hermite_coefficients(3)
    (0, -3, 0, 1)
    """
    before, now = [0], [1]
    for n in range(k):
        raised = [0, *now]
        before, now = now, [c - n * (before[j] if j < len(before) else 0) for j, c in enumerate(raised)]
    return tuple(now)


@dataclass(frozen=True)
class ExponentialSum(Closed):
    """f(x) = sum of weight exp(rate x) over ``terms`` = ((weight, rate), ...); complex, if the sum is real."""

    terms: tuple[tuple[Any, Any], ...]

    def mean(self, s: sympy.Expr) -> sympy.Expr:
        return sympy.Add(*(w * sympy.exp(sympy.expand(c**2) * s**2 / 2) for w, c in self.terms))

    def second(self, s: sympy.Expr) -> sympy.Expr:
        return ExponentialSum(tuple((v * w, c + d) for v, c in self.terms for w, d in self.terms)).mean(s)

    @property
    def derivative(self) -> ExponentialSum:
        return ExponentialSum(tuple((w * c, c) for w, c in self.terms))


def _density(t: Any) -> sympy.Expr:
    return sympy.exp(-sympy.Rational(1, 2) * t**2) / sympy.sqrt(2 * sympy.pi)


def _upper_tail(t: Any) -> sympy.Expr:
    return sympy.erfc(t / sympy.sqrt(2)) / 2


@dataclass(frozen=True)
class Steps(Closed):
    """f(x) = level + sum of d [x > t] over ``jumps`` = ((t, d), ...), t rational."""

    level: Any
    jumps: tuple[tuple[Any, Any], ...]

    def mean(self, s: sympy.Expr) -> sympy.Expr:
        return self.level + sympy.Add(*(d * _upper_tail(t / s) for t, d in self.jumps))

    def second(self, s: sympy.Expr) -> sympy.Expr:
        pairs = (c * d * _upper_tail(max(t, u) / s) for t, c in self.jumps for u, d in self.jumps)
        return self.level**2 + 2 * self.level * (self.mean(s) - self.level) + sympy.Add(*pairs)

    def against_hermite(self, k: int, s: sympy.Expr) -> sympy.Expr:
        if k == 0:
            return self.mean(s)
        he = hermite_coefficients(k - 1)
        values = ((d, t / s, sympy.Add(*(c * (t / s) ** j for j, c in enumerate(he)))) for t, d in self.jumps)
        return sympy.Add(*(d * _density(t) * polynomial for d, t, polynomial in values))

    @property
    def derivative(self) -> Closed:
        raise TypeError("a function with jumps has no weak derivative")

    def slope_energy(self, s: Any) -> Any:
        return sympy.oo


@dataclass(frozen=True)
class PiecewiseLinear(Closed):
    """f(x) = level + slope x + sum of d max(0, x - t) over ``bends`` = ((t, d), ...), t rational."""

    level: Any
    slope: Any
    bends: tuple[tuple[Any, Any], ...]

    def mean(self, s: sympy.Expr) -> sympy.Expr:
        ramps = ((d, t / s) for t, d in self.bends)
        return self.level + s * sympy.Add(*(d * (_density(t) - t * _upper_tail(t)) for d, t in ramps))

    def second(self, s: sympy.Expr) -> sympy.Expr:
        a, b = self.level, self.slope
        total = a**2 + s**2 * b**2 + 2 * a * (self.mean(s) - a)
        total += 2 * b * s**2 * sympy.Add(*(d * _upper_tail(t / s) for t, d in self.bends))
        for first, c in self.bends:
            for other, d in self.bends:
                # E max(0, xi - t) max(0, xi - u) for t <= u
                t, u = min(first, other) / s, max(first, other) / s
                total += s**2 * c * d * ((1 + t * u) * _upper_tail(u) - t * _density(u))
        return total

    @property
    def derivative(self) -> Steps:
        return Steps(self.slope, self.bends)

    def against_hermite(self, k: int, s: sympy.Expr) -> sympy.Expr:
        return self.mean(s) if k == 0 else s * self.derivative.against_hermite(k - 1, s)

    def tidy(self, expression: sympy.Expr) -> sympy.Expr:
        return sympy.expand(expression)


@dataclass(frozen=True)
class ErrorFunction(Closed):
    """f = erf. It rests on E erf(s (xi + t)) = erf(s t/sqrt(1 + 2 s^2)), whose Taylor series holds the coefficients."""

    def mean(self, s: sympy.Expr) -> sympy.Expr:
        return sympy.Integer(0)

    def second(self, s: sympy.Expr) -> sympy.Expr:
        return 2 * sympy.asin(2 * s**2 / (1 + 2 * s**2)) / sympy.pi

    @property
    def derivative(self) -> Closed:
        raise TypeError("the derivative of erf is a Gaussian, which is no member of this family")

    def against_hermite(self, k: int, s: sympy.Expr) -> sympy.Expr:
        if k % 2 == 0:
            return sympy.Integer(0)
        n = k // 2
        ratio = sympy.Rational((-1) ** n * 2 * math.factorial(2 * n), math.factorial(n))
        return ratio * s**k / (sympy.sqrt(1 + 2 * s**2) ** k * sympy.sqrt(sympy.pi))

    def slope_energy(self, s: Any) -> Any:
        return 4 * s**2 / (sympy.pi * sympy.sqrt(1 + 4 * s**2))


@dataclass(frozen=True)
class Bell(Closed):
    """f(x) = exp(-x^2/2). It rests on E f(s (xi + t)) = exp(-s^2 t^2/(2 (1 + s^2)))/sqrt(1 + s^2), as erf does.

    >>> Bell().energy(0, sympy.Integer(2))
    1/3
    """

    def mean(self, s: sympy.Expr) -> sympy.Expr:
        return 1 / sympy.sqrt(1 + s**2)

    def second(self, s: sympy.Expr) -> sympy.Expr:
        return 1 / sympy.sqrt(1 + 2 * s**2)

    @property
    def derivative(self) -> Closed:
        raise TypeError("the derivative of a Gaussian is no member of this family")

    def against_hermite(self, k: int, s: sympy.Expr) -> sympy.Expr:
        if k % 2:
            return sympy.Integer(0)
        n = k // 2
        ratio = sympy.Rational((-1) ** n * math.factorial(2 * n), 2**n * math.factorial(n))
        return ratio * s**k / sympy.sqrt(1 + s**2) ** (k + 1)

    def slope_energy(self, s: Any) -> Any:
        return s**4 / sympy.sqrt(1 + 2 * s**2) ** 3


def decimal_rational(number: Any, digits: int) -> sympy.Rational:
    """A real number rounded to ``digits`` significant digits, as a rational; rational numbers stay as they are.

    >>> decimal_rational(sympy.pi, 3), decimal_rational(sympy.Rational(1, 3), 3)
    (157/50, 1/3)

    Raises `PrecisionError` if 2000 digits do not tell the number from zero.
    """
    if number.is_Rational:
        return number
    work = digits + 15
    before = None
    while work < 2000:
        now = sympy.Rational(number.evalf(work, maxn=10 * work))
        if now and before is not None and abs(now - before) <= abs(now) * sympy.Rational(1, 10 ** (digits + 2)):
            return rounded(now, digits)
        before, work = now, 2 * work
    raise PrecisionError(f"{number} cannot be told from 0; simplify the scale or the coefficients", number=number)


def rounded(number: sympy.Rational, digits: int) -> sympy.Rational:
    """A rational number rounded to ``digits`` significant digits.

    >>> rounded(sympy.Rational(2, 3), 2)
    67/100
    """
    quotient = Context(prec=digits).divide(Decimal(int(number.p)), Decimal(int(number.q)))
    return sympy.Rational(*quotient.as_integer_ratio())
