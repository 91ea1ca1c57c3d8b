"""Laws of (aA + b)(cA + d)^-1: scale, shift, negation, inverse and the general Moebius map.

With y = (ax + b)/(cx + d) and zeta = (dz - b)/(a - cz), partial fractions give

    m_Y(z) = c/(a - cz) + (ad - bc)/(a - cz)^2 m_A(zeta),

so every such law comes from a substitution. For c = 0 the point at infinity stays put and the moments transform by
the binomial theorem; otherwise it goes to x = -d/c, which must lie outside the support.

Source: Rao, Edelman, Found. Comput. Math. 8 (2008) 649-702, for Moebius maps of polynomials.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.equations.equation import Values
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, to_element
from resolvent.derive.exact.polynomials import generator, ring_of, substitute
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import Series, compose, make_series
from resolvent.derive.laws.expansion_at_pole import moments_at_pole
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.irrational import exact_numbers
from resolvent.derive.laws.record import AlgebraicRecord, LawT, Recipe, joint


@checked
@exact_numbers
def scale(law: LawT, a: Any) -> LawT:
    """The law of aA, a non-zero rational or rational function of parameters.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> scale(semicircle(), 3).moments(2)
    [0, 9]

    Raises `ParameterError` for a = 0.
    """
    element, _ = to_element(a)
    if not element:
        raise ParameterError("scaling by zero leaves the point mass at 0; use atoms([0]) for it", law=law)
    if element == 1:
        return law
    return _affine(law, a, 0, Recipe(scale, (law, a)))


@checked
@exact_numbers
def shift(law: LawT, b: Any) -> LawT:
    """The law of A + b.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> shift(semicircle(), 1).moments(2)
    [1, 2]
    """
    element, _ = to_element(b)
    if not element:
        return law
    return _affine(law, 1, b, Recipe(shift, (law, b)))


def _affine(law: LawT, a: Any, b: Any, recipe: Recipe) -> LawT:
    (scale_, a_symbols), (shift_, b_symbols) = to_element(a), to_element(b)
    equation = law.equation
    ring = ring_of(("z", "m"), equation.polynomial, scale_.numerator, shift_.numerator)
    z, m = generator(ring, "z"), generator(ring, "m")
    p, q = (e.project_to_context(ring) for e in (scale_.numerator, scale_.denominator))
    r, s = (e.project_to_context(ring) for e in (shift_.numerator, shift_.denominator))
    polynomial = substitute(equation.polynomial, ring, {"z": ((s * z - r) * q, s * p), "m": (m * p, q)})

    sign = _sign(a)
    nonneg = True if law.nonnegative and sign == 1 and _sign(b) in (0, 1) else None
    return conclude(
        type(law),
        polynomial,
        {*equation.symbols, *a_symbols, *b_symbols},
        partial(_affine_moments, law, scale_, shift_),
        explanation=f"the law of {recipe.text}",
        uses=(law.conclusion,),
        recipe=recipe,
        nonnegative=nonneg,
    )


def _affine_moments(law: AlgebraicRecord, scale: Element, shift: Element, n: int, values: Values) -> Series:
    field, (series,), (factor, offset) = joint(n, values, [law], [scale, shift])
    with order(n):
        pole = make_series(field, [1, -offset], n)
        return compose(series, make_series(field, [0, factor], n) / pole) / pole


@checked
@exact_numbers
def inverse(law: LawT) -> LawT:
    """The law of A^-1: the Moebius map 1/x, for laws whose support avoids 0.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> inverse(marchenko_pastur("1/2")).moments(2)
    [2, 8]

    Raises `DerivationError` if 0 lies in the support (no moments exist then).
    """
    return _mobius(law, 0, 1, 1, 0, Recipe(inverse, (law,)))


@checked
@exact_numbers
def mobius(law: LawT, a: Any, b: Any, c: Any, d: Any) -> LawT:
    """The law of (aA + b)(cA + d)^-1.

    Raises `ParameterError` if ad = bc, `DerivationError` if the pole -d/c lies in the support.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> mobius(marchenko_pastur("1/2"), 0, 1, 1, 0).equation == inverse(marchenko_pastur("1/2")).equation
    True
    """
    (a_, _), (b_, _), (c_, _), (d_, _) = map(to_element, (a, b, c, d))
    if not a_ * d_ - b_ * c_:
        raise ParameterError("the Moebius map is constant: ad - bc = 0", coefficients=(a, b, c, d))
    if not c_:
        return shift(scale(law, _quotient(a, d)), _quotient(b, d))
    return _mobius(law, a, b, c, d, Recipe(mobius, (law, a, b, c, d)))


def _mobius(law: LawT, a: Any, b: Any, c: Any, d: Any, recipe: Recipe) -> LawT:
    pairs = [to_element(v) for v in (a, b, c, d)]
    elements = [e for e, _ in pairs]
    symbols = {*law.equation.symbols, *(s for _, found in pairs for s in found)}
    ring = ring_of(("z", "m"), law.equation.polynomial, *(e.numerator for e in elements))
    z, m = generator(ring, "z"), generator(ring, "m")
    common = ring.constant(1)
    for e in elements:
        common = common * e.denominator.project_to_context(ring)
    a_, b_, c_, d_ = (e.numerator.project_to_context(ring) * common / e.denominator.project_to_context(ring)
                      for e in elements)  # fmt: skip
    slope = a_ - c_ * z
    polynomial = substitute(
        law.equation.polynomial,
        ring,
        {"z": (d_ * z - b_, slope), "m": (slope * (m * slope - c_), a_ * d_ - b_ * c_)},
    )
    moments, side_condition = moments_at_pole(law, elements, symbols)
    return conclude(
        type(law),
        polynomial,
        symbols,
        moments,
        explanation=f"the law of {recipe.text}",
        uses=(law.conclusion, side_condition),
        recipe=recipe,
        nonnegative=True if law.nonnegative and recipe.build is inverse else None,
    )


def _sign(value: Any) -> int | None:
    """The sign of a scalar, None where its parameters leave it open."""
    if isinstance(value, sympy.Basic):
        return 1 if value.is_positive else 0 if value.is_zero else -1 if value.is_negative else None
    number = to_element(value)[0].to_fmpq()
    return (number > 0) - (number < 0)


def _quotient(a: Any, d: Any) -> sympy.Expr:
    first, _ = to_element(a)
    second, symbols = to_element(d)
    names = {s.name: s for s in (*symbols, *to_element(a)[1])}
    return (first / second).to_sympy(names)
