r"""Logarithmic potentials and masses in closed form, for laws whose R-transform is rational.

With z = R(g) + 1/g, integration by parts along the branch from infinity gives

    int log(z - x) rho(dx) = int G dz = g R(g) - int_0^g R - log g =: Phi(g),   g = G(z).

So U(z) = int log|z - x| rho(dx) = Re Phi(g), and at z = x + i0 the mass above x is Im Phi(g)/pi. G maps the upper
half-plane to the lower one, where log g and, for real poles a of R, log(1 - g/a) are continuous.

Source: Pennington, Bahri, ICML 2017, for the index of a Hessian as an antiderivative.
"""

from __future__ import annotations

from typing import Any

import mpmath
import sympy

from resolvent.derive.border import checked
from resolvent.derive.errors import BranchError, DerivationError, ParameterError
from resolvent.derive.exact.field import to_fmpq, to_sympy_rational
from resolvent.derive.exact.precision import working_digits
from resolvent.derive.laws.record import AlgebraicRecord, parameter_images

g = sympy.Symbol("g")
_MOST_DIGITS = 1000


@checked
def potential_primitive(law: AlgebraicRecord) -> sympy.Expr:
    """Phi(g), in closed form.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> potential_primitive(semicircle())
    g**2/2 - log(g)

    Raises `DerivationError` for a law whose R-transform is not a rational function with real poles.

    Source: Pennington, Bahri, ICML 2017, for the antiderivative of R(g) + 1/g.
    """
    r = _rational_r(law)
    terms = sympy.Add.make_args(sympy.apart(r, g, full=True).doit())
    return sympy.factor(g * r) - sympy.log(g) - sympy.Add(*(_integral(sympy.together(t), law) for t in terms))


def _rational_r(law: AlgebraicRecord) -> sympy.Expr:
    """R(g), from the germ and the equation: the factor of degree 1 of P(R + 1/g, -g)."""
    z, m = sympy.Symbol("z"), sympy.Symbol("m")
    r = sympy.Dummy("r")
    names = {s.name: s for s in law.equation.expr.free_symbols}
    expr = law.equation.expr.xreplace({names["z"]: r + 1 / g, names["m"]: -g}) if {"z", "m"} <= set(names) else None
    if expr is None:
        raise DerivationError(f"the equation of {law.text} does not contain {z} and {m}", law=law)
    top = sympy.numer(sympy.together(expr))
    for factor, _ in sympy.factor_list(sympy.expand(top), r)[1]:
        if sympy.degree(factor, r) == 1:
            found = sympy.cancel(-factor.coeff(r, 0) / factor.coeff(r, 1)) if factor.is_Add else sympy.S.Zero
            first = law.moments(1)[0]
            if sympy.simplify(found.subs(g, 0) - first) == 0:
                return found
    raise DerivationError(f"the R-transform of {law.text} is not rational; a Spectrum has its numbers", law=law)


def _integral(term: sympy.Expr, law: AlgebraicRecord) -> sympy.Expr:
    """int_0^g of c g^k, or of c/(g - a) with a real pole a."""
    top, bottom = sympy.fraction(term)
    if not bottom.has(g):
        return sympy.integrate(term, (g, 0, g))
    polynomial = sympy.Poly(bottom, g)
    if polynomial.degree() != 1 or top.has(g):  # a sum over jumps has simple poles
        raise DerivationError(f"the R-transform of {law.text} has poles without closed form", law=law)
    leading, constant = polynomial.all_coeffs()
    pole = sympy.simplify(-constant / leading)
    if pole.is_real is False:
        raise DerivationError(f"the R-transform of {law.text} has a pole that is not real", law=law)
    return sympy.simplify(sympy.cancel(top / leading)) * sympy.log(1 - g / pole)


@checked
def mass_below(law: AlgebraicRecord, x: Any = 0, digits: int = 15, **parameters: Any) -> sympy.Float:
    """The mass of (-oo, x], an atom at x left out, by the closed form and to any number of digits.

    Of a Hessian at x = 0 it is the index, the share of descending directions.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> print(mass_below(marchenko_pastur("1/2") - 1))
    0.576004215103869

    Raises `DerivationError` for a law without a closed form, `ParameterError` for a parameter without a number
    and an x that is no rational number, `BranchError` where x is an edge or has more than one candidate for G.

    Source: Pennington, Bahri, ICML 2017, for the index of a Hessian as an antiderivative.
    """
    if not 1 <= digits <= _MOST_DIGITS:
        raise ParameterError(f"digits lie between 1 and {_MOST_DIGITS}; got {digits}", digits=digits)
    images = parameter_images(law.parameters, parameters)
    missing = [s.name for s in law.parameters if s not in images]
    if missing:
        raise ParameterError(f"give a number for {missing[0]}", missing=missing)
    primitive = potential_primitive(law).xreplace(images)
    place = to_sympy_rational(to_fmpq(x))
    names = {s.name: s for s in law.equation.expr.free_symbols}
    polynomial = sympy.Poly(law.equation.expr.xreplace({**images, names["z"]: place}), names["m"])
    with working_digits(digits + 15):
        roots = mpmath.polyroots([mpmath.mpf(c.p) / c.q for c in polynomial.all_coeffs()], maxsteps=500, extraprec=400)
        physical = [-m for m in roots if mpmath.im(m) > mpmath.mpf(10) ** (-digits)]
        function = sympy.lambdify(g, primitive, "mpmath")
        if len(physical) > 1:
            raise BranchError(f"more than one branch at {x} has positive density; use Spectrum(law).cdf", x=x)
        if not physical:
            raise BranchError(f"the density of {law.text} vanishes at {x}; use Spectrum(law).cdf", x=x)
        return sympy.Float(1 - mpmath.im(function(physical[0])) / mpmath.pi, digits)
