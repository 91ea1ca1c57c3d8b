r"""Hypergeometric forms near a point where the argument is 0 or 1: exact power series.

A form y = w (p_0 G(f) + p_1 G'(f)), w = prod |x - a|^alpha, is expanded at s in t = x - s, or at infinity in t = 1/x,
for the two solutions G of the hypergeometric equation that are power series there,

    f(s) = 0:  G(u) = 2F1(a, b; c; u),
    f(s) = 1:  G(u) = (u - 1)^d 2F1(c-a, c-b; d+1; 1-u),   d = c - a - b = 0, 1, 2, ...

so that y = constant |t|^power sum_k c_k t^k with rational c_k. The second one is the jump of the first across its cut.

Source: DLMF 15.10, for the solutions of the hypergeometric equation at 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import fmpq, fmpq_poly, fmpq_series, fmpz_poly

from resolvent.derive.errors import DerivationError, PrecisionError
from resolvent.derive.exact.field import to_sympy_rational
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.rational_function import ONE, Rational
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm
from resolvent.derive.sequences.ode import LinearODE


@dataclass(frozen=True)
class Laurent:
    """sum_k coefficients[k] t^(start + k); what follows the coefficients is not known."""

    start: int
    coefficients: tuple[fmpq, ...]

    def __getitem__(self, k: int) -> fmpq:
        """The coefficient of t^k; raises `PrecisionError` beyond the known ones."""
        if k - self.start >= len(self.coefficients):
            raise PrecisionError(f"the series is known below t^{self.start + len(self.coefficients)} only; got t^{k}")
        return self.coefficients[k - self.start] if k >= self.start else fmpq(0)

    def __add__(self, other: Laurent) -> Laurent:
        start = min(self.start, other.start)
        end = min(s.start + len(s.coefficients) for s in (self, other))
        return Laurent(start, tuple(self[k] + other[k] for k in range(start, end)))

    def scaled(self, factor: fmpq) -> Laurent:
        """The series times a constant."""
        return Laurent(self.start, tuple(factor * c for c in self.coefficients))

    def __mul__(self, other: Laurent) -> Laurent:
        size = min(len(self.coefficients), len(other.coefficients))
        with order(size):
            product = fmpq_series(list(self.coefficients), prec=size) * fmpq_series(list(other.coefficients), prec=size)
            return Laurent(self.start + other.start, tuple(product[k] for k in range(size)))


@dataclass(frozen=True)
class Expansion:
    """constant |t|^power (sum_k c_k t^k): the constant is positive, an algebraic number; the c_k are rational."""

    constant: sympy.Expr
    power: Fraction
    series: Laurent


def laurent(function: Rational, place: fmpq | None, terms: int) -> Laurent:
    """A rational function in t = x - place, or in t = 1/x at infinity (None).

    >>> laurent(Rational.of(ONE, fmpq_poly([0, 1, -1])), fmpq(0), 3)
    Laurent(start=-1, coefficients=(1, 1, 1))
    """
    if function.top == 0:
        return Laurent(0, (fmpq(0),) * terms)
    if place is None:
        top, bottom = function.top.coeffs()[::-1], function.bottom.coeffs()[::-1]
        start = len(bottom) - len(top)
    else:
        shift = fmpq_poly([place, 1])
        top, bottom, start = function.top(shift).coeffs(), function.bottom(shift).coeffs(), 0
    for part, sign in ((top, 1), (bottom, -1)):
        while part[0] == 0:
            part.pop(0)
            start += sign
    with order(terms):
        quotient = fmpq_series(top, prec=terms) / fmpq_series(bottom, prec=terms)
        return Laurent(start, tuple(quotient[k] for k in range(terms)))


def expansion(form: HypergeometricForm, place: fmpq | None, last: int) -> Expansion:
    """The form at a place where its argument is 0, or 1 with c - a - b = 0, 1, 2, ..., at least up to t^last.

    At infinity principal values are taken in the upper half-plane, and powers of t are in the series if they are whole.

    >>> from resolvent.derive.holonomic.hypergeometric_form import hypergeometric_forms
    >>> ode = LinearODE((fmpz_poly([-1]), fmpz_poly([4, -8]), fmpz_poly([0, 4, -4])))  # of K(x)
    >>> form = next(hypergeometric_forms(ode))  # 2F1(1/2, 1/2; 1; 1-x), so K(x) 2/pi is its jump
    >>> expansion(form, fmpq(0), 2).series.coefficients[:3]
    (1, 1/4, 9/64)

    Raises `DerivationError` where it is no power series.
    """
    size = max(last, 0) + 2
    found = _expansion(form, place, size)
    missing = last + 1 - found.series.start - len(found.series.coefficients)
    return found if missing <= 0 else _expansion(form, place, size + missing)


def _expansion(form: HypergeometricForm, place: fmpq | None, size: int) -> Expansion:
    f = form.pullback
    small, near_one = laurent(f, place, size), laurent(Rational.of(ONE) - f, place, size)
    gap = form.c - form.a - form.b
    if small.start > 0:
        inner, slope, lift, (a, b, c) = small, 1, 0, (form.a, form.b, form.c)
    elif near_one.start > 0 and gap.denominator == 1 and gap >= 0:
        inner, slope, lift, (a, b, c) = near_one, -1, int(gap), (form.c - form.a, form.c - form.b, gap + 1)
    else:
        raise DerivationError("the solution is no power series at this place", form=form, place=place)
    outer = fmpq_poly([fmpq(0)] * lift + [fmpq((-1) ** lift) * u for u in hypergeometric_terms(a, b, c, size + 1)])
    values = [_composed(g, inner, size) for g in (outer, slope * outer.derivative())]
    total = laurent(form.parts[0], place, size) * values[0] + laurent(form.parts[1], place, size) * values[1]
    constant, power = sympy.S.One, Fraction(0)
    for root, exponent in form.powers:
        if root == place or place is None:
            power += exponent if place is not None else -exponent
        else:
            constant *= abs(to_sympy_rational(place - root)) ** sympy.Rational(exponent.numerator, exponent.denominator)
        if root != place:
            total *= _binomial(exponent, -root if place is None else 1 / (place - root), size)
    if place is None and power.denominator == 1:
        total, power = Laurent(total.start + int(power), total.coefficients), Fraction(0)
    return Expansion(constant, power, total)


def hypergeometric_terms(a: Fraction, b: Fraction, c: Fraction, terms: int) -> list[fmpq]:
    """The coefficients of 2F1(a, b; c; u), c not 0, -1, ... (DLMF 15.2.1).

    >>> hypergeometric_terms(Fraction(1, 2), Fraction(1, 2), Fraction(1), 3)
    [1, 1/4, 9/64]
    """
    found = [fmpq(1)]
    for k in range(terms - 1):
        ratio = (a + k) * (b + k) / ((c + k) * (k + 1))
        found.append(found[-1] * fmpq(ratio.numerator, ratio.denominator))
    return found


def _composed(outer: fmpq_poly, inner: Laurent, terms: int) -> Laurent:
    """outer(inner) for a series without constant term."""
    with order(terms):
        argument = fmpq_series([fmpq(0)] * inner.start + list(inner.coefficients), prec=terms)
        result = fmpq_series(outer.coeffs()[:terms], prec=terms)(argument)
        return Laurent(0, tuple(result[k] for k in range(terms)))


def last_exponent(ode: LinearODE, place: fmpq | None, shift: Fraction = Fraction(0)) -> int:
    """The largest integer n for which some solution is of order t^(n + shift): series that agree so far are equal.

    >>> last_exponent(LinearODE((fmpz_poly([-1]), fmpz_poly([4, -8]), fmpz_poly([0, 4, -4]))), fmpq(1))
    0

    The singularity must be regular and have a solution of this kind.
    """
    factor = None if place is None else fmpz_poly([-int(place.p), int(place.q)])
    indicial = ode.indicial_polynomial(factor)
    assert indicial is not None
    moved = indicial(fmpq_poly([fmpq(shift.numerator, shift.denominator), 1]))
    return max(int(-p[0] / p[1]) for p in _linear_factors(moved) if int(p[0]) % int(p[1]) == 0)


def equal_up_to(first: Laurent, second: Laurent, last: int) -> bool:
    """Whether all coefficients up to t^last agree."""
    return all(first[k] == second[k] for k in range(min(first.start, second.start), last + 1))


def _linear_factors(polynomial: fmpq_poly) -> Sequence[fmpz_poly]:
    return [p for p, _ in polynomial.numer().factor()[1] if p.degree() == 1]


def _binomial(exponent: Fraction, scale: fmpq, terms: int) -> Laurent:
    """(1 + scale t)^exponent."""
    found = [fmpq(1)]
    for k in range(terms - 1):
        ratio = (exponent - k) / (k + 1)
        found.append(found[-1] * scale * fmpq(ratio.numerator, ratio.denominator))
    return Laurent(0, tuple(found))
