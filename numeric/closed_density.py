"""The density of a holonomic law in closed form: which solution of its equation it is, with its constant."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import mpmath as mp
import numpy as np
import sympy
from flint import arb
from numpy.typing import ArrayLike

from derive import rules
from derive.closed_form import HypergeometricForm, X, hypergeometric_forms
from derive.derivation import Derivation, Step
from derive.errors import DerivationError
from derive.holonomic_law import HolonomicLaw

from .holonomic_density import HolonomicDensity
from .piece import Array

_DIGITS = 40
_AGREED = 28  # digits to which the ratio has to be the same everywhere, and the constant to be the simple number
_PANELS = (0, 1, 3)
_LARGEST = 10**6
_POWERS = (0, 1, -1, 2, -2, 3, -3)


@dataclass(frozen=True, eq=False)
class ClosedDensity:
    """The density of a law as an expression in `derive.closed_form.X`, on the given support.

    Attributes:
        law: the law.
        form: the hypergeometric form of all solutions of the density's equation, proved.
        constant: the factor in front of it: identified, to ``digits`` digits, not proved.
        interval: the support of the continuous part.
        atoms: (point, weight).
        digits: how many digits of the constant agree, at all test points on both sides of every singular point.
    """

    law: HolonomicLaw
    form: HypergeometricForm
    constant: sympy.Expr
    interval: tuple[float, float]
    atoms: tuple[tuple[sympy.Expr, sympy.Expr], ...]
    digits: int

    @cached_property
    def expression(self) -> sympy.Expr:
        """The density."""
        return sympy.expand(self.constant * self.form.expression())

    def pdf(self, x: ArrayLike) -> Array:
        """The expression at floats, 0 outside of the support."""
        points = np.asarray(x, dtype=float)
        inside = (points > self.interval[0]) & (points < self.interval[1])
        flat = np.zeros(points.shape)
        function = sympy.lambdify(X, self.expression, "mpmath")
        flat[inside] = [float(mp.re(function(mp.mpf(p)))) for p in points[inside].tolist()]
        return flat

    @property
    def derivation(self) -> Derivation:
        """The law's derivation, and the steps from its equation to the expression."""
        law, form = self.law, self.form
        density = sympy.Function("y")(sympy.Symbol("z"))
        first = Step(
            rules.DENSITY_ODE,
            "the equation of the density",
            uses=(law.conclusion,),
            build=lambda: (sympy.Eq(law.density_ode.to_sympy(density), 0, evaluate=False),),
        )
        second = Step(
            rules.HYPERGEOMETRIC_FORM,
            f"a solution, with a, b; c = {form.a}, {form.b}; {form.c} and f = {form.pullback.to_sympy()}",
            uses=(first,),
            build=lambda: (sympy.Eq(sympy.Function("y")(X), form.expression()),),
            verify=form.check,
        )
        atoms = "".join(f", and an atom of mass {w} at {p}" for p, w in self.atoms)
        last = Step(
            rules.IDENTIFIED_CONSTANT,
            f"the density on ({self.interval[0]:g}, {self.interval[1]:g}){atoms}; the constant agrees to {self.digits} "
            "digits",
            kind="guessed",
            uses=(second,),
            build=lambda: (sympy.Eq(sympy.Function("rho")(X), self.expression),),
        )
        return Derivation(last)


def closed_density(law: HolonomicLaw, most_degree: int = 3) -> ClosedDensity:
    """The density in closed form, if its equation of second order has hypergeometric solutions.

    The form is proved, by substitution; the constant is found from values of the density to 40 digits.

    >>> from derive.holonomic_law import law_of_sum
    >>> from derive.telescoping import K, N, hypergeometric_sum
    >>> squares = hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)
    >>> closed_density(law_of_sum(squares))  # the arcsine law on [0, 4]: its equation has order 1
    Traceback (most recent call last):
    derive.errors.DerivationError: closed forms are looked for at the orders 2 and 3; this equation has order 1

    Raises `DerivationError` if there is no such form, or no single constant for the whole support.
    """
    density = HolonomicDensity(law)
    samples = _samples(density)
    if not samples:
        raise DerivationError("the law has no continuous part", law=law)
    for form in hypergeometric_forms(law.density_ode, most_degree):
        found = _constant(form, samples)
        if found is not None:
            constant, digits = found
            places = [x for x, _ in samples]
            ends = _interval(density, min(places), max(places))
            return ClosedDensity(law, form, constant, ends, density.atoms, digits)
    raise DerivationError("the density is no constant multiple of one of the hypergeometric solutions", law=law)


def _samples(density: HolonomicDensity) -> list[tuple[Any, Any]]:
    """(x, rho(x)) as mpmath numbers, on both sides of every singular point where there is density."""
    found = []
    with mp.workdps(_DIGITS + 10):
        for k in range(len(density.points)):
            for direction in (-1, 1):
                if not 0 <= k + direction < len(density.points):
                    continue
                for panel in _PANELS:
                    distance, value = density.ball(k, direction, panel)
                    if value > arb(10) ** -25:
                        place = mp.mpf(density.points[k]) + mp.mpf(density.rests[k]) + direction * _number(distance)
                        found.append((place, _number(value)))
    return found


def _number(ball: arb) -> Any:
    mantissa, exponent = ball.mid().man_exp()
    return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))


def _constant(form: HypergeometricForm, samples: list[tuple[Any, Any]]) -> tuple[sympy.Expr, int] | None:
    """The constant ratio of the density to the form, as a rational number times a power of pi, and its digits."""
    function = sympy.lambdify(X, form.expression(), "mpmath")
    with mp.workdps(_DIGITS):
        ratios = []
        for x, value in samples:
            y = function(x)
            if abs(mp.im(y)) > mp.mpf(10) ** -_AGREED * abs(y) or y == 0:
                return None
            ratios.append(value / mp.re(y))
        spread = max(abs(r / ratios[0] - 1) for r in ratios)
        if spread > mp.mpf(10) ** -_AGREED:
            return None
        for power in _POWERS:
            scaled = ratios[0] / mp.pi**power
            exact = Fraction(mp.nstr(scaled, 35)).limit_denominator(_LARGEST)
            error = abs(mp.mpf(exact.numerator) / exact.denominator / scaled - 1) if exact else mp.mpf(1)
            if error < mp.mpf(10) ** -_AGREED:
                digits = int(-mp.log10(max(error, spread, mp.mpf(10) ** -_DIGITS)))
                return sympy.Rational(exact.numerator, exact.denominator) * sympy.pi**power, digits
    return None


def _interval(density: HolonomicDensity, low: Any, high: Any) -> tuple[float, float]:
    points = density.points
    return max(p for p in points if p <= low), min(p for p in points if p >= high)
