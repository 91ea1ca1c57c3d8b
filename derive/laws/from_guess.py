"""From relations of f(x) = sum_n m_n x^n to equations of the Stieltjes transform, m(z) = -f(1/z)/z, and to laws."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import sympy
from flint import fmpq, fmpq_poly

from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, ResolventEquation, Z, moments_given, physical_equation, spectral_ring
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Field, polynomial_to_sympy, to_fmpq, to_sympy_rational
from resolvent.derive.exact.polynomials import degree, positive
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.from_equation import law_of_equation
from resolvent.derive.laws.record import Recipe
from resolvent.derive.sequences.guessing import Guess, Shape
from resolvent.derive.sequences.ode import LinearODE, inverted, ode_of


def stieltjes_polynomial(relation: sympy.Expr) -> sympy.Expr:
    """P(z, m) from a polynomial R(x, f) as `guess_algebraic` writes it, with z for x and m for f.

    >>> stieltjes_polynomial(M**2 * Z - M + 1)  # f = 1 + x f^2: the Catalan numbers
    m**2*z + m*z + 1
    """
    ring = spectral_ring(())
    terms = [(int(k), int(i), int(c)) for (k, i), c in sympy.Poly(relation, Z, M).terms()]
    lowest = min(i - k for k, i, _ in terms)
    found = ring.from_dict({(i - k - lowest, i): (-1) ** i * c for k, i, c in terms})
    return polynomial_to_sympy(positive(found), {"z": Z, "m": M})


def stieltjes_form(ode: LinearODE) -> LinearODE:
    """The equation of m(z) from that of f(x): y = z m(z) solves the equation of x -> f(x) at x = 1/z.

    >>> from resolvent.derive.sequences.guessing import guess_ode
    >>> print(stieltjes_form(guess_ode([1] * 20).relation).text("m", "z"))  # f = 1/(1-x), m = 1/(1-z)
    m + (z - 1)*m' = 0
    """
    rows = [fmpq_poly([0])] * (ode.order + 1)
    for i, a in enumerate(inverted(ode).coefficients):
        rows[i] = rows[i] + fmpq_poly(a) * fmpq_poly([0, 1])  # (z m)^(i) = z m^(i) + i m^(i-1)
        if i:
            rows[i - 1] = rows[i - 1] + fmpq_poly(a) * i
    return ode_of(rows)


def shape_of_equation(equation: ResolventEquation) -> Shape:
    """The degrees in f and x of the polynomial of f(x) that belongs to a polynomial P(z, m).

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> shape_of_equation(marchenko_pastur(1).equation)
    (2, 1)
    """
    powers = [j - k for k, j, *_ in equation.polynomial.to_dict()]
    return degree(equation.polynomial, "m"), max(powers) - min(powers)


def guessed_law(terms: Sequence[Any], guess: Guess) -> AlgebraicLaw:
    """The branch of the equation that `guess_algebraic` found, as a law of evidence `guessed`.

    Args:
        terms: m_0, m_1, ..., from which the guess was made; the law is that of m_n/m_0, of total mass 1.
        guess: what `guess_algebraic` returned.

    >>> from resolvent.derive.sequences.guessing import guess_algebraic
    >>> terms = [1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440, 9694845, 35357670]
    >>> law = guessed_law(terms, guess_algebraic(terms))
    >>> law.equation.expr, law.evidence.value, law.moments(17)[-1]
    (m**2*z + m*z + 1, 'guessed', 129644790)

    Whether the branch belongs to a probability measure is not tested here; see
    `resolvent.derive.laws.positivity.require_law`.

    Raises `DerivationError` if m_0 is not positive, or the terms do not single out one branch.
    """
    values = [to_fmpq(u) for u in terms]
    if not values or not values[0] > 0:
        raise DerivationError("the total mass m_0 is not positive", terms=tuple(values[:1]))
    mass = values[0]
    expression = sympy.expand(stieltjes_polynomial(guess.relation).xreplace({M: to_sympy_rational(mass) * M}))
    polynomial = _primitive(expression)
    source = moments_given([Field().constant(u / mass) for u in values])
    equation = physical_equation([polynomial], (), source)
    germ = tuple(to_sympy_rational(g.to_fmpq()) for g in equation.germ)
    recipe = Recipe(law_of_equation, (equation.expr, germ), frozenset({Z, M}))
    first = Step(rules.GIVEN_MOMENTS, f"the first {len(values)} moments, m_0 among them", kind="definition")
    second = Step(
        rules.GUESSED_EQUATION,
        f"the equation of the transform ({guess.evidence})",
        kind="guessed",
        uses=(first,),
        build=equation.claim,
        verify=partial(_agrees, equation, [u / mass for u in values]),
    )
    return AlgebraicLaw(equation, second, recipe, recipe.text)


def _primitive(expression: sympy.Expr) -> Any:
    """The polynomial in Z[z, m] without a content."""
    terms = [(tuple(map(int, e)), to_fmpq(c)) for e, c in sympy.Poly(expression, Z, M).terms()]
    common = 1
    for _, c in terms:
        common *= int((c * common).q)
    found = spectral_ring(()).from_dict({e: int((c * common).p) for e, c in terms})
    return positive(found / found.content())


def _agrees(equation: ResolventEquation, values: Sequence[fmpq]) -> bool:
    series = equation.moment_series(len(values))
    return all(series[k] == u for k, u in enumerate(values))
