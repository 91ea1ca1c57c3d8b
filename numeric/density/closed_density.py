"""The density of a holonomic law in closed form: which solution of its equation it is, with its constant.

The form and the constant are proved in `derive` where its methods reach; the values of the density choose among the
forms and check the result. Where there is no proof of the constant, it is identified from these values, and the step
says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import sympy
from flint import arb
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Z
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import to_float
from resolvent.derive.exact.precision import cached_property, working_digits
from resolvent.derive.exact.rational_function import X
from resolvent.derive.holonomic.connection_constant import Connection, connect, same
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm, hypergeometric_forms
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.density.holonomic_density import HolonomicDensity

_DIGITS = 40
_AGREED = 28  # digits to which the ratio has to be the same everywhere, and the constant to be the simple number
_PANELS = (0, 1, 3)
_LARGEST = 10**6
_ROUNDING = 1e-14
_POWERS = (0, 1, -1, 2, -2, 3, -3)


@checked
@dataclass(frozen=True, eq=False)
class ClosedDensity:
    """The density of a law as an expression in `resolvent.derive.exact.rational_function.X`, on the given support.

    Attributes:
        law: the law.
        form: the hypergeometric form of all solutions of the density's equation, proved.
        constant: the factor in front of it: proved if there is a ``proof``, otherwise identified from values.
        interval: the support of the continuous part.
        atoms: (point, weight).
        digits: to how many digits the constant agrees with values on both sides of every singular point.
        proof: of the constant, the interval and the atoms, from the transform in closed form; or None.
        obstacle: why there is no proof.
    """

    law: HolonomicLaw
    form: HypergeometricForm
    constant: sympy.Expr
    interval: tuple[float, float]
    atoms: tuple[tuple[sympy.Expr, sympy.Expr], ...]
    digits: int
    proof: Connection | None = None
    obstacle: str = ""

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
        with working_digits(15):
            flat[inside] = [float(mp.re(function(mp.mpf(p)))) for p in points[inside].tolist()]
        return flat

    @property
    def derivation(self) -> Derivation:
        """The law's derivation, and the steps from its equation to the expression."""
        law, form = self.law, self.form
        first = Step(
            rules.DENSITY_ODE,
            "the equation of the density",
            uses=(law.conclusion,),
            build=self._density_equation,
        )
        second = Step(
            rules.HYPERGEOMETRIC_FORM,
            f"a solution, with a, b; c = {form.a}, {form.b}; {form.c} and f = {form.pullback.to_sympy()}",
            uses=(first,),
            build=self._solution,
            verify=form.check,
            latex=f"a solution, with $a, b; c = {form.a}, {form.b}; {form.c}$ and "
            f"$f = {expression_latex(form.pullback.to_sympy())}$",
        )
        return Derivation(self._identified(second) if self.proof is None else self._proved(self.proof, first, second))

    def _identified(self, before: Step) -> Step:
        return Step(
            rules.IDENTIFIED_CONSTANT,
            f"{self._words}; the constant agrees to {self.digits} digits; not proved: {self.obstacle}",
            kind="guessed",
            uses=(before,),
            build=self._formula,
        )

    def _proved(self, proof: Connection, equation: Step, form: Step) -> Step:
        transform = Step(
            rules.TRANSFORM_FORM,
            f"the transform, with f = {proof.transform.form.pullback.to_sympy(Z)}",
            uses=(self.law.conclusion, equation),
            build=self._transform,
            verify=proof.transform.check,
            latex=f"the transform, with $f = {expression_latex(proof.transform.form.pullback.to_sympy(Z))}$",
        )
        return Step(
            rules.JUMP_ACROSS_THE_CUT,
            f"{self._words}; values of the density agree to {self.digits} digits",
            uses=(form, transform),
            build=self._formula,
            verify=self._is_what_is_proved,
        )

    def _is_what_is_proved(self) -> bool:
        proof = self.proof
        return proof is not None and (
            proof.form == self.form
            and same(proof.constant, self.constant)
            and proof.atoms == self.atoms
            and _same_ends(proof, self.interval)
            and proof.check()
        )

    def _density_equation(self) -> tuple[sympy.Basic, ...]:
        density = sympy.Function("y")(sympy.Symbol("z"))
        return (sympy.Eq(self.law.density_ode.to_sympy(density), 0, evaluate=False),)

    def _solution(self) -> tuple[sympy.Basic, ...]:
        return (sympy.Eq(sympy.Function("y")(X), self.form.expression()),)

    def _transform(self) -> tuple[sympy.Basic, ...]:
        assert self.proof is not None
        return (sympy.Eq(M, self.proof.transform.expression()),)

    @property
    def _words(self) -> str:
        atoms = "".join(f", and an atom of mass {w} at {p}" for p, w in self.atoms)
        return f"the density on ({self.interval[0]:g}, {self.interval[1]:g}){atoms}"

    def _formula(self) -> tuple[sympy.Basic, ...]:
        return (sympy.Eq(sympy.Function("rho")(X), self.expression),)


