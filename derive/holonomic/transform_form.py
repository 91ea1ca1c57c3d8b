r"""The transform of a law in closed form: a rational function plus a multiple of a hypergeometric form.

Near infinity m(z) = -sum_k m_k z^(-k-1) is compared with

    r(z) + kappa h(z),   h = w (p_0 F(f) + p_1 F'(f)),   F = 2F1(a, b; c; .),   f(oo) = 0,

with a rational function r. All of them solve the equation of m; two solutions that are Laurent series at infinity are
equal if their coefficients agree up to the largest exponent there. `resolvent.derive.holonomic.branch_cut` continues h
to the upper half-plane.

Source: DLMF 15.10, for the hypergeometric equation; the form is verified by substitution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import sympy
from flint import fmpq, fmpq_poly

from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import to_sympy_rational
from resolvent.derive.exact.rational_function import ONE, Rational, null_space, relations, x
from resolvent.derive.holonomic.branch_cut import break_points, cut_pieces
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw
from resolvent.derive.holonomic.hypergeometric_expansion import Laurent, equal_up_to, expansion, last_exponent, laurent
from resolvent.derive.holonomic.hypergeometric_form import HypergeometricForm, local_exponents
from resolvent.derive.sequences.ode import LinearODE

_SPARE = 12  # coefficients that a check compares beyond those that prove equality

Atoms = tuple[tuple[sympy.Expr, sympy.Expr], ...]


@dataclass(frozen=True)
class TransformForm:
    """m(z) = rational(z) + scale * w (p_0 F(f) + p_1 F'(f)) in the upper half-plane, with principal values.

    Attributes:
        law: the law.
        form: the form with f(oo) = 0, a solution of the equation of the density.
        scale: kappa, not 0.
        rational: r, with simple poles at most.
    """

    law: HolonomicLaw
    form: HypergeometricForm
    scale: fmpq
    rational: Rational

    def check(self) -> bool:
        """Both parts solve the equation of m, their sum has its moments, and f meets the cut on the real line only."""
        ode, last = self.law.ode, last_exponent(self.law.ode, None) + _SPARE
        if not (self.form.check() and replace(self.form, ode=ode).check()) or applied(ode, self.rational).top != 0:
            return False
        own = expansion(self.form, None, last)
        total = own.series.scaled(self.scale) + _rational_series(self.rational, last)
        return (
            own.power == 0
            and equal_up_to(total, _transform_series(self.law, last), last)
            and len(cut_pieces(self.form)) == self.form.pullback.degree
        )

    def expression(self, z: sympy.Symbol = Z) -> sympy.Expr:
        """m(z), for z off the real line."""
        return sympy.expand(self.rational.to_sympy(z)) + to_sympy_rational(self.scale) * self.form.expression(z)

    def atoms(self) -> Atoms:
        """(point, weight) of the atoms of the law: the poles of r, since h has none.

        Raises `DerivationError` if some solution of the equation of h grows like a pole at a singular point of h.
        """
        for point in break_points(self.form):
            exponents = local_exponents(self.form.ode, point)
            if exponents is None or min(exponents) <= -1:
                raise DerivationError("an atom may be hidden in the hypergeometric part", form=self.form, point=point)
        bottom = self.rational.bottom
        slope = bottom.derivative()
        poles = sorted(fmpq(-int(p[0]), int(p[1])) for p, _ in bottom.numer().factor()[1])
        return tuple((to_sympy_rational(s), to_sympy_rational(-self.rational.top(s) / slope(s))) for s in poles)


def transform_form(law: HolonomicLaw, form: HypergeometricForm) -> TransformForm:
    """The transform of a law by a form of its density's equation whose argument vanishes at infinity.

    >>> from resolvent.derive.holonomic.hypergeometric_form import hypergeometric_forms, related_forms
    >>> from resolvent.derive.holonomic.holonomic_law import law_of_sum
    >>> from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
    >>> rest = N - K
    >>> in_k = rest**2 / (K + 1) ** 2 * (4 * K + 2) / (4 * rest - 2)
    >>> paths = hypergeometric_sum((N + 1) * (4 * rest + 2) / (rest + 1) ** 2, in_k)
    >>> law = law_of_sum(paths)  # the sum of two arcsine variables on [0, 4]
    >>> form = next(related_forms(next(hypergeometric_forms(law.density_ode))))
    >>> transform_form(law, form).expression()
    -2*elliptic_k(16/(z - 4)**2)/(pi*(z - 4))

    Raises `DerivationError` if it is not of this kind.
    """
    last = last_exponent(law.ode, None)
    own = expansion(form, None, last)
    if own.power != 0:
        raise DerivationError("the form is no Laurent series at infinity", form=form)
    rationals = _rational_solutions(law.ode)
    columns = [own.series, *(_rational_series(r, last) for r in rationals), _transform_series(law, last)]
    lowest = min(s.start for s in columns)
    vectors = null_space([[s[k] for s in columns] for k in range(lowest, last + 1)], len(columns))
    vector = next((v for v in vectors if v[-1] != 0 and v[0] != 0), None)
    if vector is None:
        raise DerivationError("the transform is no rational function plus a multiple of the form", form=form)
    parts = [Rational.constant(-v / vector[-1]) * r for v, r in zip(vector[1:-1], rationals, strict=True)]
    found = TransformForm(law, form, -vector[0] / vector[-1], reduce(lambda u, v: u + v, parts, Rational.constant(0)))
    if not found.check():
        raise DerivationError("the form does not continue the transform", form=form)
    return found


def applied(ode: LinearODE, function: Rational) -> Rational:
    """The left side of an equation for a rational function.

    >>> from flint import fmpz_poly
    >>> applied(LinearODE((fmpz_poly([1]), fmpz_poly([0, 1]))), Rational.of(ONE, x)).to_sympy()  # y + x y'
    0
    """
    total, derivative = Rational.constant(0), function
    for coefficient in ode.coefficients:
        total += Rational.of(fmpq_poly(coefficient)) * derivative
        derivative = derivative.derivative()
    return total


def _rational_solutions(ode: LinearODE) -> list[Rational]:
    """A basis of those with simple poles; the exponents at infinity bound the degree."""
    base = reduce(lambda u, v: u * v, (fmpq_poly(p) for p in ode.singular_factors if p.degree() == 1), ONE)
    exponents = local_exponents(ode, None) or ()
    height = int(base.degree()) + max([0, *(int(-e) for e in exponents)])
    basis = [Rational.of(x**j, base) for j in range(height + 1)]
    zero = Rational.constant(0)
    return [
        reduce(lambda u, v: u + v, (Rational.constant(c) * r for c, r in zip(vector, basis, strict=True)), zero)
        for vector in relations([[applied(ode, r)] for r in basis])
    ]


def _rational_series(function: Rational, last: int) -> Laurent:
    return laurent(function, None, last + 2 + max(int(function.top.degree()), 0))


def _transform_series(law: HolonomicLaw, last: int) -> Laurent:
    """m(z) in t = 1/z up to t^last."""
    return Laurent(1, tuple(-m for m in law.moment_terms(last)))