@checked
def closed_density(law: HolonomicLaw, most_degree: int = 3) -> ClosedDensity:
    """The density in closed form, if its equation of second order has hypergeometric solutions.

    The form is proved, by substitution, and the constant by `resolvent.derive.holonomic.connection_constant.connect`,
    or else identified from values of the density to 40 digits. A proved constant is compared with these values as well.

    >>> from resolvent.derive.holonomic.holonomic_law import law_of_sum
    >>> from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
    >>> squares = hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)
    >>> closed_density(law_of_sum(squares))  # the arcsine law on [0, 4]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    resolvent.derive.errors.DerivationError: closed forms are looked for at the orders 2 and 3; this equation has ...

    Raises `DerivationError` if there is no such form, or no single constant for the whole support, or if the values
    of the density, its support or its atoms disagree with the proof.

    Source: DLMF 15.10, for the equation of the hypergeometric function and its solutions.
    """
    density = HolonomicDensity(law)
    samples = _samples(density)
    if not samples:
        raise DerivationError("the law has no continuous part", law=law)
    places = [x for x, _ in samples]
    ends = _interval(density, min(places), max(places))
    for form in hypergeometric_forms(law.density_ode, most_degree):
        ratios = _ratios(form, samples)
        if ratios is None:
            continue
        try:
            proof = connect(law, form)
        except DerivationError as error:
            constant = _identified(ratios[0])
            if constant is not None:
                digits = _agreed(constant, ratios)
                return ClosedDensity(law, form, constant, ends, density.atoms, digits, obstacle=str(error))
        else:
            if proof is None:
                raise DerivationError(
                    f"values of the density are a multiple of {form.expression()}, but it is proved that it is none",
                    law=law,
                    form=form,
                )
            digits = _agreed(proof.constant, ratios)
            if digits < _AGREED or proof.atoms != density.atoms or not _same_ends(proof, ends):
                raise DerivationError(
                    f"values of the density disagree with the proof: the constant {proof.constant} to {digits} digits; "
                    f"atoms {proof.atoms} and {density.atoms}; support {proof.interval} and {ends}",
                    law=law,
                    proof=proof,
                )
            return ClosedDensity(law, form, proof.constant, ends, proof.atoms, digits, proof)
    raise DerivationError("the density is no constant multiple of one of the hypergeometric solutions", law=law)


def _samples(density: HolonomicDensity) -> list[tuple[Any, Any]]:
    """(x, rho(x)) as mpmath numbers, on both sides of every singular point where there is density."""
    found = []
    with working_digits(_DIGITS + 10):
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


def _ratios(form: HypergeometricForm, samples: list[tuple[Any, Any]]) -> list[Any] | None:
    """The density divided by the form at the samples, if it is the same everywhere."""
    function = sympy.lambdify(X, form.expression(), "mpmath")
    with working_digits(_DIGITS):
        ratios = []
        for x, value in samples:
            y = function(x)
            if abs(mp.im(y)) > mp.mpf(10) ** -_AGREED * abs(y) or y == 0:
                return None
            ratios.append(value / mp.re(y))
        spread = max(abs(r / ratios[0] - 1) for r in ratios)
        return ratios if spread < mp.mpf(10) ** -_AGREED else None


def _identified(ratio: Any) -> sympy.Expr | None:
    """The ratio as a rational number times a power of pi, or None."""
    with working_digits(_DIGITS):
        for power in _POWERS:
            scaled = ratio / mp.pi**power
            exact = Fraction(mp.nstr(scaled, 35)).limit_denominator(_LARGEST)
            if exact and abs(mp.mpf(exact.numerator) / exact.denominator / scaled - 1) < mp.mpf(10) ** -_AGREED:
                return sympy.Rational(exact.numerator, exact.denominator) * sympy.pi**power
    return None


def _agreed(constant: sympy.Expr, ratios: list[Any]) -> int:
    """To how many digits the ratios agree with a constant, all of them."""
    with working_digits(_DIGITS):
        value = mp.mpmathify(sympy.N(constant, _DIGITS + 5))
        error = max(abs(r / value - 1) for r in ratios)
        return int(-mp.log10(max(error, mp.mpf(10) ** -_DIGITS)))


def _same_ends(proof: Connection, ends: tuple[float, float]) -> bool:
    allowed = _ROUNDING * max(map(abs, ends))
    return all(abs(to_float(p) - e) <= allowed for p, e in zip(proof.interval, ends, strict=True))


def _interval(density: HolonomicDensity, low: Any, high: Any) -> tuple[float, float]:
    points = density.points
    return max(p for p in points if p <= low), min(p for p in points if p >= high)
